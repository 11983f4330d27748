"""Which definition holds a line."""

from __future__ import annotations

from ccingest.models import Chunk, Snippet
from ccingest.snippets import OutlineItem, definition_of, symbol_at


def test_the_definition_that_a_line_stands_in() -> None:
    chunks = [
        Chunk("a.py", 1, 9, "python", "Mux", "class", ""),
        Chunk("a.py", 10, 20, "python", "Mux.handle", "method", ""),
    ]
    assert symbol_at(chunks, 12, "Mux") == "Mux.handle"
    assert symbol_at(chunks, 99, "Mux") == "Mux"


def test_the_definition_that_most_lines_of_a_snippet_stand_in() -> None:
    """Of two functions in one chunk the one that is shown, not the first."""
    text = "\n".join(
        [
            "def first():",
            "    return 1",
            "",
            "",
            "def second():",
            "    x = 2",
            "    return x",
            "",
            "y = 3",
        ]
    )
    chunk = Chunk("a.py", 11, 19, "python", "first", "function", text, defines=("first", "second"))
    assert _definition(chunk, 16, 17) == ("second", 15)
    assert _definition(chunk, 15, 17) == ("second", 15)
    assert _definition(chunk, 12, 14) == ("first", 11)
    assert _definition(chunk, 19, 19) is None  # it stands in no function


def test_a_section_of_a_document_goes_on_to_the_next() -> None:
    text = "# Shop\n\nText.\n\n## Refunds\n\nWithin a week."
    defines = ("Shop", "Shop > Refunds")
    chunk = Chunk("a.md", 1, 7, "markdown", "Shop", "section", text, defines=defines)
    assert _definition(chunk, 7, 7) == ("Shop > Refunds", 5)
    assert _definition(chunk, 3, 3) == ("Shop", 1)


def test_text_after_a_code_block_is_not_in_its_function() -> None:
    text = "# Shop\n\n```{python}\ndef pay():\n    return 1\n```\n\nWithin a week."
    chunk = Chunk("a.Rmd", 1, 8, "markdown", "Shop", "section", text, defines=("Shop", "pay"))
    assert _definition(chunk, 5, 5) == ("pay", 4)
    assert _definition(chunk, 8, 8) == ("Shop", 1)


def test_a_definition_of_a_later_chunk_holds_no_line() -> None:
    first = Chunk("a.py", 1, 2, "python", "go", "function", "def go():\n    x()", defines=("go",))
    second = Chunk("a.py", 3, 4, "python", "on", "function", "def on():\n    y()", defines=("on",))
    found = definition_of(first, [first, second], Snippet(1, 2))
    assert found == OutlineItem("go", 1)


def _definition(chunk: Chunk, first: int, last: int) -> tuple[str, int] | None:
    found = definition_of(chunk, [chunk], Snippet(first, last))
    return (found.symbol, found.line) if found else None
