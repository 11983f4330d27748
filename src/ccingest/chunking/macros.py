"""Macros of C and C++ that a grammar can't know, taken out of what is parsed.

In `void f() GUARDED_BY(m) {`, a grammar takes the macro for the function; in `class API Queue {`,
for the class. So they are blanked out: all that is left keeps its place.
"""

from __future__ import annotations

import re

_LANGUAGES = frozenset("c cpp objc cuda arduino".split())
_NAME = rb"[A-Z][A-Z0-9_]{2,}\b"
_ARGUMENTS = rb"\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)"
_MACRO = re.compile(
    rb"""
    # f() const MACRO {, f() MACRO(m) {, f() MACRO(m);
    (?:(?<=\))|(?<=\bconst)|(?<=\bnoexcept)|(?<=\boverride)|(?<=\bfinal))
      \s+ (?:%(name)s(?:\s*%(arguments)s)?\s+)*?
      %(name)s (?: (?:\s*%(arguments)s)? (?=\s*(?:(?:const|noexcept|override|final)\s*)*(?:\{|=\s*(?:0|default|delete)\s*;))
                 | \s*%(arguments)s (?=\s*;) )
    # int a GUARDED_BY(m);
    | (?<=[\w\]>]) \s+ [A-Z][A-Z0-9_]*(?:GUARDED|ACQUIRED|_BY|_AFTER|_BEFORE)[A-Z0-9_]*
      %(arguments)s (?=\s*[;={])
    # class MACRO Name {, struct MACRO(8) Name : Base {
    | (?: (?<=\bclass)|(?<=\bstruct)|(?<=\bunion)|(?<=\benum) )
      \s+ %(name)s (?:\s*%(arguments)s)? (?=\s+(?!final\b)[A-Za-z_][\w:<>,]*\s*(?:final\s*)?[:{])
    """
    % {b"name": _NAME, b"arguments": _ARGUMENTS},
    re.VERBOSE,
)
_NO_BLANK = re.compile(rb"[^\n\r]")


def without_macros(language: str, data: bytes) -> bytes:
    """The source with such macros made blank: as long, with the same lines."""
    if language not in _LANGUAGES:
        return data
    return _MACRO.sub(_blank, data)


def _blank(found: re.Match[bytes]) -> bytes:
    return _NO_BLANK.sub(b" ", found[0])
