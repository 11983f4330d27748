"""Hits as people, programs, pipes and prompts read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from ccingest.cli.output import Reply, lines, safe, safe_block
from ccingest.errors import UsageError
from ccingest.snippets import shown_lines

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.records import Explanation, Hit

FORMATS = ("human", "json", "paths", "markdown")
# On the safe side for code, which tokenizers cut finer than prose.
_CHARACTERS_PER_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Form:
    """How hits are shown: in one of FORMATS, with what."""

    name: str = "human"
    with_reasons: bool = False
    with_text: bool = True  # in JSON
    max_tokens: int | None = None  # of markdown
    marked: frozenset[str] = frozenset()  # terms: words that are any of these stand out


def reply_with(
    document: dict[str, Any], hits: Sequence[Hit], form: Form, exit_code: int = 0
) -> Reply:
    """The document with the hits in it, shown in that form."""
    document["hits"] = [
        hit_document(hit, with_reasons=form.with_reasons, with_text=form.with_text) for hit in hits
    ]
    if form.name == "paths":
        return Reply(document, lines(*hit_paths(hits)), exit_code)
    if form.name == "markdown":
        return Reply(document, lines(*markdown(hits, form.max_tokens)), exit_code)
    show: Callable[[Console], None] = lambda console: show_hits(console, hits, form)  # noqa: E731
    return Reply(document, show, exit_code)


def show_hits(console: Console, hits: Sequence[Hit], form: Form) -> None:
    from ccingest.cli.screen import show_hit

    if not hits:
        console.print("No hits.")
    for place, hit in enumerate(hits):
        if place:
            console.print()
        show_hit(console, hit, with_reasons=form.with_reasons, marked=form.marked)


def require_format(form: str) -> None:
    if form not in FORMATS:
        raise UsageError(f"--format is {form!r}, but must be one of {', '.join(FORMATS)}.")


def hit_document(hit: Hit, *, with_reasons: bool = False, with_text: bool = True) -> dict[str, Any]:
    chunk, snippet = hit.chunk, hit.snippet
    document: dict[str, Any] = {
        "rank": hit.rank,
        "score": hit.score,
        "confidence": None if hit.confidence is None else round(hit.confidence, 3),
        "project": hit.project,
        "dataset": hit.dataset,
        "repository": hit.repository,
        "sha": hit.sha,
        "path": chunk.path,
        "startLine": chunk.start_line,
        "endLine": chunk.end_line,
        "language": chunk.language,
        "symbol": chunk.symbol,
        "kind": chunk.kind,
        "snippet": {
            "startLine": snippet.start_line,
            "endLine": snippet.end_line,
            "signatureLine": snippet.signature,
            "text": "\n".join(line for _, line in shown_lines(chunk, snippet)),
        },
        "also": list(hit.also),
        "copies": list(hit.copies),
        "url": hit.url,
    }
    if with_text:
        document["text"] = chunk.text
    if with_reasons and hit.explanation:
        document["explanation"] = _explanation_document(hit.explanation)
    return document


def _explanation_document(why: Explanation) -> dict[str, Any]:
    return {
        "questionKind": why.kind,
        "nthOfFile": why.nth_of_file,
        "contributions": [
            {
                "name": part.name,
                "reason": part.reason,
                "value": round(part.value, 6),
                "points": round(part.points, 6),
            }
            for part in why.contributions
        ],
    }


def hit_paths(hits: Sequence[Hit]) -> list[str]:
    """Each path once, best first; with its dataset where several have answered."""
    datasets = {(hit.project, hit.dataset) for hit in hits}
    return list(
        dict.fromkeys(
            safe(f"{hit.dataset}:{hit.chunk.path}" if len(datasets) > 1 else hit.chunk.path)
            for hit in hits
        )
    )


def markdown(hits: Sequence[Hit], max_tokens: int | None) -> list[str]:
    """A section a hit: heading, permalink, fenced code. Whole sections, as many as fit; when not
    even the first does, as much of its best lines as fits, or else how much would be needed."""
    sections: list[str] = []
    left = max_tokens
    for hit in hits:
        section = _section(hit, hit.chunk.text)
        if left is not None:
            left -= estimated_tokens(section)
            if left < 0:
                break
        sections.append(section)
    if hits and not sections and max_tokens is not None:
        return [_shortened(hits[0], max_tokens)]
    return sections


def _shortened(hit: Hit, max_tokens: int) -> str:
    best = [line for _, line in shown_lines(hit.chunk, hit.snippet)]
    for count in range(len(best), 0, -1):
        section = _section(hit, "\n".join(best[:count]))
        if estimated_tokens(section) <= max_tokens:
            return section
    needed = estimated_tokens(_section(hit, best[0] if best else ""))
    return f"No hit fits into {max_tokens} tokens; one line of the first takes {needed}."


def estimated_tokens(text: str) -> int:
    return ceil(len(text) / _CHARACTERS_PER_TOKEN)


def _section(hit: Hit, text: str) -> str:
    chunk = hit.chunk
    text = safe_block(text.replace("\r\n", "\n")).strip("\n")
    fence = "```"
    while fence in text:
        fence += "`"
    heading = f"### {safe(chunk.path)}:{chunk.start_line}-{chunk.end_line}"
    if chunk.symbol:
        heading += f" `{safe(chunk.symbol)}`"
    link = f"{hit.url}\n\n" if hit.url else ""
    return f"{heading}\n\n{link}{fence}{chunk.language}\n{text}\n{fence}\n"
