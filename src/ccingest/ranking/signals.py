"""What speaks for a chunk. Each signal is a pure function from 0 to 1, a reason and a weight.

The weights are those of the rules, which rank bare names and paths; for all other questions the
values are features of the learned ranker.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ccingest.ranking.names import bare_names, last_parts
from ccingest.ranking.pool import Pool, name_words, names_of
from ccingest.ranking.question import ParsedQuery, declaration_of
from ccingest.values import dataclass

if TYPE_CHECKING:
    from typing import TypeAlias

    from numpy.typing import ArrayLike

    Values: TypeAlias = ArrayLike  # (candidates,)

# Of Rust, of JavaScript and TypeScript. In Python any import may be one: only that of a package's
# __init__.py counts.
_REEXPORT = (
    r"\bpub\s+use\b[^;]*\bNAME\b"
    r"|\bexport\s+(?:type\s+)?\{[^}]*\bNAME\b[^}]*\}\s*from\b"
)
_DECLARED = 0.9  # what a line counts that declares a name, and that no grammar calls a definition
_PYTHON_REEXPORT = r"^from\s+\S+\s+import\s+(?:\([^)]*|[^(\n]*)\bNAME\b"


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason for which a candidate stands higher."""

    name: str
    reason: str
    weight: float
    measure: Callable[[Pool], Values]  # one value for each candidate


def vector(pool: Pool) -> Values:
    return pool.vectors


def text(pool: Pool) -> Values:
    return pool.texts


def title(pool: Pool) -> Values:
    return pool.titles


def file_vector(pool: Pool) -> Values:
    return pool.file_vectors


def file_text(pool: Pool) -> Values:
    return pool.file_texts


def file_bm25(pool: Pool) -> Values:
    return pool.file_bm25s


def file_name(pool: Pool) -> Values:
    """The share of the name's words that the question says, in any form: `router` for `routing`."""
    return pool.names_said


def path_asked_for(pool: Pool) -> Values:
    if not pool.asked.paths:
        return pool.nothing
    ends = tuple(f"/{path}" for path in pool.asked.paths)
    return [float(f"/{chunk.path.lower()}".endswith(ends)) for chunk in pool.chunks]


def defines_name(pool: Pool) -> Values:
    """1 for the very name, 0.5 for one that is written otherwise: `__changeset__`. Where none has
    the very name, 0.9 for a line that declares it and that no grammar calls a definition."""
    asked = pool.asked
    if asked.kind != "identifier":
        return pool.nothing
    if any(asked.name in last_parts(chunk.defines) for chunk in pool.chunks):
        return [
            0.0 if bare_names(defines).isdisjoint(asked.names)
            else 1.0 if asked.name in last_parts(defines)
            else 0.5
            for defines in (chunk.defines for chunk in pool.chunks)
        ]  # fmt: skip
    declaration = declaration_of(asked.name)
    return [
        _DECLARED if asked.name in chunk.text and declaration.search(chunk.text)
        else 0.0 if bare_names(chunk.defines).isdisjoint(asked.names)
        else 0.5
        for chunk in pool.chunks
    ]  # fmt: skip


def passes_name_on(pool: Pool) -> Values:
    """Where a name that no candidate defines comes into the repository: a re-export."""
    name = pool.asked.name
    if pool.asked.kind != "identifier" or np.max(defines_name(pool)) >= _DECLARED:
        return pool.nothing
    anywhere, in_package = (
        re.compile(pattern.replace("NAME", re.escape(name)), re.MULTILINE)
        for pattern in (_REEXPORT, f"{_REEXPORT}|{_PYTHON_REEXPORT}")
    )
    return [
        float(
            name in chunk.text
            and (in_package if chunk.path.endswith("__init__.py") else anywhere).search(chunk.text)
            is not None
        )
        for chunk in pool.chunks
    ]


def defines_name_in_words(pool: Pool) -> Values:
    names = pool.asked.names
    if pool.asked.kind == "identifier" or not names:
        return pool.nothing
    return [float(not bare_names(chunk.defines).isdisjoint(names)) for chunk in pool.chunks]


def compound_name(pool: Pool) -> Values:
    compounds = pool.asked.compounds
    if not compounds:
        return pool.nothing
    flat = pool.facts.symbols
    # Few stand in any symbol, so that words are cut up for few.
    every = " ".join(flat)
    there = frozenset(compound for compound in compounds if compound in every)
    named = [not compounds.isdisjoint(name_words(path)) for _, path in pool.files]
    return [
        float(named[file] or (any(one in symbol for one in there) and not there.isdisjoint(words)))
        for file, symbol, words in zip(pool.file_of.tolist(), flat, pool.facts.names, strict=True)
    ]


def literal(pool: Pool) -> Values:
    asked = pool.asked.literal
    if not asked:
        return pool.nothing
    return [float(asked in " ".join(chunk.text.lower().split())) for chunk in pool.chunks]


def repository_named(pool: Pool) -> Values:
    """Of several repositories, the one that the question names: `how does express send a file`."""
    datasets = {item.dataset.dataset_id: item.dataset for item in pool.found}
    if len(datasets) == 1:
        return pool.nothing
    named = {key for key, dataset in datasets.items() if _names_any(pool.asked, names_of(dataset))}
    if not named or len(named) == len(datasets):
        return pool.nothing
    return [float(item.dataset.dataset_id in named) for item in pool.found]


def _names_any(asked: ParsedQuery, names: frozenset[str]) -> bool:
    """`react-router` may be written in two words."""
    return not names.isdisjoint(asked.words) or any(
        f" {' '.join(re.split('[-_]', name))} " in asked.flat for name in names if "-" in name
    )


def file_head(pool: Pool) -> Values:
    at_head: Values = pool.facts.column("line") == 1
    return at_head


SIGNALS = (
    Signal("vector", "its meaning is close to the question", 1.0, vector),
    Signal("text", "it holds the question's words often (BM25)", 0.64, text),
    Signal("title", "path and symbol are close to the question in meaning", 1.46, title),
    Signal("file_vector", "more of the file is close in meaning", 1.01, file_vector),
    Signal("file_text", "more of the file holds the words", 2.2, file_text),
    Signal("file_bm25", "the file as a whole holds the words often", 1.72, file_bm25),
    Signal("file_name", "the question says the file's name", 0.65, file_name),
    Signal("path_asked_for", "the question names this path", 1.63, path_asked_for),
    Signal("defines_name", "it defines the name that is asked for", 4.0, defines_name),
    Signal("passes_name_on", "nothing defines the name, this re-exports it", 3.0, passes_name_on),
    Signal(
        "defines_name_in_words", "it defines a name in the question", 0.97, defines_name_in_words
    ),
    Signal("compound_name", "words of the question, written as one, name it", 0.63, compound_name),
    Signal("literal", "the question stands in it word for word", 1.25, literal),
    Signal("repository_named", "the question names this repository", 1.0, repository_named),
    Signal("file_head", "it begins the file, and says what the file is", 0.5, file_head),
)
