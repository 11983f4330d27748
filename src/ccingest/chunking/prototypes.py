"""Functions that a header of C or C++ declares without a body: for who uses them, they stand there.

They are found by statements, not in the tree: before and after the name stand macros that no grammar
knows, and a tree with an error lacks most of what comes after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LANGUAGES = frozenset("c cpp objc cuda arduino".split())
_HEADERS = (".h", ".hh", ".hpp", ".hxx", ".h++", ".cuh", ".h.in")
_MOST = 10_000  # of a file
_LONGEST = 4_000  # bytes of a declaration
_BEFORE_BRACE = 400  # bytes that tell what a brace opens

# Comments, directives with the lines that they go on in, and literals.
_NO_CODE = re.compile(
    rb"""/\*.*?(?:\*/|\Z) | //[^\n]*
    | \#(?:[^\n\\/]|/(?!\*)|\\\r?\n|\\)*
    | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | @end\b""",
    re.VERBOSE | re.DOTALL,
)
_NO_BLANK = re.compile(rb"[^\n\r]")
_END = re.compile(rb"[;{}]")
# What holds declarations of the outer level in braces; a literal is blank here.
_OUTER = re.compile(rb"\bextern\s*$|\bnamespace\b[\w\s:]*$")
_START = re.compile(rb"\s*(?:\[\[[^\[\]]*\]\]\s*)*")
_NO_FUNCTION = re.compile(
    rb"(?:typedef|using|return|goto|friend|else)\b|template\s*<\s*>|[^A-Za-z_]"
)
_TEMPLATE = re.compile(rb"(?:template\s*<(?:[^<>;]|<(?:[^<>;]|<[^<>;]*>)*>)+>\s*)+")
_CALL = re.compile(rb"\b(?P<name>[A-Za-z_]\w*)\s*\(")
_IN_BRACKETS = re.compile(rb"\(\s*(?P<name>[A-Za-z_]\w*)\s*\)\s*\(")  # `void (lua_close) (State *)`
_ATTRIBUTES = frozenset(b"__attribute__ __declspec alignas _Alignas __nonnull explicit".split())
_NO_NAMES = frozenset(
    b"sizeof decltype typeof noexcept operator defined static_assert _Static_assert asm __asm__ if while for "
    b"switch catch int void char long short unsigned signed float double bool auto const".split()
)
_BRACKET = re.compile(rb"[()]")
_MACRO_OF_NAME = re.compile(rb"[A-Z_][A-Z0-9_]*\s*\(\s*(?P<name>[A-Za-z_]\w*)\s*\)\s*\(")
_NAME_BEFORE_MACRO = re.compile(
    rb"\b(?P<name>[A-Za-z_]\w*)\s+[A-Z_][A-Z0-9_]*\s*\(\($"
)  # `haul OF((int n))`
_MOST_MACROS = 4  # before a name
_TYPE = re.compile(rb"(?:[a-z]\w*|[A-Z]\w*[a-z]\w*|[*&])$")
_WORD = re.compile(rb"\w")
_VALUE = re.compile(rb"\s*[\"'\d]")  # begins an argument, where a parameter begins with its type


class Prototype(NamedTuple):
    start: int
    end: int
    name: str


def prototypes(path: str, data: bytes, language: str) -> Iterator[Prototype]:
    """What the header declares outside of classes, in order.

    >>> list(prototypes("a.h", b"API int haul(int n) NO_THROW;", "c"))
    [Prototype(start=0, end=29, name='haul')]
    """
    if language not in _LANGUAGES or not path.lower().endswith(_HEADERS):
        return
    code = _NO_CODE.sub(_blank, data)
    open_: list[bool] = []  # for each brace that is open: whether declarations in it are outer ones
    begun = count = 0
    for found in _END.finditer(code):
        start, end, sign = begun, found.start(), found[0]
        begun = end + 1
        if sign == b"{":
            open_.append(_OUTER.search(code, max(start, end - _BEFORE_BRACE), end) is not None)
        elif sign == b"}":
            if open_:
                open_.pop()
        elif all(open_):
            # Comments before it, which are blank now, may be long.
            start = _START.match(code, start, end).end()  # type: ignore[union-attr] # it can be empty
            is_short = end - start <= _LONGEST
            name = _name(code[start:end], data[start:end]) if is_short else b""
            if name:
                yield Prototype(start, end + 1, name.decode("utf-8", "replace"))
                count += 1
                if count >= _MOST:
                    return


def _blank(found: re.Match[bytes]) -> bytes:
    return _NO_BLANK.sub(b" ", found[0])


def _name(statement: bytes, written: bytes) -> bytes:
    """The function that a statement declares; empty if none."""
    if template := _TEMPLATE.match(statement):
        statement, written = statement[template.end() :], written[template.end() :]
    bracket = statement.find(b"(")
    if bracket < 0 or _NO_FUNCTION.match(statement):
        return b""
    if found := _IN_BRACKETS.match(statement, bracket):
        return found["name"] if b"=" not in statement[:bracket] else b""
    position = 0
    for _ in range(_MOST_MACROS):
        found = _CALL.search(statement, position)
        if found is None or b"=" in statement[: found.start()]:
            break
        if of_macro := _MACRO_OF_NAME.match(statement, found.start()):
            return of_macro["name"]
        if of_macro := _NAME_BEFORE_MACRO.search(statement, position, found.end() + 1):
            return of_macro["name"]
        if not _is_macro(found, statement):
            is_value = _VALUE.match(written, found.end()) is not None
            return b"" if found["name"] in _NO_NAMES or is_value else found["name"]
        position = _closed(statement, found.end() - 1)
        if position < 0:
            break
    return b""


def _is_macro(found: re.Match[bytes], statement: bytes) -> bool:
    """An attribute, or what stands in the place of a type: `EXPORT(int) haul(int n)`."""
    before = statement[: found.start()].rstrip()
    if found["name"] in _ATTRIBUTES or not _WORD.search(before):
        return True
    return found["name"].isupper() and not _TYPE.search(before)


def _closed(statement: bytes, position: int) -> int:
    """Where the bracket that opens at the position is closed; -1 if it isn't."""
    depth = 0
    for found in _BRACKET.finditer(statement, position):
        depth += 1 if found[0] == b"(" else -1
        if depth == 0:
            return found.end()
    return -1
