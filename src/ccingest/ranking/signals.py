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


def words_said(entry: Entry, _: Pool) -> float:
    return entry.share_said


def file_vector(entry: Entry, pool: Pool) -> float:
    return pool.files[entry.found.file].vector


def file_text(entry: Entry, pool: Pool) -> float:
    return pool.files[entry.found.file].text


def file_words_said(entry: Entry, pool: Pool) -> float:
    return pool.files[entry.found.file].share_said


def file_name(entry: Entry, pool: Pool) -> float:
    """The share of the name's words that the question says, in any form: `router` for `routing`."""
    return pool.files[entry.found.file].name_said


def path_words(entry: Entry, pool: Pool) -> float:
    return pool.files[entry.found.file].path_said


def path_asked_for(entry: Entry, pool: Pool) -> float:
    if not pool.asked.paths:
        return 0.0
    path = entry.chunk.path.lower()
    return float(any(f"/{path}".endswith(f"/{asked}") for asked in pool.asked.paths))


def symbol_words(entry: Entry, pool: Pool) -> float:
    return pool.share(entry.symbol_words)


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
    Signal("text", "it holds the question's words often (BM25)", 1.18, text),
    Signal("words_said", "it holds much of the question, rare words above all", 0.53, words_said),
    Signal("file_vector", "more of the file is close in meaning", 0.57, file_vector),
    Signal("file_text", "more of the file holds the words", 1.0, file_text),
    Signal("file_words_said", "the file holds much of the question", 0.57, file_words_said),
    Signal("file_name", "the question says the file's name", 0.9, file_name),
    Signal("path_words", "folders and file name say the question's words", 0.31, path_words),
    Signal("path_asked_for", "the question names this path", 3.0, path_asked_for),
    Signal("symbol_words", "its symbols say the question's words", 0.64, symbol_words),
    Signal("defines_name", "it defines the name that is asked for", 2.1, defines_name),
    Signal(
        "defines_name_in_words", "it defines a name in the question", 1.06, defines_name_in_words
    ),
    Signal("compound_name", "words of the question, written as one, name it", 0.8, compound_name),
    Signal("literal", "the question stands in it word for word", 2.0, literal),
    Signal("file_head", "it begins the file, and says what the file is", 0.2, file_head),
)
