"""Hits as text: Markdown for a prompt, paths for a pipe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

from ccingest.visible import safe, safe_block

if TYPE_CHECKING:
    from ccingest.models import Hit

# On the safe side for code, which tokenizers cut finer than prose.
_CHARACTERS_PER_TOKEN = 3


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
    best = [line for _, line in hit.snippet.lines]
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
        heading += f" {_code_span(safe(chunk.symbol))}"
    link = f"{hit.url}\n\n" if hit.url else ""
    return f"{heading}\n\n{link}{fence}{chunk.language}\n{text}\n{fence}\n"


def _code_span(text: str) -> str:
    """Inline code of Markdown, also for text with backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    marks, blank = "`" * (longest + 1), " " if longest else ""
    return f"{marks}{blank}{text}{blank}{marks}"
