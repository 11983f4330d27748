"""Anchors of a page's headings: links lead to them, nobody reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ccingest.models import Chunk

_ANCHORED = re.compile(r"[>\s-]*#{1,6}\s.*\{#([^\s{}]+)\}\s*$")
# Blanks are taken from where they begin: to try each of many takes the square of their number.
_ANCHORS = re.compile(
    r"^([> \t-]*#{1,6}(?=[ \t]).*?)(?<![ \t])[ \t]*\{#[^\s{}]+\}[ \t]*$", re.MULTILINE
)


def anchor_at(chunks: Sequence[Chunk], line: int) -> str:
    """The anchor of the heading above a line of a page, as `## Title {#anchor}` has it."""
    for chunk in sorted(chunks, key=lambda one: one.start_line, reverse=True):
        for offset, text in reversed(list(enumerate(chunk.text.split("\n")))):
            if chunk.start_line + offset <= line and (found := _ANCHORED.match(text)):
                return found[1]
    return ""


def without_anchors(text: str) -> str:
    """Lines of a page as they are shown: links lead to the anchors of its headings, nobody reads them.

    >>> without_anchors("## Install {#install}\\n\\nAs `{#id}` says.")
    '## Install\\n\\nAs `{#id}` says.'
    """
    return _ANCHORS.sub(r"\1", text)


def page_chunk(chunk: Chunk) -> Chunk:
    """A chunk of a page without its anchors."""
    overlap = len(without_anchors(chunk.text[: chunk.overlap]))
    return replace(chunk, text=without_anchors(chunk.text), overlap=overlap)
