"""What every chunking of every file must hold to, told without the chunker's own measures."""

from __future__ import annotations

import unicodedata

from ccingest.models import Chunk, SourceFile

_BLANK = frozenset(" \t\n\r\x0b\x0c")
_MARKS_IN_A_PRANK = 32


def source(text: str, language: str, path: str = "file") -> SourceFile:
    return SourceFile(path, "0" * 40, language, text, len(text.encode(errors="surrogatepass")))


def broken_promises(
    file: SourceFile, chunks: tuple[Chunk, ...], *, target: int = 1000, overlap: int = 100
) -> list[str]:
    """One line for each promise that the chunks of a file break."""
    wrong = []
    owned = [chunk.text[chunk.overlap :] for chunk in chunks]
    if "".join(owned) != file.text:
        wrong.append("not lossless")
    line = 1
    for index, (chunk, own) in enumerate(zip(chunks, owned, strict=True)):
        before = chunks[index - 1].text if index else ""
        says = [
            *_wrong_lines(chunk, own, line),
            *_wrong_size(chunk, own, target, overlap),
            *_wrong_cut(chunk, own, before),
            *_wrong_blank(owned, index, target),
        ]
        if (chunk.path, chunk.language) != (file.path, file.language):
            says.append("another file's")
        if not chunk.kind or "" in chunk.defines:
            says.append("a nameless kind or definition")
        wrong += [f"chunk {index} (line {line}): {what}" for what in says]
        line += own.count("\n")
    return wrong


def weight(text: str) -> float:
    """Characters, blanks counted as a quarter."""
    blanks = sum(letter in _BLANK for letter in text)
    return len(text) - blanks + blanks / 4


def _wrong_lines(chunk: Chunk, own: str, line: int) -> list[str]:
    first = line - chunk.text[: chunk.overlap].count("\n")
    last = line + own.count("\n") - own.endswith("\n")
    if (chunk.start_line, chunk.end_line) == (first, last):
        return []
    return [f"lines {chunk.start_line}-{chunk.end_line}, not {first}-{last}"]


def _wrong_size(chunk: Chunk, own: str, target: int, overlap: int) -> list[str]:
    wrong = []
    if weight(own) > 1.5 * target + _MARKS_IN_A_PRANK:
        wrong.append(f"weighs {weight(own)}")
    if not own:
        wrong.append("empty")
    if not 0 <= chunk.overlap <= overlap:
        wrong.append(f"overlap of {chunk.overlap}")
    return wrong


def _wrong_cut(chunk: Chunk, own: str, before: str) -> list[str]:
    wrong = []
    if not before.endswith(chunk.text[: chunk.overlap]):
        wrong.append("its overlap is not the end of the chunk before")
    if before.endswith("\r") and own.startswith("\n"):
        wrong.append("begins within a CRLF")
    marks = before[-_MARKS_IN_A_PRANK:]
    is_prank = all(unicodedata.category(mark)[0] == "M" for mark in marks)
    starts_with_mark = own and unicodedata.category(own[0])[0] == "M"
    if starts_with_mark and before and not before.endswith("\n") and not is_prank:
        wrong.append(f"begins with the mark {own[0]!r} of the letter before")
    return wrong


def _wrong_blank(owned: list[str], index: int, target: int) -> list[str]:
    own = owned[index]
    if own.strip(" \t\n\r\x0b\x0c") or len(owned) == 1:
        return []
    neighbours = [owned[i] for i in (index - 1, index + 1) if 0 <= i < len(owned)]
    if all(weight(own) + weight(text) > 1.5 * target for text in neighbours):
        return []
    return ["nothing but blanks, which would fit into a neighbour"]
