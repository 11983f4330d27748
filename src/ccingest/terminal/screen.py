"""A hit as a person reads it: one line of what and where, and the lines that answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccingest.terminal.colours import coloured
from ccingest.terminal.links import can_link, link_of
from ccingest.terminal.plain import PLACE, heading_of, reason_rows
from ccingest.visible import safe

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from ccingest.models import FileLines, Hit
    from ccingest.terminal.hits import Form

_MARK = "bold underline"
_LEAST_DIGITS = 4  # columns for the numbers of a file's lines
_MARGIN, _NARROWEST = 8, 20  # columns of a line's number; the fewest for the line itself


def show_hit(console: Console, hit: Hit, form: Form) -> None:
    """With colours and links; the words that the question asks for stand out."""
    from rich.text import Text

    link = link_of(hit, form.file_of(hit)) if can_link(console) else None
    console.print(_heading(hit, form.with_dataset, link), soft_wrap=True)
    if form.with_reasons and hit.explanation:
        for row in reason_rows(hit.explanation):
            console.print(row, style="dim", soft_wrap=True)
    numbered = hit.snippet.lines
    width = max(console.width - _MARGIN, _NARROWEST)
    in_colour = coloured([line for _, line in numbered], hit.chunk.language)
    for (number, _), text in zip(numbered, in_colour, strict=True):
        _mark(text, form.marked)
        text.truncate(width, overflow="ellipsis")
        console.print(Text(f"{number:>6}  ", style="dim") + text, no_wrap=True)


def show_file(console: Console, found: FileLines) -> None:
    """Lines of a stored file: which, at what revision, and each with its number."""
    from rich.text import Text

    from ccingest.models.overlays import CHANGED, state_of

    dataset = found.dataset
    place = f"{dataset.name}:{found.path}:{found.start_line}-{found.end_line}"
    link = found.url if can_link(console) else None
    heading = Text(safe(place), style=f"bold cyan link {link}" if link else "bold cyan")
    branch = f" {safe(dataset.branch)}" if dataset.branch else ""
    state = state_of(dataset, found.path)
    if state in CHANGED:
        heading.append(f" ({state})", style="yellow")
    heading.append(f"  {safe(dataset.repository)}{branch} {dataset.revision[:10]}", style="dim")
    console.print(heading, soft_wrap=True)
    lines = found.text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    digits = max(len(str(found.end_line)), _LEAST_DIGITS)
    for number, line in enumerate(coloured(lines, found.language), start=found.start_line):
        console.print(Text(f"{number:>{digits}}  ", style="dim") + line, soft_wrap=True)


def _heading(hit: Hit, with_dataset: bool, link: str | None) -> Text:
    from rich.text import Text

    heading = Text()
    for text, style in heading_of(hit, with_dataset):
        of_place = f"bold cyan link {link}" if link else "bold cyan"
        heading.append(text, style=of_place if style == PLACE else style)
    return heading


def _mark(line: Text, marked: frozenset[str]) -> None:
    from ccingest.terms import matched_words

    for start, end in matched_words(line.plain, marked):
        line.stylize(_MARK, start, end)
