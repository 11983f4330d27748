"""The vectors in an answer, and what an error answer means. Pure functions."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ccingest.secrets import HIDDEN, hide_secrets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_DIMENSIONS = 16_384
_LONGEST_TEXT = 200  # characters of a service's text in a message
_LARGEST_ERROR = 1024 * 1024  # bytes
_LONGEST_READ = 10_000  # characters of which those are taken
_BYTES_OF_NUMBER = 32  # as JSON, at most
# Of a text in an answer, besides its numbers, and of the answer itself: 3 are usual.
_MEMBERS_BESIDE = 64
_TOO_LONG = ("too long", "maximum context", "context length", "max_tokens", "input length", "token")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the service. `headers` ignores the case of names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class AnswerError(Exception):
    """The answer is not what was asked for."""


def most_bytes(texts: int, dimensions: int | None) -> int:
    """How large an answer with so many vectors may be."""
    return 65_536 + texts * ((dimensions or MOST_DIMENSIONS) * _BYTES_OF_NUMBER + 512)


def vectors_in(body: bytes, count: int, dimensions: int | None) -> NDArray[np.float32]:
    """The vectors of `count` texts in the order of the texts, as they are: (count, dimensions).

    Raises AnswerError, which says what is wrong.
    """
    import numpy as np

    # Before it is parsed: as objects of Python, numbers of two bytes take twenty times as much memory.
    most = (count + 1) * ((dimensions or MOST_DIMENSIONS) + _MEMBERS_BESIDE)
    if body.count(b",") > most:
        raise AnswerError(f"holds more than vectors for {count} texts")
    rows: dict[int, NDArray[np.float32]] = {}
    for place, item in enumerate(_items(body)):
        if not isinstance(item, dict):
            raise AnswerError("holds something else than vectors")
        index = item.get("index", place)
        if not isinstance(index, int) or not 0 <= index < count or index in rows:
            raise AnswerError(f"holds a vector of the index {str(index)[:20]!r}")
        rows[index] = _vector(item.get("embedding"))
    if len(rows) != count:
        raise AnswerError(f"holds {len(rows)} vectors for {count} texts")
    sizes = {len(row) for row in rows.values()}
    wanted = dimensions or len(rows[0])
    if sizes != {wanted} or not 0 < wanted <= MOST_DIMENSIONS:
        raise AnswerError(f"holds vectors of {max(sizes):,} dimensions instead of {wanted:,}")
    found = np.stack([rows[index] for index in range(count)])
    if not np.isfinite(found).all():
        raise AnswerError("holds numbers that are infinite or none")
    return found


def retry_after(answer: Answer) -> float | None:
    """Seconds until the service takes requests again, if it says so."""
    text = answer.headers.get("Retry-After", "").strip()
    try:
        seconds = float(text) if len(text) < 16 else parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    if len(text) >= 16:
        seconds -= time.time()
    return max(seconds, 0.0) if seconds == seconds else None  # noqa: PLR0124 - it may be no number


def reason_in(answer: Answer, key: str | None) -> str:
    """What the service says of an error, on one line and without the key."""
    text = answer.body[:_LONGEST_READ].decode("utf-8", "replace")
    document = _error_document(answer)
    found = _member(document, "error")
    message = _member(found, "message") if isinstance(found, dict) else found
    message = message or _member(document, "detail") or text
    if key:  # before it is cut, which could leave half of it
        message = str(message).replace(key, HIDDEN)
    message = hide_secrets(str(message)[:_LONGEST_READ])[:_LONGEST_TEXT]
    message = "".join(char if char.isprintable() else " " for char in message).strip()
    return message if message.endswith(HIDDEN) else message.removesuffix(".")


def is_out_of_quota(answer: Answer) -> bool:
    """Whether a 429 tells that the account is empty: no wait helps."""
    error = _member(_error_document(answer), "error")
    return "insufficient_quota" in (_member(error, "code"), _member(error, "type"))


def is_too_long(answer: Answer) -> bool:
    """Whether a text was refused for its length."""
    text = answer.body[:_LONGEST_READ].decode("utf-8", "replace").lower()
    return any(words in text for words in _TOO_LONG)


def _items(body: bytes) -> list[Any]:
    found = _member(_parsed(body), "data")
    if not isinstance(found, list):
        raise AnswerError("is none of an embeddings API")
    return found


def _vector(value: Any) -> NDArray[np.float32]:
    """A vector as a list of numbers, or as base64 of little-endian floats of 32 bits."""
    import numpy as np

    try:
        if isinstance(value, str):
            numbers = np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4")
            return numbers.astype(np.float32)
        if isinstance(value, list) and all(type(one) in (int, float) for one in value):
            with np.errstate(over="ignore"):  # what overflows is infinite, which is looked for
                return np.array(value, dtype=np.float64).astype(np.float32)
    except (ValueError, OverflowError, binascii.Error):
        raise AnswerError("holds a vector that is none") from None
    raise AnswerError("holds a vector that is none")


def _error_document(answer: Answer) -> Any:
    """None for one that is as large as only vectors are."""
    return _parsed(answer.body) if len(answer.body) <= _LARGEST_ERROR else None


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
