"""Requests to a service, tried again while that may help, and texts that it refuses."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ccingest.embedding.remote.answers import (
    Answer,
    AnswerError,
    is_out_of_quota,
    is_too_long,
    most_bytes,
    reason_in,
    retry_after,
    vectors_in,
)
from ccingest.embedding.remote.connection import Connection
from ccingest.embedding.remote.providers import Endpoint
from ccingest.errors import (
    AccessError,
    CcingestError,
    EmbedderError,
    NetworkError,
    RateLimitedError,
)
from ccingest.values import dataclass

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kind: TypeAlias = Literal["document", "query"]

_log = logging.getLogger(__name__)

_PAUSE = 1.0  # seconds before the second try; each further one takes twice as long
_LONGEST_PAUSE = 30.0
_WORTH_A_NOTE = 2.0  # seconds
_TRIES_OF_BAD_ANSWERS = 3
_MOST_REFUSED = 20  # texts of one run; more are no chance
_MOST_CUTS = 5  # of a text that is refused for its length, to half of it
_SHORTEST = 32  # characters that a text is cut to


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try. `longest_wait` is for one pause that the service asks for, in seconds."""

    tries: int
    seconds: float  # for one answer
    longest_wait: float


FOR_DOCUMENTS = Patience(tries=8, seconds=300.0, longest_wait=120.0)
FOR_QUERIES = Patience(tries=2, seconds=20.0, longest_wait=0.5)


class StoppedError(Exception):
    """Another thread has ended all requests."""


class _RefusedError(Exception):
    """The service refuses a text of the request."""

    def __init__(self, reason: str, *, is_too_long: bool) -> None:
        super().__init__(reason)
        self.is_too_long = is_too_long


