"""Chunks of one file as text: the file itself, and lines of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ccingest.models import Chunk, Snippet


def file_text(chunks: Sequence[Chunk]) -> str:
    """The file, from all its chunks in order."""
    return "".join(chunk.text[chunk.overlap :] for chunk in chunks)


def split_lines(text: str) -> list[str]:
    """Lines with their ends; unlike str.splitlines, at line feeds only."""
    parts = text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def with_context(chunk: Chunk, chunks: Sequence[Chunk], lines: int) -> Chunk:
    """The chunk as whole lines of its file, and as many lines before and after it."""
    of_file = split_lines(file_text(chunks))
    start = max(1, chunk.start_line - lines)
    end = min(len(of_file), chunk.end_line + lines)
    text = "".join(of_file[start - 1 : end])
    return replace(chunk, start_line=start, end_line=end, text=text, overlap=0)


def shown_lines(chunk: Chunk, snippet: Snippet) -> list[tuple[int, str]]:
    """The lines of a snippet with their numbers, in order."""
    lines = chunk.text.replace("\r\n", "\n").split("\n")
    parts = [(snippet.start_line, snippet.end_line), *snippet.more]
    numbers = {number for first, last in parts for number in range(first, last + 1)}
    if snippet.signature:
        numbers.add(snippet.signature)
    return [
        (number, lines[number - chunk.start_line])
        for number in sorted(numbers)
        if 0 <= number - chunk.start_line < len(lines)
    ]
