"""Chunks of a file as one hit: the whole definition, and the lines of it that answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ccingest.models import SNIPPET_LINES, Chunk, Hit, Question, Snippet
from ccingest.ranking import ParsedQuery, Ranked, confidence, declaration_of
from ccingest.snippets import best_lines, joined, shown_lines, symbol_at, with_context
from ccingest.sources.links import link_to_lines

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Further places of a hit's file are named when they are among the first so many chunks.
ALSO_AMONG = 30
_MOST_ALSO = 3


@dataclass(slots=True)
class Span:
    """Chunks of a file that are shown as one hit; it grows while hits are merged into it."""

    item: Ranked
    chunks: Sequence[Chunk]  # of the file
    first: int
    last: int
    best: int  # the chunk that was found
    also: list[int]  # first lines of what else in the file may answer

    def touches(self, file: tuple[int, str], first: int, last: int) -> bool:
        return self.item.found.file == file and first <= self.last + 1 and last >= self.first - 1


def wanted_words(
    asked: ParsedQuery, rarity: NDArray[np.float32] | None
) -> dict[str, tuple[int, float]]:
    """Form -> the number and the weight of the word of the question that it is a form of."""
    weights = [1.0] * len(asked.word_forms) if rarity is None else rarity.tolist()
    return {
        form: (number, weight)
        for number, (forms, weight) in enumerate(zip(asked.word_forms, weights, strict=True))
        for form in forms
    }


def span_hit(
    rank: int,
    span: Span,
    question: Question,
    wanted: Mapping[str, tuple[int, float]],
    asked: ParsedQuery,
) -> Hit:
    chunk = joined(span.chunks, span.first, span.last, span.best)
    best = span.chunks[span.best]
    declared = declaration_of(asked.name) if asked.name else None
    lines = best.start_line, best.end_line
    snippet = best_lines(chunk, wanted, question.snippet_lines, lines, declared)
    members = span.chunks[span.first : span.last + 1]
    chunk = replace(chunk, symbol=symbol_at(members, snippet.start_line, chunk.symbol))
    if question.context:
        chunk = with_context(chunk, span.chunks, question.context)
        snippet = Snippet(
            max(chunk.start_line, snippet.start_line - question.context),
            min(chunk.end_line, snippet.end_line + question.context),
        )
    hit = hit_of(rank, span.item, chunk, snippet)
    return replace(hit, also=tuple(span.also[:_MOST_ALSO]))


def beginning(chunk: Chunk) -> Snippet:
    last = min(chunk.end_line, chunk.start_line + SNIPPET_LINES - 1)
    return Snippet(chunk.start_line, last)


def hit_of(rank: int, item: Ranked, chunk: Chunk, snippet: Snippet) -> Hit:
    dataset = item.found.dataset
    return Hit(
        rank=rank,
        score=round(item.score, 6),
        project=dataset.project,
        dataset=dataset.name,
        repository=dataset.repository,
        revision=dataset.revision,
        chunk=chunk,
        url=link_to_lines(
            dataset.source, dataset.revision, chunk.path, chunk.start_line, chunk.end_line
        ),
        snippet=replace(snippet, lines=tuple(shown_lines(chunk, snippet))),
        confidence=confidence(item),
    )
