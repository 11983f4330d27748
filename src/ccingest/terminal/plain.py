"""Hits as a pipe gets them: the rows that a terminal shows, without rich, which takes 20 ms to import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ccingest.documents.markdown import place_of
from ccingest.models.overlays import CHANGED
from ccingest.visible import safe, safe_block

if TYPE_CHECKING:
    from ccingest.models import Contribution, Explanation, Hit
    from ccingest.terminal.hits import Form

NO_HITS = "No hits."
PLACE = "place"  # the style of the part of a heading that says where the hit is


def plain_rows(hits: Sequence[Hit], form: Form) -> Iterator[str]:
    """Each hit under its heading."""
    if form.heading is not None:
        yield title_of(form.heading)
    if not hits:
        yield NO_HITS
    for place, hit in enumerate(hits):
        if place:
            yield ""
        yield "".join([text for text, _ in heading_of(hit, form.with_dataset)])
        if form.with_reasons and hit.explanation:
            yield from reason_rows(hit.explanation)
        for number, line in hit.snippet.lines:
            yield f"{number:>6}  {safe_block(line)}"
    if form.heading is not None:
        yield ""


def title_of(heading: str) -> str:
    """The row above the hits of one of several questions."""
    return f"# {safe(heading)}".rstrip()


def heading_of(hit: Hit, with_dataset: bool) -> list[tuple[str, str]]:
    """What and where it is: parts, each with its style."""
    parts = [(f"{hit.rank}. ", "dim"), (place_of(hit, with_dataset=with_dataset), PLACE)]
    if hit.state in CHANGED:
        parts.append((f" ({hit.state})", "yellow"))
    if hit.symbol:
        parts.append((f"  {safe(hit.symbol)}", "bold"))
    sure = hit.score if hit.confidence is None else hit.confidence
    dataset = "" if with_dataset else f"  {safe(hit.dataset)}"
    parts.append((f"{dataset}  {sure:.2f}", "dim"))
    if hit.also:
        parts.append((f"  also {', '.join(map(str, hit.also))}", "dim"))
    if hit.copies:
        others = "1 copy" if len(hit.copies) == 1 else f"{len(hit.copies)} copies"
        parts.append((f"  and {others}: {safe(hit.copies[0])}", "dim"))
    return parts


def reason_rows(why: Explanation) -> list[str]:
    """The kind of the question, and each reason for its score."""
    return [f"   question: {why.kind}", *map(reason_row, why.contributions)]


def reason_row(part: Contribution) -> str:
    """A value that rounds to nothing is shown as 0, not as -0."""
    points, value = round(part.points, 3) + 0.0, round(part.value, 2) + 0.0
    return f"   {points:+.3f}  {part.name:<22} {value:.2f}  {part.reason}"
