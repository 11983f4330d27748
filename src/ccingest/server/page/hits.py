"""Hits as the page shows them: the lines that answer, with colours and marked words."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

from markupsafe import Markup

from ccingest.models import Hit
from ccingest.server.page import addresses
from ccingest.server.page.highlighting import Marks, highlighted, no_marks
from ccingest.terms import matched_words
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A line of code. `address`: where it stands in its file."""

    number: int
    html: Markup
    address: str = ""
    is_apart: bool = False  # whether lines between it and the one before are left out


@dataclass(frozen=True, slots=True)
class ShownHit:
    hit: Hit
    folder: str
    name: str
    percent: int | None
    lines: tuple[Line, ...]
    also: tuple[tuple[int, str], ...]  # line and address
    address: str  # of its file, around its lines
    similar: str
    web: str | None  # on the site of its host
    host: str


def shown_hits(hits: Sequence[Hit], query: str = "") -> list[ShownHit]:
    """`query`: the question whose words are marked."""
    marks = marks_of(query) if query else no_marks
    return [_shown(hit, marks) for hit in hits]


def marks_of(query: str) -> Marks:
    """Where in a line the words of a question are."""
    from ccingest.app.search import question_terms

    return partial(matched_words, terms=question_terms(query))


def file_address(hit: Hit, first: int, last: int) -> str:
    """The permalink of lines of a hit's file. `rev` tells when the dataset has moved on since."""
    return addresses.address(
        addresses.FILE,
        f"L{first}",
        project=hit.project,
        dataset=hit.dataset,
        path=hit.path,
        lines=f"{first}-{last}" if last > first else first,
        rev=hit.revision[:12],
    )


def web_link(url: str | None) -> tuple[str | None, str]:
    """The URL when a browser may follow it, and its host."""
    if url is None or not url.startswith(("https://", "http://")):
        return None, ""
    return url, urlsplit(url).hostname or ""


def _shown(hit: Hit, marks: Marks) -> ShownHit:
    folder, _, name = hit.path.rpartition("/")
    snippet = hit.snippet
    return ShownHit(
        hit,
        f"{folder}/" if folder else "",
        name,
        None if hit.confidence is None else round(hit.confidence * 100),
        tuple(_lines(hit, marks)),
        tuple((line, file_address(hit, line, line)) for line in hit.also),
        file_address(hit, snippet.start_line, snippet.end_line),
        addresses.address(
            addresses.SIMILAR,
            project=hit.project,
            dataset=hit.dataset,
            path=hit.path,
            line=snippet.start_line,
        ),
        *web_link(hit.url),
    )


def _lines(hit: Hit, marks: Marks) -> list[Line]:
    """Lexed with the rest of the hit: a snippet may begin inside a comment."""
    places = [number - hit.start_line for number, _ in hit.snippet.lines]
    whole = highlighted(textwrap.dedent(hit.text), hit.language, marks, places)
    shown, before = [], None
    for place, (number, text) in zip(places, hit.snippet.lines, strict=True):
        # With lines around it, a hit has other text than its snippet was made of.
        html = whole[place] if place in whole else highlighted(text, "", marks)[0]
        is_apart = before is not None and number != before + 1
        shown.append(Line(number, html, file_address(hit, number, number), is_apart))
        before = number
    return shown
