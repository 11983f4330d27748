"""Chunks of a file as one hit: the whole definition, and the lines of it that answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from ccingest.models import SNIPPET_LINES, Chunk, Explanation, Hit, Question, Snippet
from ccingest.models.overlays import CHANGED, state_of
from ccingest.ranking import Found, ParsedQuery, Ranked, confidence, declaration_of
from ccingest.snippets import (
    WantedWords,
    anchor_at,
    best_lines,
    definition_of,
    joined,
    page_chunk,
    shown_lines,
    symbol_at,
    whole_definition,
    with_context,
)
from ccingest.sources.links import link_to_lines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Further places of a hit's file are named when they are among the first so many chunks.
ALSO_AMONG = 30
_MOST_ALSO = 3
# What touches a hit in its file and is at most so many points worse becomes a part of it, up to so
# many lines: answers are often cut in two by the end of a chunk.
ALMOST, MOST_LINES = 1.0, 120

# Lines that are shown of each hit, if it has them and as many are asked for, its signature and a place
# that tells; and so many more of the first ones.
_FEWEST, _MORE = 4, 10

FilesOf: TypeAlias = Callable[[Sequence[Found]], dict[tuple[int, str], list[Chunk]]]


@dataclass(slots=True)
class Span:
    """Chunks of a file that are shown as one hit; it grows while hits are merged into it."""

    item: Ranked
    chunks: Sequence[Chunk]  # of the file
    first: int
    last: int
    best: int  # the chunk that was found
    also: list[int]  # first lines of what else in the file may answer

    def touches(self, first: int, last: int) -> bool:
        """Whether these chunks of its file are beside it or in it."""
        return first <= self.last + 1 and last >= self.first - 1

    def overlaps(self, first: int, last: int) -> bool:
        return first <= self.last and last >= self.first

    def take_in(self, first: int, last: int) -> None:
        self.first, self.last = min(self.first, first), max(self.last, last)

    @property
    def lines(self) -> int:
        return self.lines_with(self.first, self.last)

    def lines_with(self, first: int, last: int) -> int:
        """How many lines it would have with these chunks."""
        first, last = min(self.first, first), max(self.last, last)
        return self.chunks[last].end_line - self.chunks[first].start_line + 1


def shared_out(lines: int, lengths: Sequence[int]) -> list[int]:
    """How many lines of each hit are shown, `lines` on the mean: more of the first ones, which answer
    more often, and what short hits leave over goes to the others."""
    shares = [min(lines, _FEWEST, length) for length in lengths]
    left = lines * len(lengths) - sum(shares)
    while left > 0 and any(share < length for share, length in zip(shares, lengths, strict=True)):
        for place, length in enumerate(lengths):
            more = min(left, length - shares[place], _MORE)
            shares[place] += more
            left -= more
    return shares


def spans_of(ranked: Sequence[Ranked], k: int, files_of: FilesOf) -> list[Span]:
    """The first `k` hits, as whole definitions; those of a file that touch become one."""
    files = files_of([item.found for item in ranked[:k]])
    spans: dict[tuple[int, str], list[Span]] = {}
    order: list[Span] = []
    by_path: dict[str, list[Ranked]] = {}
    for item in ranked:
        by_path.setdefault(item.found.candidate.chunk.path, []).append(item)
    for place, item in enumerate(ranked):
        file, ordinal = item.found.file, item.found.ordinal
        of_file = spans.setdefault(file, [])
        if len(order) >= k:
            if place >= ALSO_AMONG:
                break
            if not of_file:
                continue
        elif file not in files:
            files |= files_of([item.found])
        chunks = files[file]
        first, last = whole_definition(chunks, ordinal)
        near = _near(of_file, first, last)
        if len(order) >= k:
            if not near:
                of_file[0].also.append(chunks[ordinal].start_line)
        elif near:
            near.take_in(first, last)
        else:
            span = Span(item, chunks, first, last, ordinal, [])
            alike = by_path[item.found.candidate.chunk.path]
            _grow(span, [one for one in alike if one.found.file == file], of_file)
            of_file.append(span)
            order.append(span)
    return order


def _near(of_file: Sequence[Span], first: int, last: int) -> Span | None:
    """The hit that has these chunks already, or else one beside them."""
    inside = (span for span in of_file if span.overlaps(first, last))
    beside = (span for span in of_file if span.touches(first, last))
    return next(inside, None) or next(beside, None)


def _grow(span: Span, of_file: Sequence[Ranked], others: Sequence[Span]) -> None:
    """Takes in what touches it, is almost as good and in no other hit, best first.

    Where rules ranked, it stays.
    """
    if span.item.columns is None or span.item.values:
        return
    least = _own_score(span.item) - ALMOST
    good = sorted((one for one in of_file if _own_score(one) >= least), key=_own_score)
    near = [whole_definition(span.chunks, one.found.ordinal) for one in reversed(good)]
    near = [one for one in near if not any(other.overlaps(*one) for other in others)]
    grows = True
    while grows:
        grows = False
        for first, last in near:
            outside = first < span.first or last > span.last
            fits = span.touches(first, last) and span.lines_with(first, last) <= MOST_LINES
            if outside and fits:
                span.take_in(first, last)
                grows = True


def _own_score(item: Ranked) -> float:
    """Without what hits of its file that stand before it take from it."""
    return item.score - item.repeated


def wanted_words(asked: ParsedQuery, rarity: NDArray[np.float32] | None) -> WantedWords:
    """All forms of the words of a question, which weigh more the rarer they are."""
    weights = [1.0] * len(asked.word_forms) if rarity is None else rarity.tolist()
    return WantedWords(
        {
            form: (number, weight)
            for number, (forms, weight) in enumerate(zip(asked.word_forms, weights, strict=True))
            for form in forms
        }
    )


def span_hit(
    rank: int,
    span: Span,
    question: Question,
    wanted: WantedWords,
    asked: ParsedQuery,
    most: int,
    copies: Sequence[str] = (),
    why: Explanation | None = None,
) -> Hit:
    """A hit with at most so many of its lines shown."""
    chunk = joined(span.chunks, span.first, span.last, span.best)
    best = span.chunks[span.best]
    declared = declaration_of(asked.name) if asked.name else None
    lines = best.start_line, best.end_line
    snippet = best_lines(chunk, wanted, most, lines, declared)
    members = span.chunks[span.first : span.last + 1]
    telling = snippet
    if len(chunk.defines) > 1 and most >= span.lines > _FEWEST:
        # All of it is shown, which has more than the one definition that answers.
        telling = best_lines(chunk, wanted, _FEWEST, lines, declared)
    holding = definition_of(chunk, members, telling)
    symbol = holding.symbol if holding else symbol_at(members, snippet.start_line, chunk.symbol)
    if holding:
        is_above = holding.line < snippet.start_line
        snippet = replace(snippet, signature=holding.line if is_above else None)
    if symbol != chunk.symbol:
        chunk = replace(chunk, symbol=symbol)
    if question.context:
        chunk = with_context(chunk, span.chunks, question.context)
        snippet = Snippet(
            max(chunk.start_line, snippet.start_line - question.context),
            min(chunk.end_line, snippet.end_line + question.context),
        )
    anchor = _anchor(span.item, span.chunks, snippet.start_line)
    also = tuple(span.also[:_MOST_ALSO])
    return hit_of(rank, span.item, chunk, snippet, anchor, also=also, copies=copies, why=why)


def beginning(chunk: Chunk) -> Snippet:
    last = min(chunk.end_line, chunk.start_line + SNIPPET_LINES - 1)
    return Snippet(chunk.start_line, last)


def _anchor(item: Ranked, chunks: Sequence[Chunk], line: int) -> str:
    return anchor_at(chunks, line) if item.found.dataset.source.kind == "web" else ""


def hit_of(
    rank: int,
    item: Ranked,
    chunk: Chunk,
    snippet: Snippet,
    anchor: str | None = None,
    *,
    also: tuple[int, ...] = (),
    copies: Sequence[str] = (),
    why: Explanation | None = None,
) -> Hit:
    """`anchor` is that of a page of a site; None: as the chunk alone tells."""
    if anchor is None:
        anchor = _anchor(item, [chunk], snippet.start_line)
    dataset = item.found.dataset
    if dataset.source.kind == "web":
        chunk = page_chunk(chunk)
    state = state_of(dataset, chunk.path)
    return Hit(
        rank=rank,
        score=round(item.score, 6),
        project=dataset.project,
        dataset=dataset.name,
        repository=dataset.repository,
        revision=dataset.revision,
        chunk=chunk,
        url=None
        if state in CHANGED
        else link_to_lines(
            dataset.source, dataset.revision, chunk.path, chunk.start_line, chunk.end_line, anchor
        ),
        snippet=replace(snippet, lines=tuple(shown_lines(chunk, snippet))),
        confidence=confidence(item),
        source=dataset.source.kind,
        similarity=round(item.found.candidate.similarity, 6),
        bm25=round(item.found.candidate.bm25, 6),
        state=state,
        also=also,
        copies=tuple(copies),
        explanation=why,
    )
