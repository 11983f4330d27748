"""Chunks of one file to what is shown: whole definitions, lines around, the file itself.

Pure functions over all chunks of a file in their order. Without their overlaps they are the file,
byte for byte; lines end at a line feed.

    texts.py        the file, and lines of it
    anchors.py      anchors of a page's headings
    declaring.py    the lines of the names that a chunk defines
    definitions.py  whole definitions, the outline, which definition holds a line
    wanted.py       which words of the question each line says
    places.py       the lines of a hit that are shown
"""

from ccingest.snippets.anchors import anchor_at, page_chunk, without_anchors
from ccingest.snippets.definitions import (
    OutlineItem,
    definition_of,
    joined,
    outline,
    symbol_at,
    whole_definition,
)
from ccingest.snippets.places import best_lines
from ccingest.snippets.texts import file_text, shown_lines, split_lines, with_context
from ccingest.snippets.wanted import WantedWords

__all__ = [
    "OutlineItem",
    "WantedWords",
    "anchor_at",
    "best_lines",
    "definition_of",
    "file_text",
    "joined",
    "outline",
    "page_chunk",
    "shown_lines",
    "split_lines",
    "symbol_at",
    "whole_definition",
    "with_context",
    "without_anchors",
]
