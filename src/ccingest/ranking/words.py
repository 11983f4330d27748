"""How each word of a question is met by a chunk: by itself, or by a word that is like it.

Words are the tokens of a model (see `Vocabulary`), so that parts of names count too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from ccingest.models import Chunk
from ccingest.terms import telling_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]
    Counted = tuple[NDArray[np.uint16], NDArray[np.uint8]]

MOST_WORDS = 12  # of a question: those that tell most
# In text, in the title; of the word itself how often, of the most alike other word how alike.
WAYS = 4
_OFTEN_IN_TEXT, _OFTEN_IN_TITLE = 4, 3  # more brings no more
_STEPS = 255  # of 0 to 1: finer differences are those of the order in which numbers were added


class Vocabulary(Protocol):
    """The tokens of a model, and what each means."""

    def counted(self, texts: Sequence[str]) -> list[Counted]:
        """The different tokens of each text, ascending, and how often each is there."""

    def cosines(self, some: NDArray[np.int64], others: NDArray[np.int64]) -> Matrix:
        """How alike they are, (some, others)."""

    def tells(self, tokens: NDArray[np.int64]) -> Matrix:
        """How much each tells, (tokens,)."""


@dataclass(frozen=True, slots=True)
class Met:
    """How some candidates meet the words of a question."""

    ways: Matrix  # (words, candidates, WAYS), each 0 to 1
    tells: Matrix  # (words,) how much each word tells


class _Tokens(NamedTuple):
    """Of one chunk."""

    text: Counted
    title: Counted


class KnownTokens:
    """The tokens of the chunks that were looked at last, each worked out once: about 700 bytes a chunk.

    Any number of threads may use it. A chunk is known again as the very object, as in facts.py.
    """

    MOST = 10_000  # chunks; at that number all are forgotten

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[int, tuple[Chunk, _Tokens]] = {}

    def of(self, chunks: Sequence[Chunk], vocabulary: Vocabulary) -> list[_Tokens]:
        with self._lock:
            if len(self._known) > self.MOST:
                self._known = {}
            known = self._known
            new = [chunk for chunk in chunks if id(chunk) not in known]
            if new:
                texts = [chunk.text for chunk in new] + [_title(chunk) for chunk in new]
                counted = vocabulary.counted(texts)
                for chunk, *tokens in zip(
                    new, counted[: len(new)], counted[len(new) :], strict=True
                ):
                    known[id(chunk)] = chunk, _Tokens(*tokens)
            return [known[id(chunk)][1] for chunk in chunks]


_KNOWN = KnownTokens()


def met(question: str, chunks: Sequence[Chunk], vocabulary: Vocabulary) -> Met | None:
    """None if the question has no word that the vocabulary knows."""
    asked = vocabulary.counted([" ".join(telling_words(question))])[0][0].astype(np.int64)
    if not len(asked) or not chunks:
        return None
    tells = vocabulary.tells(asked)
    most = np.argsort(-tells, kind="stable")[:MOST_WORDS]
    asked, tells = asked[most], tells[most]
    tokens = _KNOWN.of(chunks, vocabulary)
    ways = np.empty((len(asked), len(chunks), WAYS), dtype=np.float32)
    texts, titles = _joined(one.text for one in tokens), _joined(one.title for one in tokens)
    different, places = _numbered(np.concatenate([texts.tokens, titles.tokens]))
    alike = _alike(asked, different, vocabulary)
    for way, joined, at, often in (
        (0, texts, places[: len(texts.tokens)], _OFTEN_IN_TEXT),
        (1, titles, places[len(texts.tokens) :], _OFTEN_IN_TITLE),
    ):
        is_it = joined.tokens == asked[:, None]
        times = np.sqrt(joined.times) if way == 0 else joined.times
        ways[:, :, way] = np.minimum(_of_each(np.add, is_it * times, joined.bounds), often) / often
        ways[:, :, way + 2] = _of_each(np.maximum, alike.take(at, axis=1), joined.bounds)
    return Met(np.rint(ways * _STEPS) / np.float32(_STEPS), tells)


class _Joined(NamedTuple):
    """The tokens of some texts, one text after the other."""

    tokens: NDArray[np.int64]
    times: Matrix
    bounds: NDArray[np.int64]  # (texts + 1,)


def _joined(each: Iterable[Counted]) -> _Joined:
    tokens, times = zip(*each, strict=True)
    bounds = np.array([0, *accumulate(map(len, tokens))])
    return _Joined(
        np.concatenate(tokens).astype(np.int64), np.concatenate(times).astype(np.float32), bounds
    )


def _numbered(tokens: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different ones, ascending, and which of these each is. A fifth of np.unique's time."""
    is_there = np.zeros(tokens.max(initial=-1) + 1, dtype=np.bool_)
    is_there[tokens] = True
    different = np.flatnonzero(is_there)
    number_of = np.empty(len(is_there), dtype=np.int64)
    number_of[different] = np.arange(len(different))
    return different, number_of[tokens]


def _alike(asked: NDArray[np.int64], others: NDArray[np.int64], vocabulary: Vocabulary) -> Matrix:
    """Cosines, (asked, others), 0 at least; 0 of a token and itself."""
    alike = np.maximum(vocabulary.cosines(asked, others), 0)
    alike[asked[:, None] == others] = 0
    return alike


def _of_each(reduce: np.ufunc, values: Matrix, bounds: NDArray[np.int64]) -> Matrix:
    """(words, texts) from (words, tokens); 0 of a text without tokens."""
    found = np.zeros((len(values), len(bounds) - 1), dtype=np.float32)
    has_some = bounds[1:] > bounds[:-1]
    if has_some.any():
        found[:, has_some] = reduce.reduceat(values, bounds[:-1][has_some], axis=1)
    return found


def _title(chunk: Chunk) -> str:
    """The name of its file without what is after the last dot, and its symbol."""
    name = chunk.path.rpartition("/")[2]
    dot = name.rfind(".")
    return f"{name[:dot] if 0 < dot < len(name) - 1 else name} {chunk.symbol}"
