"""Source file -> chunks along the syntax. Only this package imports tree-sitter.

A node that fits stays whole, a node that does not is opened, small siblings are merged: the cAST
method (Zhang et al., arXiv 2506.15655). What has no grammar, or does not parse in bounded time, is
cut at lines. Either way the chunks of a file, each without its overlap, joined, are the file.
"""

from __future__ import annotations

from dataclasses import dataclass

from ccingest.chunking.grammar import parse
from ccingest.chunking.measure import Measure
from ccingest.chunking.split import Piece, split_lines, split_tree
from ccingest.chunking.symbols import Definition, Outline, definitions
from ccingest.records import Chunk, SourceFile

# Goes up when the same file and the same numbers give other chunks.
_VERSION = 1


@dataclass(frozen=True, slots=True)
class ChunkedFile:
    """`fallback` says why the syntax was not used: "no_grammar" or "parse_timeout"; else None."""

    chunks: tuple[Chunk, ...]
    fallback: str | None = None


def chunker_id(target: int, overlap: int) -> str:
    """What a dataset remembers of how its chunks were made."""
    return f"cast{_VERSION}/{target}/{overlap}"


def chunk_file(file: SourceFile, *, target: int = 1000, overlap: int = 100) -> ChunkedFile:
    """Cut a file into chunks of about `target` non-blank characters.

    A blank character counts a quarter. No chunk weighs more than 1.5 x `target`, its overlap of
    at most `overlap` characters not counted; a chunk only has one where a single node was cut.
    """
    data = file.text.encode("utf-8", errors="surrogatepass")
    if not data:
        return ChunkedFile(())
    measure = Measure(data)
    tree, fallback = parse(file.language, data)
    if tree is None:
        pieces = split_lines(measure, 0, len(data), target)
        outline = Outline(())
    else:
        pieces = split_tree(tree.root_node, file.language, measure, target)
        outline = Outline(definitions(tree, file.language))
    return ChunkedFile(_chunks(file, measure, pieces, outline, overlap), fallback)


def _chunks(
    file: SourceFile, measure: Measure, pieces: list[Piece], outline: Outline, overlap: int
) -> tuple[Chunk, ...]:
    made = []
    for index, piece in enumerate(pieces):
        start = piece.start
        if piece.continues and overlap:
            start = measure.back(piece.start, overlap, pieces[index - 1].start)
        text = measure.text(start, piece.end)
        repeated = len(measure.text(start, piece.start))
        owner: Definition | None = outline.owner(piece.start, piece.end)
        made.append(
            Chunk(
                path=file.path,
                start_line=measure.line(start),
                end_line=measure.line(piece.end - 1),
                language=file.language,
                symbol=owner.symbol if owner else "",
                kind=owner.kind if owner else "block",
                text=text,
                overlap=repeated,
                defines=outline.starting_in(piece.start, piece.end),
            )
        )
    return tuple(made)
