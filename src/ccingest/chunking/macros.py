"""Macros of C and C++ that a grammar can't know, taken out of what is parsed.

In `void f() GUARDED_BY(m) {`, a grammar takes the macro for the function; in `class API Queue {`,
for the class. So they are blanked out: all that is left keeps its place.
"""

from __future__ import annotations

import re

_LANGUAGES = frozenset("c cpp objc cuda arduino".split())
_NAME = rb"[A-Z][A-Z0-9_]{2,}\b"
_ARGUMENTS = rb"\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)"
_PARTS = {b"name": _NAME, b"arguments": _ARGUMENTS}
# Each begins with a literal, which `re` finds many times faster than anything else. The group is
# what is blanked out.
_MACROS = (
    # f() const MACRO {, f() MACRO(m) {, f() MACRO(m);
    re.compile(
        rb"""\)(?:\s*(?:const|noexcept|override|final)\b)*
        (?P<macro>(?:\s+%(name)s(?:\s*%(arguments)s)?)*?
          \s+%(name)s (?: (?:\s*%(arguments)s)?
            (?=\s*(?:(?:const|noexcept|override|final)\s*)*(?:\{|=\s*(?:0|default|delete)\s*;))
            | \s*%(arguments)s (?=\s*;)))"""
        % _PARTS,
        re.VERBOSE,
    ),
    # class MACRO Name {, struct MACRO(8) Name : Base {
    *(
        re.compile(
            rb"""%(word)s(?P<macro>\s+%(name)s(?:\s*%(arguments)s)?)
            (?=\s+(?!final\b)[A-Za-z_][\w:<>,]*\s*(?:final\s*)?[:{])"""
            % {**_PARTS, b"word": word},
            re.VERBOSE,
        )
        for word in (b"class", b"struct", b"union", b"enum")
    ),
    # FMT_BEGIN_NAMESPACE, __BEGIN_DECLS, Q_OBJECT on a line of their own
    re.compile(
        rb"(?P<macro>\n[ \t]*(?:[A-Z][A-Z0-9_]*_(?:BEGIN|END|OPEN|CLOSE)(?:_[A-Z0-9_]+)?"
        rb"|[A-Z][A-Z0-9_]*_NAMESPACE(?:_[A-Z0-9_]+)?|__(?:BEGIN|END)_[A-Z_]+|Q_OBJECT|Q_GADGET"
        rb"|G_(?:BEGIN|END)_DECLS))(?=[ \t]*\r?(?:\n|$))"
    ),
    # public slots:
    *(
        re.compile(rb"%s(?P<macro>\s+(?:slots|Q_SLOTS))(?=\s*:)" % word)
        for word in (b"public", b"protected", b"private")
    ),
    # int a GUARDED_BY(m);
    *(
        re.compile(rb"(?P<macro>%(word)s%(arguments)s)(?=\s*[;={])" % {**_PARTS, b"word": word})
        for word in (
            b" ABSL_GUARDED_BY",
            b" ABSL_PT_GUARDED_BY",
            b" GUARDED_BY",
            b" PT_GUARDED_BY",
            b" TA_GUARDED_BY",
            b" TS_GUARDED_BY",
            b" Q_GUARDED_BY",
            b" ACQUIRED_BEFORE",
            b" ACQUIRED_AFTER",
        )
    ),
)
# int __must_check f(: a word of the kernel between the type and the name. A type may be such a word too:
# then no other stands before it.
_WORD = re.compile(
    rb"\b(?P<before>[A-Za-z_]\w*)[ \t]{0,9}(?P<macro>__[a-z]\w{0,60})(?=\s{1,9}\*{0,3}[A-Za-z_]\w{0,120}\s{0,9}\()"
)
_NO_TYPE = frozenset(
    b"static extern inline const volatile return struct union enum else typedef register case goto "
    b"unsigned signed __inline __inline__ noinline asmlinkage __always_inline".split()
)
# typedef NS_ENUM(NSInteger, Kind) {
_OBJC_ENUM = re.compile(
    rb"\btypedef[ \t]{1,9}(?:NS|CF)_(?:CLOSED_)?(?:ENUM|OPTIONS|ERROR_ENUM)[ \t]{0,9}\([^(),\n]{1,120},[ \t]{0,9}(?P<name>\w{1,120})[ \t]{0,9}\)"
)
_CAPITALS = re.compile(_NAME)
_NO_BLANK = re.compile(rb"[^\n\r]")


def without_macros(language: str, data: bytes) -> bytes:
    """The source with such macros made blank: as long, with the same lines."""
    if language not in _LANGUAGES:
        return data
    if b"__" in data:
        data = _WORD.sub(_blank_word, data)
    if not _CAPITALS.search(data):
        return data
    if language == "objc":
        data = _OBJC_ENUM.sub(_plain_enum, data)
    for macro in _MACROS:
        data = macro.sub(_blank, data)
    return data


def _blank_word(found: re.Match[bytes]) -> bytes:
    return found[0] if found["before"] in _NO_TYPE else _blank(found)


def _plain_enum(found: re.Match[bytes]) -> bytes:
    """`enum Kind`, with the name in its place."""
    start = found.start("name") - found.start()
    return b"enum".ljust(start) + found["name"].ljust(len(found[0]) - start)


def _blank(found: re.Match[bytes]) -> bytes:
    whole, start = found[0], found.start("macro") - found.start()
    return whole[:start] + _NO_BLANK.sub(b" ", whole[start:])
