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


def place_of(hit: Hit, *, with_dataset: bool, with_lines: bool = True) -> str:
    """`[DATASET:]PATH[:START-END]`, which the commands about files take."""
    dataset = f"{hit.dataset}:" if with_dataset else ""
    lines = f":{hit.start_line}-{hit.end_line}" if with_lines else ""
    return safe(f"{dataset}{hit.path}{lines}")


def markdown(hits: Sequence[Hit], max_tokens: int | None, *, with_dataset: bool) -> list[str]:
    """A section a hit: heading, permalink, fenced code. Whole sections, as many as fit; when not
    even the first does, as much of its best lines as fits, or else how much would be needed."""
    sections: list[str] = []
    left = max_tokens
    for hit in hits:
        section = _section(hit, hit.chunk.text, with_dataset)
        if left is not None:
            left -= estimated_tokens(section)
            if left < 0:
                break
        sections.append(section)
    if hits and not sections and max_tokens is not None:
        return [_shortened(hits[0], max_tokens, with_dataset)]
    return sections


def _shortened(hit: Hit, max_tokens: int, with_dataset: bool) -> str:
    best = [line for _, line in hit.snippet.lines]
    for count in range(len(best), 0, -1):
        section = _section(hit, "\n".join(best[:count]), with_dataset)
        if estimated_tokens(section) <= max_tokens:
            return section
    needed = estimated_tokens(_section(hit, best[0] if best else "", with_dataset))
    return f"No hit fits into {max_tokens} tokens; one line of the first takes {needed}."


def estimated_tokens(text: str) -> int:
    return ceil(len(text) / _CHARACTERS_PER_TOKEN)


def _section(hit: Hit, text: str, with_dataset: bool) -> str:
    from ccingest.models.overlays import CHANGED

    chunk = hit.chunk
    text = safe_block(text.replace("\r\n", "\n")).strip("\n")
    fence = "```"
    while fence in text:
        fence += "`"
    heading = f"### {place_of(hit, with_dataset=with_dataset)}"
    if hit.state in CHANGED:
        heading += f" ({hit.state})"
    if chunk.symbol:
        heading += f" {_code_span(safe(chunk.symbol))}"
    link = f"{hit.url}\n\n" if hit.url else ""
    return f"{heading}\n\n{link}{fence}{chunk.language}\n{text}\n{fence}\n"


def _code_span(text: str) -> str:
    """Inline code of Markdown, also for text with backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    marks, blank = "`" * (longest + 1), " " if longest else ""
    return f"{marks}{blank}{text}{blank}{marks}"
