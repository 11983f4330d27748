"""What speaks for a chunk. Each signal is a pure function from 0 to 1, a reason and a weight.

The weights stand here and nowhere else; `benchmarks/ranking_fit.py` found them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ccingest.ranking.pool import Entry, Pool, last_parts


@dataclass(frozen=True, slots=True)
class Signal:
    name: str
    reason: str
    weight: float
    measure: Callable[[Entry, Pool], float]


def vector(entry: Entry, _: Pool) -> float:
    return entry.vector


def text(entry: Entry, _: Pool) -> float:
    return entry.text


def title(entry: Entry, _: Pool) -> float:
    return entry.title


def file_vector(entry: Entry, pool: Pool) -> float:
    return pool.files[entry.found.file].vector


def file_text(entry: Entry, pool: Pool) -> float:
    return pool.files[entry.found.file].text


def file_bm25(entry: Entry, pool: Pool) -> float:
    return pool.files[entry.found.file].bm25


def file_name(entry: Entry, pool: Pool) -> float:
    """The share of the name's words that the question says, in any form: `router` for `routing`."""
    return pool.files[entry.found.file].name_said


def path_asked_for(entry: Entry, pool: Pool) -> float:
    if not pool.asked.paths:
        return 0.0
    path = entry.chunk.path.lower()
    return float(any(f"/{path}".endswith(f"/{asked}") for asked in pool.asked.paths))


def defines_name(entry: Entry, pool: Pool) -> float:
    """1 for the very name, 0.5 for one that is written otherwise: `__changeset__`."""
    if pool.asked.kind != "identifier" or entry.defines.isdisjoint(pool.asked.names):
        return 0.0
    return 1.0 if pool.asked.name in last_parts(entry.chunk.defines) else 0.5


def defines_name_in_words(entry: Entry, pool: Pool) -> float:
    is_name = pool.asked.kind == "identifier"
    return float(not is_name and not entry.defines.isdisjoint(pool.asked.names))


def compound_name(entry: Entry, pool: Pool) -> float:
    named = entry.symbol_words | pool.files[entry.found.file].name_words
    return float(not pool.asked.compounds.isdisjoint(named))


def literal(entry: Entry, pool: Pool) -> float:
    asked = pool.asked.literal
    return float(bool(asked) and asked in " ".join(entry.chunk.text.lower().split()))


def file_head(entry: Entry, _: Pool) -> float:
    return float(entry.chunk.start_line == 1)


SIGNALS = (
    Signal("vector", "its meaning is close to the question", 1.0, vector),
    Signal("text", "it holds the question's words often (BM25)", 0.64, text),
    Signal("title", "path and symbol are close to the question in meaning", 0.93, title),
    Signal("file_vector", "more of the file is close in meaning", 1.01, file_vector),
    Signal("file_text", "more of the file holds the words", 1.72, file_text),
    Signal("file_bm25", "the file as a whole holds the words often", 1.16, file_bm25),
    Signal("file_name", "the question says the file's name", 0.65, file_name),
    Signal("path_asked_for", "the question names this path", 1.63, path_asked_for),
    Signal("defines_name", "it defines the name that is asked for", 1.28, defines_name),
    Signal(
        "defines_name_in_words", "it defines a name in the question", 0.84, defines_name_in_words
    ),
    Signal("compound_name", "words of the question, written as one, name it", 0.63, compound_name),
    Signal("literal", "the question stands in it word for word", 1.25, literal),
    Signal("file_head", "it begins the file, and says what the file is", 0.55, file_head),
)
