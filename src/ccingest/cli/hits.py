"""Hits as people, programs, pipes and prompts read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from ccingest.cli.output import Reply, lines, safe, safe_block
from ccingest.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.models import Explanation, Hit

FORMATS = ("human", "json", "paths", "markdown")
# On the safe side for code, which tokenizers cut finer than prose.
_CHARACTERS_PER_TOKEN = 3
_SNIPPET_LINES = 12


def reply_with(
    document: Mapping[str, Any],
    hits: Sequence[Hit],
    form: str,
    *,
    with_reasons: bool = False,
    max_tokens: int | None = None,
) -> Reply:
    """The document, and the hits in it shown in one of FORMATS."""
    if form == "paths":
        return Reply(document, lines(*hit_paths(hits)))
    if form == "markdown":
        return Reply(document, lines(*markdown(hits, max_tokens)))
    show: Callable[[Console], None] = lambda console: _show(console, hits, with_reasons)  # noqa: E731
    return Reply(document, show)


def without_reasons(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Without why each stands where it stands: only --explain tells that."""
    return tuple(replace(hit, explanation=None) for hit in hits)


def require_format(form: str) -> None:
    if form not in FORMATS:
        raise UsageError(f"--format is {form!r}, but must be one of {', '.join(FORMATS)}.")


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
    """A section a hit: heading, permalink, fenced code. Whole sections, as many as fit."""
    sections = []
    left = max_tokens
    for hit in hits:
        section = _section(hit)
        if left is not None:
            left -= estimated_tokens(section)
            if left < 0:
                break
        sections.append(section)
    return sections


def estimated_tokens(text: str) -> int:
    return ceil(len(text) / _CHARACTERS_PER_TOKEN)


def _section(hit: Hit) -> str:
    chunk = hit.chunk
    text = safe_block(chunk.text.replace("\r\n", "\n")).strip("\n")
    fence = "```"
    while fence in text:
        fence += "`"
    heading = f"### {safe(chunk.path)}:{chunk.start_line}-{chunk.end_line}"
    if chunk.symbol:
        heading += f" `{safe(chunk.symbol)}`"
    link = f"{hit.url}\n\n" if hit.url else ""
    return f"{heading}\n\n{link}{fence}{chunk.language}\n{text}\n{fence}\n"


def _show(console: Console, hits: Sequence[Hit], with_reasons: bool) -> None:
    if not hits:
        console.print("No hits.")
    for hit in hits:
        _show_hit(console, hit, with_reasons)


def _show_hit(console: Console, hit: Hit, with_reasons: bool) -> None:
    from rich.text import Text

    chunk = hit.chunk
    head = Text()
    head.append(f"{hit.rank}. ", style="dim")
    head.append(safe(f"{chunk.path}:{chunk.start_line}-{chunk.end_line}"), style="bold cyan")
    if chunk.symbol:
        head.append(f"  {safe(chunk.symbol)}", style="bold")
    head.append(f"  {safe(hit.dataset)}  {hit.score:.3f}", style="dim")
    console.print(head, soft_wrap=True)
    if hit.url:
        console.print(Text(f"   {hit.url}", style="dim"), soft_wrap=True)
    if with_reasons and hit.explanation:
        _show_reasons(console, hit.explanation)
    _show_snippet(console, hit)
    console.print()


def _show_reasons(console: Console, why: Explanation) -> None:
    console.print(f"   question: {why.kind}", style="dim", soft_wrap=True)
    for part in why.contributions:
        row = f"   {part.points:+.3f}  {part.name:<22} {part.value:.2f}  {part.reason}"
        console.print(row, style="dim", soft_wrap=True)
    if why.nth_of_file > 1:
        console.print("   behind other files: not the first hit of its file", style="dim")


def _show_snippet(console: Console, hit: Hit) -> None:
    chunk = hit.chunk
    text_lines = safe_block(chunk.text.replace("\r\n", "\n")).rstrip().split("\n")
    start = chunk.start_line
    while len(text_lines) > 1 and not text_lines[0].strip():
        text_lines.pop(0)
        start += 1
    shown, rest = text_lines[:_SNIPPET_LINES], len(text_lines) - _SNIPPET_LINES
    if console.is_terminal:
        from rich.syntax import Syntax

        syntax = Syntax(
            "\n".join(shown),
            chunk.language,
            line_numbers=True,
            start_line=start,
            theme="ansi_dark",
            background_color="default",
            word_wrap=False,
        )
        console.print(syntax)
    else:
        for number, line in enumerate(shown, start=start):
            console.print(f"{number:>6}  {line}", soft_wrap=True)
    if rest > 0:
        console.print(f"        … {rest} more lines", style="dim")
