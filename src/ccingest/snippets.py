"""Chunks of one file to what is shown: whole definitions, lines around, the file itself.

Pure functions over all chunks of a file in their order. Without their overlaps they are the file,
byte for byte; lines end at a line feed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ccingest.models import Chunk

# A definition that is longer is shown by its best chunk alone.
_LONGEST_WHOLE = 4000


@dataclass(frozen=True, slots=True)
class OutlineItem:
    symbol: str
    line: int  # from 1


def file_text(chunks: Sequence[Chunk]) -> str:
    """The file, from all its chunks in order."""
    return "".join(chunk.text[chunk.overlap :] for chunk in chunks)


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


def with_context(chunk: Chunk, chunks: Sequence[Chunk], lines: int) -> Chunk:
    """The chunk as whole lines of its file, and as many lines before and after it."""
    of_file = split_lines(file_text(chunks))
    start = max(1, chunk.start_line - lines)
    end = min(len(of_file), chunk.end_line + lines)
    text = "".join(of_file[start - 1 : end])
    return replace(chunk, start_line=start, end_line=end, text=text, overlap=0)


def split_lines(text: str) -> list[str]:
    """Lines with their ends; unlike str.splitlines, at line feeds only."""
    parts = text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def outline(chunks: Sequence[Chunk]) -> list[OutlineItem]:
    """The symbols that the file defines, each at the line where its name first stands.

    A chunk knows what it defines, but not where: the line is found by the name, from the line of
    the definition before on.
    """
    items = []
    for chunk in chunks:
        lines = chunk.text.split("\n")
        at = chunk.text.count("\n", 0, chunk.overlap)
        for symbol in chunk.defines:
            name = re.split(r"\.| > ", symbol)[-1]
            at = next((n for n in range(at, len(lines)) if name in lines[n]), at)
            items.append(OutlineItem(symbol, chunk.start_line + at))
    return items
