from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccingest.server.page.highlighting import highlighted, parse_lines
from ccingest.visible import safe_block

_TAG = re.compile(r"</?(?:span|mark)(?: class=\"[a-z]\")?>")


def text_of(html: str) -> str:
    return unescape(_TAG.sub("", html))


def test_tokens_have_classes() -> None:
    (line,) = highlighted("def add(a): return 1", "python")
    assert line == (
        '<span class="k">def</span> <span class="f">add</span>(a): '
        '<span class="k">return</span> <span class="m">1</span>'
    )


def test_marks_cut_tokens() -> None:
    (line,) = highlighted("retry_count", "text", lambda _: [(0, 5)])
    assert line == "<mark>retry</mark>_count"


def test_a_mark_over_several_tokens() -> None:
    (line,) = highlighted("a = b", "python", lambda _: [(0, 5)])
    assert text_of(line) == "a = b"
    assert text_of("".join(re.findall(r"<mark>(.*?)</mark>", line))) == "a = b"


def test_a_comment_of_several_lines_stays_one() -> None:
    lines = highlighted("/* first\nsecond */\nint x;", "c")
    assert lines[1] == '<span class="c">second */</span>'
    assert len(lines) == 3


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "<!-- --><style>*{display:none}</style>",
        "{{ 7 * 7 }}{% raw %}",
        "&lt;b&gt; &amp; '",
    ],
)
@pytest.mark.parametrize("language", ["html", "python", "javascript", "markdown", "", "no such"])
def test_code_stays_text(text: str, language: str) -> None:
    (line,) = highlighted(text, language, lambda _: [(1, 4)])
    assert text_of(line) == text
    assert "<" not in _TAG.sub("", line)


def test_what_reorders_text_becomes_visible() -> None:
    (line,) = highlighted("access = 'user\u202e \u2066// admin'", "python")
    assert "\u202e" not in line
    assert "\\u202e" in line


def test_long_lines_have_no_colours() -> None:
    (line,) = highlighted("x = 1;" * 1000, "javascript")
    assert "<" not in line


@given(st.text(max_size=200), st.sampled_from(["python", "go", "html", "markdown", "json", ""]))
def test_the_text_is_kept(text: str, language: str) -> None:
    lines = highlighted(text, language)
    assert [text_of(line) for line in lines] == safe_block(text.replace("\r\n", "\n")).split("\n")


@pytest.mark.parametrize(
    ("text", "span"),
    [("10", (10, 10)), ("10-20", (10, 20)), ("20-10", (20, 20)), ("", None), ("x", None), ("1-", None), ("9" * 12, None)],
)  # fmt: skip
def test_lines_of_an_address(text: str, span: tuple[int, int] | None) -> None:
    assert parse_lines(text) == span
