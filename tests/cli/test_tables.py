"""Tables at widths from a phone's to a wall's: no value is ever cut."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

import pytest

from ccingest.terminal.console import PlainConsole
from ccingest.terminal.output import table

ROWS = [
    ("default", "org-shop-with-a-long-name", "main", "1a2b3c4", "1,234"),
    ("default", "other", "main", "5d6e7f8", "5"),
]
NAMES = ("project", "dataset", "branch", "sha", "chunks")


def shown(width: int, rows: Sequence[tuple[str, ...]]) -> list[str]:
    made = table(*NAMES, right=("chunks",), constant=("project", "branch"))
    for row in rows:
        made.add_row(*row)
    console = PlainConsole(file=StringIO(), width=width)
    console.print(made, crop=False)
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", range(20, 130, 7))
def test_no_value_is_cut_and_no_line_too_long(width: int) -> None:
    words = " ".join(shown(width, ROWS)).split()
    assert {"org-shop-with-a-long-name", "other", "1a2b3c4", "5d6e7f8", "1,234"} <= set(words)
    longest = max(map(len, shown(width, ROWS)))
    assert longest <= max(width, len("project  org-shop-with-a-long-name"))


def test_constant_columns_go_first() -> None:
    assert shown(80, ROWS)[0].split() == list(NAMES)
    assert shown(57, ROWS)[0].split() == ["dataset", "branch", "sha", "chunks"]
    assert shown(50, ROWS)[0].split() == ["dataset", "sha", "chunks"]
    # A column that says something is never left out: then each row is a block.
    mixed = [ROWS[0], ("second", *ROWS[1][1:])]
    assert shown(57, mixed)[0].split() == ["project", "dataset", "sha", "chunks"]
    assert shown(40, mixed) == [
        "project  default",
        "dataset  org-shop-with-a-long-name",
        "branch   main",
        "sha      1a2b3c4",
        "chunks   1,234",
        "",
        "project  second",
        "dataset  other",
        "branch   main",
        "sha      5d6e7f8",
        "chunks   5",
    ]
