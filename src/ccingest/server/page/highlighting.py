"""Code as lines of HTML, with the colours of its language and with marked words.

The only place of the page that makes HTML without a template.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from ccingest.visible import safe_block

if TYPE_CHECKING:
    from pygments.lexer import Lexer

Span = tuple[int, int]  # first and one past the last character of a line
Piece = tuple[str, str]  # class and text
Marks = Callable[[str], Sequence[Span]]

# Some lexers take time that grows with the square of what they read; and nobody reads such lines.
_LONGEST_TEXT = 400_000  # characters
_LONGEST_LINE = 2_000
_LONGEST_SECONDS = 1.0
_LEXERS = {"c++": "cpp", "c#": "csharp", "restructuredtext": "rst", "shell": "bash"}
_CLASSES = (
    ("Token.Comment", "c"),
    ("Token.Literal.String.Doc", "c"),
    ("Token.Literal.String", "s"),
    ("Token.Literal.Number", "m"),
    ("Token.Keyword", "k"),
    ("Token.Operator.Word", "k"),
    ("Token.Name.Tag", "k"),
    ("Token.Name.Function", "f"),
    ("Token.Name.Class", "f"),
    ("Token.Name.Decorator", "f"),
    ("Token.Generic.Heading", "f"),
    ("Token.Generic.Subheading", "f"),
    ("Token.Name.Builtin", "b"),
    ("Token.Name.Attribute", "b"),
    ("Token.Name.Constant", "b"),
)


def no_marks(_: str) -> Sequence[Span]:
    return ()


def highlighted(text: str, language: str, marks: Marks = no_marks) -> list[Markup]:
    """The lines of a text as HTML. `marks` says where in a line the words are that stand out."""
    shown = safe_block(text.replace("\r\n", "\n"))
    return [
        Markup("".join(_html(pieces, marks("".join(part for _, part in pieces)))))
        for pieces in _lines(_pieces(shown, language))
    ]


def _pieces(text: str, language: str) -> Iterable[Piece]:
    lexer = _lexer(language)
    longest = max(map(len, text.split("\n")))
    if lexer is None or len(text) > _LONGEST_TEXT or longest > _LONGEST_LINE:
        return [("", text)]
    return _tokens(lexer, text)


def _tokens(lexer: Lexer, text: str) -> Iterator[Piece]:
    """The tokens of a text; one without a colour for what is left when the time is over."""
    end = time.perf_counter() + _LONGEST_SECONDS
    done = 0
    # Most rules expect a line end after the last line.
    for start, kind, part in lexer.get_tokens_unprocessed(f"{text}\n"):
        if (
            start != done or time.perf_counter() > end
        ):  # out of order: some lexers of several languages
            break
        done += len(part)
        yield _class_of(str(kind)), part[: len(part) - max(0, done - len(text))]
    if done < len(text):
        yield "", text[done:]


def _lexer(language: str) -> Lexer | None:
    """None for a language that has no colours."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(_LEXERS.get(language, language))
    except ClassNotFound:
        return None


def _class_of(kind: str) -> str:
    return next((name for of, name in _CLASSES if kind == of or kind.startswith(f"{of}.")), "")


def _lines(pieces: Iterable[Piece]) -> list[list[Piece]]:
    lines: list[list[Piece]] = [[]]
    for css, text in pieces:
        first, *others = text.split("\n")
        lines[-1].append((css, first))
        lines += [[(css, other)] for other in others]
    return lines


def _html(pieces: Sequence[Piece], marked: Sequence[Span]) -> Iterable[str]:
    """The pieces of one line, cut where a mark begins or ends."""
    edges = sorted({edge for span in marked for edge in span})
    at = 0
    for css, text in pieces:
        end = at + len(text)
        cuts = [at, *(edge for edge in edges if at < edge < end), end]
        for start, stop in pairwise(cuts):
            part = text[start - at : stop - at]
            if not part:
                continue
            inner = str(escape(part))
            if css:
                inner = f'<span class="{css}">{inner}</span>'
            is_marked = any(first <= start < last for first, last in marked)
            yield f"<mark>{inner}</mark>" if is_marked else inner
        at = end


_NUMBERS = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


def parse_lines(text: str) -> Span | None:
    """First and last line of "10" or "10-20", None for anything else."""
    found = _NUMBERS.fullmatch(text.strip())
    if not found:
        return None
    first = int(found[1])
    return first, max(first, int(found[2] or first))
