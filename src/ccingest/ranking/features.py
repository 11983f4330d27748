"""Candidates to a matrix of features, from which the learned ranker scores them.

Column by column with NumPy: 300 candidates take less than a millisecond. A feature is called
GROUP:NAME, and a score is explained by the groups.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ccingest.ranking.facts import KINDS
from ccingest.ranking.penalties import PATH_PENALTIES, PENALTIES
from ccingest.ranking.pool import Pool
from ccingest.ranking.signals import SIGNALS
from ccingest.terms import words

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Column = NDArray[np.float32]

# Group -> why it counts: what the points of an explanation are summed by.
REASONS = {
    "usual": "what any candidate has",
    "meaning": "how close its meaning is to the question",
    "title": "how close its path and symbol are to the question in meaning",
    "words": "how much of the question it says, rare words first",
    "each_word": "how it meets each word of the question: by itself, or by a word of like meaning",
    "names": "whether its names and path hold words of the question",
    "file": "what the rest of its file says",
    "content": "whether it is code, documentation, configuration or a test",
    "place": "where it stands in its file and in the repository",
    "definition": "what it defines, and how long it is",
    "question": "what kind of question it is",
}
_GROUP_OF_SIGNAL = {
    "vector": "meaning", "text": "words", "title": "title", "file_vector": "file",
    "file_text": "file", "file_bm25": "file", "literal": "words",
}  # fmt: skip
_QUESTION_KINDS = ("identifier", "words")
# What the rules for names and paths weigh, and the trees learned nothing from.
_OF_RULES_ALONE = frozenset(
    {"passes_name_on", "file_head", "test_symbol", "data", "compat", "reexport"}
)
_HOW = re.compile(r"\s*(how\b|what is the way)", re.IGNORECASE)
_HOW_TO = re.compile(r"\s*how (do|can|should|to) ", re.IGNORECASE)
_PERSON = re.compile(r"\b(i|my|we|our|you|your)\b", re.IGNORECASE)
_TEXT, _SYMBOL, _DEFINES, _NAME, _FOLDER = range(5)  # ccingest.store.postings.FIELDS
_MOST_ASKED = 40  # words of a question whose order counts
_FEWEST_SAID = 2  # words of the question that a chunk with two of them together says
_NEAREST = 10  # candidates that tell what kind of content answers
# BM25 over words in any form: how soon more of one brings no more, and what length costs.
_K1, _B = 1.2, 0.6


def features(pool: Pool) -> dict[str, Column]:
    """Each feature by its name: one value for each candidate, float32, (candidates,)."""
    nothing = np.zeros(len(pool.found), dtype=np.float32)
    # BLAS may set the processor's flag for invalid numbers when none is: see store/products.py.
    with np.errstate(invalid="ignore"):
        return {
            name: nothing if values is pool.nothing else np.asarray(values, dtype=np.float32)
            for name, values in _all(pool)
        }


def group_of(feature: str) -> str:
    """The group of a feature, a key of REASONS; of no feature, what all have."""
    return feature.partition(":")[0] or "usual"


def _all(pool: Pool) -> Iterator[tuple[str, ArrayLike]]:
    file_of = pool.file_of
    yield from _of_signals(pool)
    yield from _of_searches(pool)
    yield from _of_words(pool, file_of)
    yield from _of_neighbours(pool)
    yield from _of_phrases(pool)
    yield from _of_files(pool, file_of)
    yield from _of_chunks(pool)
    yield from _of_question(pool)


def _of_signals(pool: Pool) -> Iterator[tuple[str, ArrayLike]]:
    for signal in SIGNALS:
        if signal.name not in _OF_RULES_ALONE:
            group = _GROUP_OF_SIGNAL.get(signal.name, "names")
            yield f"{group}:{signal.name}", signal.measure(pool)
    for penalty in PENALTIES:
        if penalty.name not in (*PATH_PENALTIES, *_OF_RULES_ALONE):
            yield f"content:{penalty.name}", penalty.apply(pool)


def _of_searches(pool: Pool) -> Iterator[tuple[str, ArrayLike]]:
    titles = np.array([item.title for item in pool.found], dtype=np.float32)
    yield "title:cosine", titles
    yield "title:rank", _ranks(titles)
    yield "meaning:rank", _ranks(pool.vectors.astype(np.float32))
    yield "words:bm25_rank", _ranks(pool.texts.astype(np.float32))
    yield "file:bm25_rank", _ranks(pool.file_bm25s.astype(np.float32))
    yield "question:closest_title", np.full(len(titles), titles.max(initial=0.0))


def _of_words(pool: Pool, file_of: NDArray[np.int64]) -> Iterator[tuple[str, ArrayLike]]:
    counts, rarity = pool.word_counts, pool.rarity
    total = float(rarity.sum()) or 1.0
    share = rarity / total
    held = counts > 0
    in_text = held[:, :, _TEXT]
    in_symbol = held[:, :, _SYMBOL] | held[:, :, _DEFINES]
    in_path = held[:, :, _NAME] | held[:, :, _FOLDER]
    yield "words:in_text", in_text @ share
    yield "names:in_symbol", in_symbol @ share
    yield "names:in_defines", held[:, :, _DEFINES] @ share
    yield "names:in_path", in_path @ share
    yield "names:in_file_name", held[:, :, _NAME] @ share
    yield "words:anywhere", (in_text | in_symbol | in_path) @ share
    lengths = pool.facts.column("length")
    average = float(lengths.mean()) if len(lengths) else 1.0
    norm = _K1 * (1 - _B + _B * lengths / max(average, 1.0))
    times = counts[:, :, _TEXT].astype(np.float32)
    often = (times * (_K1 + 1) / (times + norm[:, None])) @ share
    yield "words:often", often
    yield "words:often_relative", often / max(float(often.max(initial=0.0)), 1e-6)
    yield "file:words", _of_groups(in_text, file_of) @ share
    symbols = _numbers(
        [*zip(file_of.tolist(), (chunk.symbol for chunk in pool.chunks), strict=True)]
    )
    yield "definition:words", _of_groups(in_text, symbols) @ share
    yield "definition:candidates", np.bincount(symbols)[symbols]
    terms = pool.asked.terms
    yield (
        "names:symbol_said",
        [
            0.0 if terms.isdisjoint(name) else len(name & terms) / len(name)
            for name in pool.facts.names
        ],
    )


def _of_neighbours(pool: Pool) -> Iterator[tuple[str, ArrayLike]]:
    """What the candidates beside it in its file say: an answer may be cut in two."""
    share = pool.rarity / (float(pool.rarity.sum()) or 1.0)
    near = pool.vectors.astype(np.float32)
    held = pool.word_counts[:, :, _TEXT] > 0
    order = np.lexsort((pool.ordinals, pool.file_of))
    of_file, at = pool.file_of[order], pool.ordinals[order]
    beside = np.flatnonzero((of_file[1:] == of_file[:-1]) & (at[1:] == at[:-1] + 1))
    closest, all_held = np.zeros(len(near), dtype=np.float32), held.copy()
    for one, other in ((order[beside], order[beside + 1]), (order[beside + 1], order[beside])):
        np.maximum.at(closest, one, near[other])
        all_held[one] |= held[other]
    yield "meaning:beside", closest
    yield "words:with_beside", all_held @ share


def _of_phrases(pool: Pool) -> Iterator[tuple[str, ArrayLike]]:
    """How much of the question stands in it word after word, as a pasted message does."""
    asked = words(pool.asked.text.lower())[:_MOST_ASKED]
    pairs = [f" {first} {second} " for first, second in pairwise(asked)]
    may_hold = _may_hold(pool, asked)
    held = np.zeros((len(pool.chunks), len(pairs) + 1), dtype=np.bool_)
    # Few chunks may hold any of the pairs, and few pairs may be in these.
    for place in np.flatnonzero(may_hold.any(1)).tolist():
        text = _flat(pool.chunks[place].text)
        for number in np.flatnonzero(may_hold[place]).tolist():
            held[place, number] = pairs[number] in text
    run, longest = np.zeros((2, len(held)), dtype=np.float32)
    for column in held.T:
        run = (run + 1) * column
        longest = np.maximum(longest, run)
    yield "words:pairs", held.sum(1) / max(len(pairs), 1)
    yield "words:triples", (held[:, 1:] & held[:, :-1]).sum(1) / max(len(pairs) - 1, 1)
    yield "words:run", longest
    yield "words:run_share", longest / max(len(pairs), 1)


def _may_hold(pool: Pool, asked: Sequence[str]) -> NDArray[np.bool_]:
    """Whether the text of each candidate has both words of each pair of neighbours, as far as the text
    index tells, (candidates, pairs). Only of texts with some words of the question."""
    in_text = pool.word_counts[:, :, _TEXT] > 0
    number_of = {
        form: number for number, forms in enumerate(pool.asked.word_forms) for form in forms
    }
    has = np.ones((len(asked), len(in_text)), dtype=np.bool_)
    for place, word in enumerate(asked):
        if word.isascii() and word in number_of:
            has[place] = in_text[:, number_of[word]]
    has_some = in_text.sum(1) >= _FEWEST_SAID
    both: NDArray[np.bool_] = (has[1:] & has[:-1] & has_some).transpose()
    return both


@lru_cache(maxsize=20_000)
def _flat(text: str) -> str:
    """Its words in lower case, a blank before and after each."""
    return f" {' '.join(words(text.lower()))} "


def _of_files(pool: Pool, file_of: NDArray[np.int64]) -> Iterator[tuple[str, ArrayLike]]:
    count = len(pool.found)
    size = np.array([item.file_chunks for item in pool.found], dtype=np.float32)
    in_file = np.bincount(file_of)[file_of].astype(np.float32) if count else size
    ordinal = pool.ordinals.astype(np.float32)
    folders = [(dataset, path.rpartition("/")[0]) for dataset, path in pool.files]
    folder_of = _numbers(folders)[file_of]
    closest = np.zeros(len(folders), dtype=np.float32)
    np.maximum.at(closest, folder_of, pool.vectors.astype(np.float32))
    yield "file:candidates", np.log1p(in_file)
    yield "file:candidates_share", in_file / max(count, 1)
    yield "file:size", np.log1p(size)
    yield "file:candidates_of_size", in_file / np.maximum(size, 1)
    yield "place:in_file", ordinal / np.maximum(size - 1, 1)
    yield "place:line", np.log1p(pool.facts.column("line"))
    yield "place:closest_of_folder", closest[folder_of]


def _of_chunks(pool: Pool) -> Iterator[tuple[str, ArrayLike]]:
    column, count = pool.facts.column, max(len(pool.found), 1)
    languages = _numbers([chunk.language for chunk in pool.chunks])
    yield "content:prose_file", column("prose_file")
    yield "content:readme", column("readme")
    yield "content:code", 1 - np.maximum(column("prose_file"), column("config"))
    for name in PATH_PENALTIES:
        if name not in _OF_RULES_ALONE:
            yield f"content:{name}", column(name)
    yield "content:language_share", np.bincount(languages)[languages] / count
    yield "place:folders", column("folders")
    yield "definition:comments", column("comments")
    yield "definition:lines", column("lines")
    yield "definition:length", np.log1p(column("length"))
    for number, kind in enumerate(KINDS):
        yield f"definition:is_{kind}", column("kind") == number
    yield "definition:symbol", column("symbol")
    yield "definition:depth", column("depth")
    yield "definition:number", np.log1p(column("number"))
    yield "definition:begins", column("begins")
    yield "definition:said", np.log1p([item.said for item in pool.found])
    yield "definition:defined", np.log1p([item.defined for item in pool.found])


def _of_question(pool: Pool) -> Iterator[tuple[str, ArrayLike]]:
    """The same for all candidates: what the other features mean depends on it."""
    asked, count = pool.asked, len(pool.found)
    prose = pool.facts.column("prose_file")
    nearest = np.argsort(-pool.vectors, kind="stable")[:_NEAREST]
    facts = {
        **{f"is_{kind}": asked.kind == kind for kind in _QUESTION_KINDS},
        "how": _HOW.match(asked.text) is not None,
        "how_to": _HOW_TO.match(asked.text) is not None,
        "person": _PERSON.search(asked.text) is not None,
        "words": len(asked.word_forms),
        "names": len(asked.names),
        "prose": prose.mean() if count else 0.0,
        "prose_nearest": prose[nearest].mean() if count else 0.0,
    }
    for name, value in facts.items():
        yield f"question:{name}", np.full(count, value, dtype=np.float32)


def _numbers(keys: Sequence[Hashable]) -> NDArray[np.int64]:
    """Equal keys get equal numbers, from 0 as they come."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _of_groups(held: NDArray[np.bool_], group_of: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether any of its group holds the word, (candidates, words)."""
    grouped = np.zeros((group_of.max(initial=-1) + 1, held.shape[1]), dtype=np.bool_)
    np.logical_or.at(grouped, group_of, held)
    return grouped[group_of]


def _ranks(scores: Column) -> Column:
    """The logarithm of the place from the best on, 0 for the best."""
    places = np.empty(len(scores), dtype=np.float32)
    places[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    ranks: Column = np.log1p(places)
    return ranks
