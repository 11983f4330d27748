"""Source file -> chunks along the syntax tree. Only this package imports tree-sitter.

| module | holds |
| --- | --- |
| grammar | parsers, kept within bounds |
| tree | cutting along the tree |
| lines | cutting at lines |
| measure | weights, lines and positions of a file |
| embedded | scripts within components and pages |
| blocks | code within prose that is a program |
| macros | what C and C++ hold that no grammar knows |
| prototypes | functions that headers of C and C++ declare |
| marks | byte order marks |
| literate | the code of literate Haskell, Agda and Idris |
| octave | Octave, as MATLAB |
| definitions | what a file defines, by a query for each language |
| sections | the same for prose: its headings |
| headings | the same for prose without a grammar |
| outlines, line_patterns, further_line_patterns | the same by the starts of lines, where no tree tells |
| template_definitions | macros and blocks of templates |
| definition_map | which definition a piece belongs to |

A node that fits stays whole. A node that does not is split into its children, and small neighbours
are merged. This is the cAST method (Zhang et al., arXiv 2506.15655). A file without a grammar, or
one that does not parse in bounded time, is cut at lines. Either way nothing is lost: the chunks of
a file, joined without their overlaps, are the file.
"""

from __future__ import annotations

from dataclasses import dataclass

from ccingest.chunking.blocks import defined_in_blocks, within
from ccingest.chunking.definition_map import DefinitionMap
from ccingest.chunking.definitions import definitions
from ccingest.chunking.embedded import scripts
from ccingest.chunking.grammar import Fallback, parse, refusal, run_on_parser_thread
from ccingest.chunking.lines import split_lines
from ccingest.chunking.literate import without_prose
from ccingest.chunking.macros import without_macros
from ccingest.chunking.marks import without_inner_marks, without_marks
from ccingest.chunking.measure import Measure, Piece
from ccingest.chunking.octave import as_matlab
from ccingest.chunking.outlines import outline_by_lines, outline_language
from ccingest.chunking.prototypes import prototypes
from ccingest.chunking.tree import join_blanks, split_tree
from ccingest.models import Chunk, SourceFile

__all__ = ["ChunkedFile", "Fallback", "chunk_file", "chunker_id", "run_on_parser_thread"]

# To be raised when a change makes other chunks of the same file and parameters.
_VERSION = 9

# Their grammar knows one dialect. In a file of another, it finds some definitions and gets their ends
# wrong.
_LINES_IF_ERRORS = frozenset({"sql"})
# It knows commands and blocks, and loses its way in a class without an error.
_LINES_IF_MORE = frozenset({"groovy"})


@dataclass(frozen=True, slots=True)
class ChunkedFile:
    """The chunks of a file. `fallback` says why it was cut at lines; None if along its tree."""

    chunks: tuple[Chunk, ...]
    fallback: Fallback | None = None


def chunker_id(target: int, overlap: int) -> str:
    """How the chunks of a dataset were made, as it is stored with it: `cast1/1000/100`."""
    return f"cast{_VERSION}/{target}/{overlap}"


def chunk_file(
    file: SourceFile,
    *,
    target: int = 1000,
    overlap: int = 100,
    by_lines: Fallback | None = None,
) -> ChunkedFile:
    """Cut a file into chunks of about `target` characters. Whitespace counts a quarter.

    Without its overlap, a chunk has at most 1.5 x `target` characters beside whitespace, and at
    most 6 x `target` of any kind. A chunk overlaps the one before only where a single syntax node
    had to be cut, such as a long string, and by at most `overlap` characters. Its lines include the
    overlap. No chunk is whitespace alone, unless that is too much to join to a neighbour.

    A chunk has the symbol of the innermost definition that fills most of it. If there is none, that
    of the definition around all of it, or else of the first that begins in it. `defines` has the
    symbols of all definitions that begin in it.

    With `by_lines`, a reason, the file is cut at lines and given to no parser.

    Several threads may call this at the same time: they take turns.
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
    lines = without_prose(file.path, without_marks(data))
    code = without_macros(file.language, without_prose(file.path, without_inner_marks(data)))
    code = as_matlab(file.language, code)
    tree = None if fallback else parse(file.language, code)
    if tree is None:
        pieces = join_blanks(split_lines(measure, 0, len(data), target), measure, target)
        found = outline_by_lines(outline_language(file), lines)
        fallback = fallback or "parse_timeout"
    else:
        inner = scripts(tree, data, file.language)
        pieces = split_tree(tree.root_node, file.language, measure, target, inner)
        declared = prototypes(file.path, without_marks(code), file.language)
        found = definitions(tree, data, file.language, inner, declared)
        if not found or tree.root_node.has_error or file.language in _LINES_IF_MORE:
            by_lines_found = outline_by_lines(outline_language(file), lines)
            # A parser that lost its way finds less than the starts of lines tell.
            if file.language in _LINES_IF_ERRORS or len(by_lines_found) > len(found):
                found = by_lines_found
    if code_of_blocks := list(defined_in_blocks(file.path, lines, file.language)):
        found = within(found, code_of_blocks)
    definition_map = DefinitionMap(found)
    chunks = [
        _to_chunk(file, measure, piece, before, definition_map, overlap)
        for before, piece in zip([Piece(0, 0), *pieces], pieces, strict=False)
    ]
    return ChunkedFile(tuple(chunks), fallback)


def _to_chunk(
    file: SourceFile,
    measure: Measure,
    piece: Piece,
    before: Piece,
    definition_map: DefinitionMap,
    overlap: int,
) -> Chunk:
    start = piece.start
    if piece.continues:
        start = measure.overlap_start(piece.start, overlap, before.start)
    text = measure.text(start, piece.end)
    owner = definition_map.owner(piece.start, piece.end)
    return Chunk(
        path=file.path,
        start_line=measure.line(start),
        end_line=measure.line(piece.end - 1),
        language=file.language,
        symbol=owner.symbol if owner else "",
        kind=owner.kind if owner else "block",
        text=text,
        overlap=len(measure.text(start, piece.start)) if start < piece.start else 0,
        defines=definition_map.starting_in(piece.start, piece.end),
    )
