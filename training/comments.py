"""What a person wrote about a definition: doc comments, docstrings, comments in a body."""

from __future__ import annotations

import re

_MARK = re.compile(
    r"^\s*(?:///?!?|//!|/\*\*?!?|\*/|\*|#!?|---?!?\|?|--\s*[|^]|;;+|%+|\{-\|?|-\})\s?"
)
_BLOCK_END = re.compile(r"\s*(?:\*/|-\})\s*$")
# Lines that may stand between a comment and what it is about.
_BETWEEN = re.compile(r"^\s*(?:@(?!doc|moduledoc)[\w.]+.*|#\[.*|\[[\w(].*\]|export\s*$|pub\s*$)$")
_DOCSTRING = re.compile(
    r"""^[^\n]*?(?:def|class)\b.*?:\s*\n\s*[rRuU]?(\"{3}|'{3})(.+?)\1""", re.DOTALL
)
_ELIXIR = re.compile(
    r"@(?:doc|moduledoc)\s+(?:~S)?\"{3}\n(.*?)\"{3}\s*(?:@spec[^\n]*(?:\n[ \t]{4}[^\n]*)*\s*)?$",
    re.DOTALL,
)
_INLINE = re.compile(
    r"^[ \t]*(?://|#|--)[ \t]+([A-Z][^\n]*(?:\n[ \t]*(?://|#|--)[ \t]+[^\n]+)*)", re.MULTILINE
)

# From here on a doc comment is a form, not a sentence.
_FORM = re.compile(
    r"\n\s*(?:@\w+|:\w+[^:\n]*:|\\\w+|<\w+|#{1,4} |-{3,}|={3,}|```|>>>|\.\. |(?:Args|Arguments|Parameters|Params|Returns?"
    r"|Raises|Yields|Examples?|Notes?|Usage|See also|Since)\s*:?\s*(?:\n|$)).*",
    re.DOTALL,
)
_MARKUP = re.compile(
    r"</?[a-z][^>]*>|\{@\w+\s+([^}]*)\}|:\w+:`~?([^`]*)`|\[`?([^\]`]*)`?\](?:\([^)]*\)|\[[^\]]*\])?|``?|\*\*|@ref |\\[cpb] ",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|\n\s*\n")
_WORD = re.compile(r"[A-Za-z]{2,}")
_NOISE = re.compile(
    r"copyright|redistribution|permitted provided|warrant(?:y|ies)|this (?:source )?file (?:is|must|was)|licen[sc]e|all rights reserved|todo|fixme|xxx|eslint|noqa|type: ignore|pylint|nolint|@generated"
    r"|auto-?generated|do not edit|deprecated|inheritdoc|see https?:|clang-format|rubocop|istanbul|prettier-ignore",
    re.IGNORECASE,
)  # fmt: skip
_SMALL_WORDS = frozenset(
    "a an the of to for in is are be and or if this that with from by on as it not when all".split()
)


def doc_above(text: str, start: int) -> tuple[str, int]:
    """The comment that ends where the definition at `start` begins, and where the comment starts.

    Empty, with `start`, if there is none.
    """
    elixir = _ELIXIR.search(text[max(0, start - 4000) : start])
    if elixir:
        return elixir[1], start - (min(start, 4000) - elixir.start())
    begin = text.rfind("\n", 0, start) + 1
    lines: list[str] = []
    while begin > 0 and len(lines) < 60:
        previous = text.rfind("\n", 0, begin - 1) + 1
        line = text[previous : begin - 1]
        if _MARK.match(line) and not line.lstrip().startswith("#["):
            lines.append(line)
        elif lines or not _BETWEEN.match(line):
            break
        begin = previous
    if not lines:
        return "", start
    return strip_marks(lines[::-1]), begin


def strip_marks(lines: list[str]) -> str:
    return "\n".join(_MARK.sub("", _BLOCK_END.sub("", line)).rstrip() for line in lines)


def docstring(code: str) -> tuple[str, str]:
    """A Python definition's docstring, and the code without it."""
    found = _DOCSTRING.match(code)
    if not found:
        return "", code
    return found[2], code[: found.start(1)].rstrip() + "\n" + code[found.end() :].lstrip("\n")


def inline_comments(code: str) -> list[tuple[str, str]]:
    """Comments on lines of their own, each with the code without it."""
    found = []
    for match in _INLINE.finditer(code):
        said = sentences("\n".join(_MARK.sub("", line) for line in match[0].splitlines()))
        if said:
            found.append((said[0], code[: match.start()] + code[match.end() :]))
    return found


def sentences(comment: str) -> list[str]:
    """The English sentences of a comment, its markup and its list of parameters taken away."""
    text = _FORM.sub("", "\n" + comment.strip())
    text = _MARKUP.sub(lambda found: " ".join(filter(None, found.groups())), text)
    plain = (" ".join(part.split()) for part in _SENTENCE.split(text))
    return [part[:300] for part in plain if is_english(part)]


def is_english(text: str) -> bool:
    words = _WORD.findall(text)
    if not 3 <= len(words) <= 60 or len(text) > 600 or _NOISE.search(text):
        return False
    letters = sum(map(str.isalpha, text)) + text.count(" ")
    if letters < 0.8 * len(text) or not text.isascii():
        return False
    return len(words) < 6 or any(word.lower() in _SMALL_WORDS for word in words)