class _FailedError(Exception):
    """A request failed, and another may succeed: after `pause` seconds, if the service says so."""

    def __init__(self, error: CcingestError, pause: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.pause = pause


class Asking:
    """Asks one model of a service, from any number of threads.

    A pause that the service asks of one request holds up the others too. `note` is called, from any
    thread, with what a user may want to know.
    """

    def __init__(
        self, endpoint: Endpoint, model: str, dimensions: int | None, note: Callable[[str], None]
    ) -> None:
        self._endpoint = endpoint
        self._host = endpoint.host
        self._connection = Connection(endpoint)
        self._model = model
        self._wanted = dimensions  # None: as many as the model has
        self.dimensions = dimensions  # as soon as it is known
        self._note = note
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._refused = 0

    def stop(self) -> None:
        """End all requests."""
        self._stop.set()
        self._connection.close()

    def embed(self, texts: Sequence[str], kind: Kind, patience: Patience) -> NDArray[np.float32]:
        """The vectors of the texts, as the service gives them: (texts, dimensions).

        A document that the service refuses by itself has a vector of zeros, and is found by its words.
        Raises AccessError, NetworkError, EmbedderError, and StoppedError.
        """
        import numpy as np

        try:
            return self._vectors(texts, kind, patience)
        except _RefusedError as refused:
            # One of them is refused. Before the first vector it may as well be the model's name.
            if kind == "query" or self.dimensions is None:
                raise self._refusal(refused) from None
            if len(texts) == 1:
                return self._shortened(texts[0], refused, patience)
        half = len(texts) // 2
        parts = (texts[:half], texts[half:])
        return np.concatenate([self.embed(part, kind, patience) for part in parts])

    def _shortened(
        self, text: str, refused: _RefusedError, patience: Patience
    ) -> NDArray[np.float32]:
        """The vector of as much of the text as the service takes."""
        import numpy as np

        for _ in range(_MOST_CUTS):
            text = text[: len(text) // 2]
            if not refused.is_too_long or len(text) < _SHORTEST:
                break
            try:
                return self._vectors([text], "document", patience)
            except _RefusedError as again:
                refused = again
        with self._lock:
            self._refused += 1
            if self._refused > _MOST_REFUSED:
                raise self._refusal(refused)
        self._note(f"{self._host} refuses a text, which has no vector now: {refused}.")
        return np.zeros((1, self.dimensions or 0), dtype=np.float32)

    def _refusal(self, refused: _RefusedError) -> EmbedderError:
        return EmbedderError(
            f"{self._host} refuses what it is asked of the model {self._model}: {refused}."
        )

    def _vectors(self, texts: Sequence[str], kind: Kind, patience: Patience) -> NDArray[np.float32]:
        tries = patience.tries
        for attempt in range(tries):
            self._wait_for_turn()
            try:
                return self._ask(texts, kind, patience)
            except _FailedError as failed:
                failure = failed
            except NetworkError as error:
                failure = _FailedError(error)
            except AnswerError as error:  # most likely the next is no better
                tries = min(tries, _TRIES_OF_BAD_ANSWERS)
                failure = _FailedError(EmbedderError(f"The answer of {self._host} {error}."))
            if self._stop.is_set():
                raise StoppedError
            if attempt >= tries - 1 or (failure.pause or 0.0) > patience.longest_wait:
                raise failure.error
            self._pause(attempt, failure, patience)
        raise AssertionError("the last try returns or raises")

    def _ask(self, texts: Sequence[str], kind: Kind, patience: Patience) -> NDArray[np.float32]:
        answer = self._connection.post(
            self._document(texts, kind),
            most_bytes=most_bytes(len(texts), self.dimensions),
            seconds=patience.seconds,
        )
        if answer.status != 200:
            raise self._failure(answer, len(texts))
        found = vectors_in(answer.body, len(texts), self.dimensions)
        self.dimensions = found.shape[1]
        return found

    def _document(self, texts: Sequence[str], kind: Kind) -> dict[str, Any]:
        provider = self._endpoint.provider
        document: dict[str, Any] = {"model": self._model, "input": list(texts)}
        if self._wanted:
            document[provider.dimensions_field] = self._wanted
        if provider.has_input_type:
            document["input_type"] = kind
        if provider.has_base64 and self._endpoint.is_own:
            document["encoding_format"] = "base64"  # a quarter of the bytes, and exact
        return document

    def _failure(self, answer: Answer, texts: int) -> Exception:
        host, status = self._host, answer.status
        words = reason_in(answer, self._endpoint.key)
        if status in (400, 413, 422):
            too_long = is_too_long(answer) or (status == 413 and texts == 1)
            return _RefusedError(words or f"HTTP {status}", is_too_long=too_long)
        is_empty = status == 429 and is_out_of_quota(answer)
        if not is_empty and (status in (408, 409, 425, 429) or status >= 500):
            kind = RateLimitedError if status == 429 else NetworkError
            error = kind(f"{host} answers with HTTP {status}: {words or 'try again later'}.")
            return _FailedError(error, retry_after(answer))
        return self._lasting(status, words)

    def _lasting(self, status: int, words: str) -> CcingestError:
        """The error for a status that another try does not change."""
        host, provider = self._host, self._endpoint.provider
        if status in (401, 403):
            verb = "refuses the key in" if self._endpoint.key else "wants a key; set"
            return AccessError(f"{host} {verb} {provider.key_variable}.")
        if status == 429:
            return AccessError(
                f"{host} embeds no more for this key: {words or 'no quota is left'}."
            )
        if 300 <= status < 400:
            return EmbedderError(
                f"{host} sends elsewhere, which is not followed; set {provider.url_variable} to the "
                "address where the model is."
            )
        return EmbedderError(
            f"{host} has no embeddings of the model {self._model} at {self._endpoint.base_url}: "
            f"{words or f'HTTP {status}'}."
        )

    def _wait_for_turn(self) -> None:
        while (left := self._not_before - time.monotonic()) > 0 and not self._stop.is_set():
            self._stop.wait(left)
        if self._stop.is_set():
            raise StoppedError

    def _pause(self, attempt: int, failure: _FailedError, patience: Patience) -> None:
        """Wait before the next try: as long as the service asks for, or twice as long as before."""
        doubled = min(_LONGEST_PAUSE, _PAUSE * 2.0**attempt, patience.longest_wait)
        share = random.random() / 4  # not all at once: many workers may have the same time to wait
        pause = doubled * (1 - share) if failure.pause is None else failure.pause * (1 + share)
        _log.info("Asked again in %.1f s: %s", pause, failure)
        if pause >= _WORTH_A_NOTE:
            self._note(f"{failure} Asked again in {pause:.0f} s.")
        if failure.pause is not None:
            with self._lock:
                self._not_before = max(self._not_before, time.monotonic() + pause)
        elif self._stop.wait(pause):
            raise StoppedError
