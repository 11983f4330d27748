"""A hit as a person reads it: one line of what and where, and the lines that answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccingest.documents.markdown import place_of
from ccingest.terminal.colours import coloured
from ccingest.terminal.links import can_link, link_of
from ccingest.visible import safe, safe_block

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from ccingest.models import Contribution, Explanation, FileLines, Hit
    from ccingest.terminal.hits import Form

_MARK = "bold underline"
_LEAST_DIGITS = 4  # columns for the numbers of a file's lines
_MARGIN, _NARROWEST = 8, 20  # columns of a line's number; the fewest for the line itself


def show_hit(console: Console, hit: Hit, form: Form) -> None:
    """In a terminal, with colours and links; the words that the question asks for stand out."""
    from rich.text import Text

    link = link_of(hit, form.file_of(hit)) if can_link(console) else None
    console.print(_heading(hit, form.with_dataset, link), soft_wrap=True)
    if form.with_reasons and hit.explanation:
        _show_reasons(console, hit.explanation)
    numbered = hit.snippet.lines
    if not console.is_terminal:
        for number, line in numbered:
            console.print(f"{number:>6}  {safe_block(line)}", soft_wrap=True)
        return
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

    from ccingest.models.overlays import CHANGED

    heading = Text()
    heading.append(f"{hit.rank}. ", style="dim")
    place = place_of(hit, with_dataset=with_dataset)
    heading.append(place, style=f"bold cyan link {link}" if link else "bold cyan")
    if hit.state in CHANGED:
        heading.append(f" ({hit.state})", style="yellow")
    if hit.symbol:
        heading.append(f"  {safe(hit.symbol)}", style="bold")
    sure = hit.score if hit.confidence is None else hit.confidence
    dataset = "" if with_dataset else f"  {safe(hit.dataset)}"
    heading.append(f"{dataset}  {sure:.2f}", style="dim")
    if hit.also:
        heading.append(f"  also {', '.join(map(str, hit.also))}", style="dim")
    if hit.copies:
        others = "1 copy" if len(hit.copies) == 1 else f"{len(hit.copies)} copies"
        heading.append(f"  and {others}: {safe(hit.copies[0])}", style="dim")
    return heading


def _mark(line: Text, marked: frozenset[str]) -> None:
    from ccingest.terms import matched_words

    for start, end in matched_words(line.plain, marked):
        line.stylize(_MARK, start, end)


def _show_reasons(console: Console, why: Explanation) -> None:
    console.print(f"   question: {why.kind}", style="dim", soft_wrap=True)
    for part in why.contributions:
        console.print(reason_row(part), style="dim", soft_wrap=True)


def reason_row(part: Contribution) -> str:
    """A value that rounds to nothing is shown as 0, not as -0."""
    points, value = round(part.points, 3) + 0.0, round(part.value, 2) + 0.0
    return f"   {points:+.3f}  {part.name:<22} {value:.2f}  {part.reason}"
