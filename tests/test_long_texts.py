"""What a stranger's text is matched with takes time in proportion to its length, not to its square.

An expression that begins with a run of blanks, say, tries each blank as the beginning, and each time
goes through the rest. Five seconds are for a slow machine: with the square it takes eight to seventy.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from ccingest.chunking import chunk_file
from ccingest.languages import detect_language
from ccingest.models import SourceFile
from ccingest.ranking import ParsedQuery
from ccingest.secrets import hide_secrets
from ccingest.selection.generated import is_encoded, is_generated, is_minified
from ccingest.snippets import without_anchors
from ccingest.sources.web.html import read_html
from ccingest.sources.web.llms import links_of, parts_of

LENGTH = 100_000
LONGEST = 5.0  # seconds of processor time
UNITS = (
    " ", "\t", "\n", "\u00a0", "-", "#", "[", "(", "](a ", "](a", "<a ", "{#", "{#x} ", "a", "a.", "a@", "/* ",
    "://u:", "token=", "-*-", "`", "'", "Source: https://", "---\n", "---\na: b\n", "\\", "<b>", "_",
)  # fmt: skip


def _chunked(text: str) -> None:
    for name in ("a.md", "a.rst", "a.c", "a.py", "a.adoc", "a.org", "a.lhs", "a.pyx", "a.less"):
        language = detect_language(name, text)
        chunk_file(SourceFile(name, "", language, text, len(text)), target=1000, overlap=100)


def _judged(text: str) -> None:
    for name in ("a.js", "a.h", "a.sql"):
        is_generated(name, text), is_minified(name, text), is_encoded(text)


def _page(text: str) -> None:
    for before, after in (("<pre>", "</pre>"), ("<p><code>", "</code>"), ("<h1>", "</h1><p>x")):
        read_html(f"{before}a{text}b{after}", "https://host/", most_links=100)


READERS: dict[str, Callable[[str], object]] = {
    "chunks": _chunked,
    "judged": _judged,
    "page": _page,
    "anchors": without_anchors,
    "links": lambda text: links_of(text, "https://host/"),
    "parts": lambda text: parts_of(text, "https://host/", lambda _: True),
    "secrets": hide_secrets,
    "question": lambda text: ParsedQuery.of(text[:10_000]),
}


@pytest.mark.parametrize("reader", READERS)
def test_time_in_proportion_to_the_length(reader: str) -> None:
    for unit in UNITS:
        text = unit * (LENGTH // len(unit))
        began = time.process_time()
        for before in ("# a", "// a", "a"):
            READERS[reader](f"{before}{text}b\n")
        assert time.process_time() - began < LONGEST, repr(unit)
