"""Tables whose values are never cut: people copy and compare them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table as RichTable
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

_BETWEEN = 2  # blanks between two columns


class Table:
    """A table of rich, in the first of these forms that fits the width:

    with all its columns; without those of `constant` whose value is the same in all rows, the first
    of them left out first; a block a row, with a line for each value. Without rows, it is the
    sentence `nothing`, if there is one.
    """

    def __init__(
        self,
        columns: Sequence[str],
        right: Sequence[str] = (),
        constant: Sequence[str] = (),
        nothing: str = "",
    ) -> None:
        self._columns = columns
        self._right = right
        self._constant = constant
        self._nothing = nothing
        self._rows: list[list[Text]] = []

    def add_row(self, *values: str | Text) -> None:
        """A value for each column."""
        self._rows.append([Text(one) if isinstance(one, str) else one for one in values])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if not self._rows and self._nothing:
            yield Text(self._nothing)
            return
        shown = list(range(len(self._columns)))
        for name in self._constant:
            if self._width(shown) <= options.max_width:
                break
            column = self._columns.index(name)
            if len({row[column].plain for row in self._rows}) <= 1:
                shown.remove(column)
        if self._width(shown) <= options.max_width:
            yield self._table(shown)
        else:
            yield from self._blocks()

    def _width(self, shown: Sequence[int]) -> int:
        widths = [
            max([len(self._columns[column]), *(row[column].cell_len for row in self._rows)])
            for column in shown
        ]
        return sum(widths) + _BETWEEN * (len(shown) - 1) + 1

    def _table(self, shown: Sequence[int]) -> RichTable:
        made = RichTable(
            box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False,
            header_style="bold",
        )  # fmt: skip
        for column in shown:
            name = self._columns[column]
            made.add_column(name, justify="right" if name in self._right else "left", no_wrap=True)
        for row in self._rows:
            made.add_row(*(row[column] for column in shown))
        return made

    def _blocks(self) -> RenderResult:
        margin = max(map(len, self._columns)) + _BETWEEN
        for number, row in enumerate(self._rows):
            if number:
                yield Text("")
            for name, value in zip(self._columns, row, strict=True):
                if value.plain:
                    line = Text(f"{name:<{margin}}", style="bold").append_text(value)
                    line.no_wrap, line.overflow = True, "ignore"
                    yield line
