"""A hit as a person reads it: one line of what and where, and the lines that answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ccingest.visible import safe, safe_block

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from ccingest.models import Explanation, Hit

_MARK = "bold underline"
_MARGIN, _NARROWEST = 8, 20  # columns of a line's number; the fewest for the line itself


def show_hit(console: Console, hit: Hit, *, with_reasons: bool, marked: frozenset[str]) -> None:
    """`marked`: terms; in a terminal, words that are any of these stand out."""
    from rich.text import Text

    console.print(_heading(hit), soft_wrap=True)
    if with_reasons and hit.explanation:
        _show_reasons(console, hit.explanation)
    numbered = hit.snippet.lines
    if not console.is_terminal:
        for number, line in numbered:
            console.print(f"{number:>6}  {safe_block(line)}", soft_wrap=True)
        return
    width = max(console.width - _MARGIN, _NARROWEST)
    for (number, _), coloured in zip(numbered, _coloured(hit, numbered), strict=True):
        _mark(coloured, marked)
        coloured.truncate(width, overflow="ellipsis")
        console.print(Text(f"{number:>6}  ", style="dim") + coloured, no_wrap=True)


def _heading(hit: Hit) -> Text:
    from rich.text import Text

    chunk = hit.chunk
    place = safe(f"{chunk.path}:{chunk.start_line}-{chunk.end_line}")
    heading = Text()
    heading.append(f"{hit.rank}. ", style="dim")
    heading.append(place, style=f"bold cyan link {hit.url}" if hit.url else "bold cyan")
    if chunk.symbol:
        heading.append(f"  {safe(chunk.symbol)}", style="bold")
    sure = hit.score if hit.confidence is None else hit.confidence
    heading.append(f"  {safe(hit.dataset)}  {sure:.2f}", style="dim")
    if hit.also:
        heading.append(f"  also {', '.join(map(str, hit.also))}", style="dim")
    if hit.copies:
        others = "1 copy" if len(hit.copies) == 1 else f"{len(hit.copies)} copies"
        heading.append(f"  and {others}: {safe(hit.copies[0])}", style="dim")
    return heading


def _coloured(hit: Hit, numbered: Sequence[tuple[int, str]]) -> list[Text]:
    """The lines with the colours of their language."""
    from rich.syntax import Syntax

    code = "\n".join(safe_block(line).expandtabs(4) for _, line in numbered)
    syntax = Syntax(code, hit.chunk.language, theme="ansi_dark", background_color="default")
    coloured = list(syntax.highlight(code).split("\n", allow_blank=True))
    return coloured[: len(numbered)]


def _mark(line: Text, marked: frozenset[str]) -> None:
    from ccingest.app.search import matched_words

    for start, end in matched_words(line.plain, marked):
        line.stylize(_MARK, start, end)


def _show_reasons(console: Console, why: Explanation) -> None:
    console.print(f"   question: {why.kind}", style="dim", soft_wrap=True)
    for part in why.contributions:
        row = f"   {part.points:+.3f}  {part.name:<22} {part.value:.2f}  {part.reason}"
        console.print(row, style="dim", soft_wrap=True)
