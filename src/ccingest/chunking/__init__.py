"""Source file -> chunks along the syntax. Only this package imports tree-sitter.

A node that fits stays whole, a node that does not is opened, small siblings are merged: the cAST
method (Zhang et al., arXiv 2506.15655). What has no grammar, or does not parse in bounded time, is
cut at lines. Either way the chunks of a file, each without its overlap, joined, are the file.
"""

from __future__ import annotations

from dataclasses import dataclass

from ccingest.chunking.definitions import definitions
from ccingest.chunking.grammar import Fallback, parse, refusal, run_on_parser_thread
from ccingest.chunking.lines import split_lines
from ccingest.chunking.measure import Measure, Piece
from ccingest.chunking.outline import Outline
from ccingest.chunking.tree import join_blanks, split_tree
from ccingest.models import Chunk, SourceFile

__all__ = ["ChunkedFile", "Fallback", "chunk_file", "chunker_id"]

# Goes up when the same file and the same numbers give other chunks.
_VERSION = 1


@dataclass(frozen=True, slots=True)
class ChunkedFile:
    """`fallback` says why the file was cut by lines; None when its syntax tree was used."""

    chunks: tuple[Chunk, ...]
    fallback: Fallback | None = None


def chunker_id(target: int, overlap: int) -> str:
    """What a dataset remembers of how its chunks were made: `cast1/1000/100`."""
    return f"cast{_VERSION}/{target}/{overlap}"


def chunk_file(
    file: SourceFile,
    *,
    target: int = 1000,
    overlap: int = 100,
    by_lines: Fallback | None = None,
) -> ChunkedFile:
    """Cut a file into chunks of about `target` characters, a blank counted as a quarter of one.

    Without their overlap, chunks hold at most 1.5 x `target` characters that are not blank, and
    6 x `target` of any kind. Only a chunk that goes on in the middle of one node (a long string, a
    long line) overlaps, by at most `overlap` characters, which count in its lines. No chunk is
    blank, unless the file is, or its blanks alone are too many for its neighbours.

    A chunk's symbol is that of the innermost definition that fills most of it; of the one around
    all of it, if none does; else of the first in it. `defines` has all that begin in it.

    With `by_lines`, the reason not to, the file is given to no parser. Several threads may call
    this at once: they take turns.
    """
    data = file.text.encode("utf-8", errors="surrogatepass")
    if not data:
        return ChunkedFile(())
    return run_on_parser_thread(_chunk, file, data, target, overlap, by_lines)


def _chunk(
    file: SourceFile, data: bytes, target: int, overlap: int, by_lines: Fallback | None
) -> ChunkedFile:
    measure = Measure(data)
    fallback = by_lines or refusal(file.language, data)
    tree = None if fallback else parse(file.language, data)
    if tree is None:
        pieces = join_blanks(split_lines(measure, 0, len(data), target), measure, target)
        outline = Outline(())
        fallback = fallback or "parse_timeout"
    else:
        pieces = split_tree(tree.root_node, file.language, measure, target)
        outline = Outline(definitions(tree, data, file.language))
    chunks = [
        _to_chunk(file, measure, piece, before, outline, overlap)
        for before, piece in zip([Piece(0, 0), *pieces], pieces, strict=False)
    ]
    return ChunkedFile(tuple(chunks), fallback)


def _to_chunk(
    file: SourceFile, measure: Measure, piece: Piece, before: Piece, outline: Outline, overlap: int
) -> Chunk:
    start = piece.start
    if piece.continues:
        start = measure.back(piece.start, overlap, before.start)
    text = measure.text(start, piece.end)
    owner = outline.owner(piece.start, piece.end)
    return Chunk(
        path=file.path,
        start_line=measure.line(start),
        end_line=measure.line(piece.end - 1),
        language=file.language,
        symbol=owner.symbol if owner else "",
        kind=owner.kind if owner else "block",
        text=text,
        overlap=len(measure.text(start, piece.start)),
        defines=outline.starting_in(piece.start, piece.end),
    )
