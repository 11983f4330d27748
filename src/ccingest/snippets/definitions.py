"""The definitions of one file: whole ones of several chunks, where each stands, which holds a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ccingest.models import Chunk, Snippet
from ccingest.snippets.declaring import lines_of_names
from ccingest.snippets.texts import file_text

# A definition that is longer is shown by its best chunk alone.
_LONGEST_WHOLE = 4000
_PROSE = frozenset({"markdown", "rst", "asciidoc", "org"})  # their sections are not indented
_HEADING_SIGNS = ("#", "=", "*")
_SEPARATOR = re.compile(r"\.| > ")  # of the names that a symbol has
_SIGNATURE = 3  # lines from the beginning of a definition in which its name is looked for


@dataclass(frozen=True, slots=True)
class OutlineItem:
    """A definition in a file."""

    symbol: str
    line: int  # from 1


def whole_definition(chunks: Sequence[Chunk], index: int) -> tuple[int, int]:
    """First and last index of the definition that the chunk is a piece of, if that is not long."""
    symbol = chunks[index].symbol
    if not symbol:
        return index, index
    first = last = index
    while first and symbol not in chunks[first].defines and chunks[first - 1].symbol == symbol:
        first -= 1
    while (
        last + 1 < len(chunks)
        and chunks[last + 1].symbol == symbol
        and symbol not in chunks[last + 1].defines
    ):
        last += 1
    length = sum(len(chunk.text) - chunk.overlap for chunk in chunks[first : last + 1])
    return (first, last) if length <= _LONGEST_WHOLE else (index, index)


def joined(chunks: Sequence[Chunk], first: int, last: int, best: int) -> Chunk:
    """The chunks `first` to `last` as one, which has the symbol and kind of the chunk `best`."""
    if first == last:
        return chunks[first]
    defined = (symbol for chunk in chunks[first : last + 1] for symbol in chunk.defines)
    return replace(
        chunks[best],
        start_line=chunks[first].start_line,
        end_line=chunks[last].end_line,
        text=chunks[first].text + file_text(chunks[first + 1 : last + 1]),
        overlap=chunks[first].overlap,
        defines=tuple(dict.fromkeys(defined)),
    )


def outline(chunks: Sequence[Chunk]) -> list[OutlineItem]:
    """The symbols that the file defines, each at the line that most looks like its declaration."""
    items = []
    for chunk in chunks:
        first = chunk.text.count("\n", 0, chunk.overlap)
        names = [last_name(symbol) for symbol in chunk.defines]
        lines = lines_of_names(names, chunk.text.split("\n"), first) if names else []
        for symbol, line in zip(chunk.defines, lines, strict=True):
            items.append(OutlineItem(symbol, chunk.start_line + line))
    return items


def definition_of(chunk: Chunk, chunks: Sequence[Chunk], snippet: Snippet) -> OutlineItem | None:
    """The definition that most lines of the snippet stand in, by their indentation.

    `chunk` is what the chunks are joined to. None where no definition is known to hold them.
    """
    lines = chunk.text.split("\n")
    items = [item for item in outline(chunks) if item.line >= chunk.start_line]
    numbers = range(snippet.start_line, snippet.end_line + 1)
    found = Counter(
        item
        for number in numbers
        if lines[number - chunk.start_line].strip()
        and (item := _enclosing(lines, chunk, items, number))
    )
    return found.most_common(1)[0][0] if found else None


def _enclosing(
    lines: Sequence[str], chunk: Chunk, items: Sequence[OutlineItem], number: int
) -> OutlineItem | None:
    """The nearest definition above a line that is less indented, or that begins there."""
    own = _indentation(lines[number - chunk.start_line])
    for item in reversed(items):
        if item.line > number:
            continue
        first = lines[item.line - chunk.start_line]
        is_section = chunk.language in _PROSE and _is_heading(first, last_name(item.symbol))
        if item.line == number or is_section or _indentation(first) < own:
            return item
    return None


def _is_heading(line: str, title: str) -> bool:
    """Of a section; otherwise the line is one of a block of code."""
    return line.lstrip().startswith(_HEADING_SIGNS) or line.strip() == title


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def symbol_at(chunks: Sequence[Chunk], line: int, otherwise: str) -> str:
    """What the chunk is named after that holds this line of a file."""
    holding = (chunk for chunk in chunks if chunk.start_line <= line <= chunk.end_line)
    return next((chunk.symbol for chunk in holding if chunk.symbol), otherwise)


def signature_line(chunk: Chunk, lines: Sequence[str], first: int) -> int:
    """The line that names the definition, or the first that is not empty."""
    name = last_name(chunk.symbol)
    places = range(first, min(first + _SIGNATURE, len(lines)))
    return next((place for place in places if name and name in lines[place]), first)


@lru_cache(maxsize=5_000)
def last_name(symbol: str) -> str:
    return _SEPARATOR.split(symbol)[-1]
