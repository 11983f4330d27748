"""What a file defines, by the starts of its lines, where no tree tells: its grammar is missing, fails or
has to be left out, because it crashes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TypeAlias

from ccingest.chunking.definition_map import Definition
from ccingest.chunking.headings import HEADINGS
from ccingest.chunking.line_patterns import found_by_pattern
from ccingest.chunking.sections import sections
from ccingest.chunking.template_definitions import template_definitions
from ccingest.models import SourceFile

_Found: TypeAlias = tuple[int, int, str, str, int]
"""Start, end, name, kind, and how deep it is nested: 0 or 1."""

_MOST_HEADINGS = 20_000  # of a file; one with more is data

_CYTHON = (".pyx", ".pxd", ".pxi")

_PERL = re.compile(
    rb"^(?:=(?P<pod>[a-z]\w*)|__(?:END|DATA)__\b"
    rb"|(?P<indent>[ \t]*)(?:(?:package|(?:class|role)(?=[ \t]+[A-Z][\w:]*[ \t]*(?:[;{:]|v?\d|$)))[ \t]+(?P<package>\w[\w:]*)"
    rb"|(?:(?:my|our|state|async)[ \t]+)?(?:sub|method(?=[ \t]+\w+[ \t]*(?:[({:;]|$)))[ \t]+(?P<sub>\w[\w:']*)))",
    re.MULTILINE,
)
_POD_END = re.compile(rb"^=cut\b[^\n]*", re.MULTILINE)
_OBJC = re.compile(
    rb"^@(?:(?P<class>interface|implementation)|protocol)[ \t]+(?P<name>[A-Za-z_]\w*)(?![ \t]*[\w,;])",
    re.MULTILINE,
)
_OBJC_END = re.compile(rb"^@end\b", re.MULTILINE)
# Labels within a function begin with a dot or are numbers.
_LABEL = re.compile(rb"^(?P<name>[A-Za-z_][\w$]*):(?![:=])", re.MULTILINE)
# Those of the assemblers of Arm and IAR have no colon. Where a line is but one word, it is one, or a directive.
_OF_ARM = re.compile(rb"^[ \t]+(?:AREA|EXPORT|PUBLIC|RSEG|PRESERVE8)\b", re.MULTILINE)
_LABEL_OF_ARM = re.compile(
    rb"^(?!(?:END|ENDP|ENDIF|ENDM|ELSE|ALIGN|THUMB|ARM|LTORG)\b)(?P<name>[A-Za-z_][\w$]*)"
    rb"(?::(?![:=])|[ \t]+(?:PROC|FUNCTION)\b|[ \t]*(?:;[^\n]*)?\r?$)",
    re.MULTILINE,
)
# A word of SQL beside CREATE that says what is made, after those that say how.
_SQL = re.compile(
    rb"""^(?P<indent>[ \t]*)(?:CREATE|ALTER(?=[ \t]+(?:PROC|FUNC|TRIG|VIEW)))[ \t]+
    (?:(?:OR[ \t]+(?:REPLACE|ALTER)|DEFINER[ \t]*=[ \t]*\S+|TEMP(?:ORARY)?|GLOBAL|UNLOGGED|EXTERNAL
      |MATERIALIZED|RECURSIVE|UNIQUE|CLUSTERED|NONCLUSTERED|BITMAP|VIRTUAL|FOREIGN
      |PRIVATE|JSON|RELATIONAL|DUALITY|CONSTRAINT|EDITIONABLE|NONEDITIONABLE|FORCE|AGGREGATE
      |ALGORITHM[ \t]*=[ \t]*\w+|SQL[ \t]+SECURITY[ \t]+\w+)[ \t]+)*
    (?P<kind>PROC(?:EDURE)?|FUNCTION|TRIGGER|PACKAGE(?:[ \t]+BODY)?|EVENT|VIEW|TABLE|TYPE(?:[ \t]+BODY)?
      |DOMAIN|INDEX|SCHEMA(?![ \t]+AUTHORIZATION\b)|SEQUENCE|SYNONYM|POLICY|DATABASE)\s+(?:CONCURRENTLY[ \t]+)?(?:IF[ \t]+NOT[ \t]+EXISTS\s+)?
    (?:(?:\[[^]\n]+\]|"[^"\n]+"|`[^`\n]+`|[\w$#@]+)\s?\.\s?){0,3}
    (?P<name>\[[^]\n]+\]|"[^"\n]+"|`[^`\n]+`|[\w$\#@]+)""",
    re.MULTILINE | re.IGNORECASE | re.VERBOSE,
)
# What a package or a type of Oracle holds.
_SQL_MEMBER = re.compile(
    rb"""^(?P<indent>[ \t]*)(?:(?:(?:NOT[ \t]+)?(?:OVERRIDING|FINAL|INSTANTIABLE)|MEMBER|STATIC|MAP|ORDER
      |CONSTRUCTOR)[ \t]+){0,6}
    (?P<kind>PROCEDURE|FUNCTION)[ \t]+(?P<name>"[^"\n]+"|[\w$\#]+)""",
    re.MULTILINE | re.IGNORECASE | re.VERBOSE,
)
_SQL_OUTER = frozenset({"package", "type"})
_SQL_KINDS = {"proc": "procedure"}
_SQL_BODIES = frozenset("procedure function trigger package event".split())


def outline_language(file: SourceFile) -> str:
    """What the lines of a file are read as. Cython is Python, but for them."""
    return "cython" if file.path.endswith(_CYTHON) else file.language


def outline_by_lines(language: str, data: bytes) -> tuple[Definition, ...]:
    """The definitions that lines begin, in order.

    >>> [one.symbol for one in outline_by_lines("perl", b"package A::B;\\nsub new {\\n}\\n1;\\n")]
    ['A::B', 'A::B.new']
    """
    if headings := HEADINGS.get(language):
        return sections(islice(headings(data), _MOST_HEADINGS), data, language)
    find = _FINDERS.get(language)
    found: list[Definition] = []
    outer = -1  # index of the last definition that may have others in it
    for start, end, name, kind, depth in find(data) if find else found_by_pattern(language, data):
        if depth == 0:
            outer = len(found)
            found.append(Definition(start, end, name, kind, -1))
        elif outer >= 0 and end <= found[outer].end:
            found.append(Definition(start, end, f"{found[outer].symbol}.{name}", kind, outer))
        else:
            found.append(Definition(start, end, name, kind, -1))
    return tuple(found)


def _perl(data: bytes) -> Iterator[_Found]:
    """Packages to the next one, and subs to the brace that closes them."""
    rows = list(_perl_lines(data))
    packages = [found.start() for found in rows if found["package"]]
    package_ends = iter([*packages[1:], len(data)])
    for index, found in enumerate(rows):
        start = found.start()
        following = rows[index + 1].start() if index + 1 < len(rows) else len(data)
        if found["package"]:
            yield start, next(package_ends), _text(found["package"]), "package", 0
        else:
            closed = data.find(b"\n" + found["indent"] + b"}", start, following)
            end = closed + len(found["indent"]) + 2 if closed >= 0 else following
            yield start, end, _text(found["sub"]), "function", 1


def _perl_lines(data: bytes) -> Iterator[re.Match[bytes]]:
    """The lines that begin a package or a sub. Documentation has examples of both."""
    position = 0
    while found := _PERL.search(data, position):
        position = found.end()
        if found["package"] or found["sub"]:
            yield found
        elif found["pod"]:
            end = _POD_END.search(data, found.start())
            if end is None:
                return
            position = end.end()
        else:  # of the code
            return


def _objc(data: bytes) -> Iterator[_Found]:
    position = 0
    while found := _OBJC.search(data, position):
        end = _OBJC_END.search(data, found.end())
        position = end.end() if end else len(data)
        kind = "class" if found["class"] else "protocol"
        yield found.start(), position, _text(found["name"]), kind, 0


def _labels(data: bytes) -> Iterator[_Found]:
    label = _LABEL_OF_ARM if _OF_ARM.search(data) else _LABEL
    rows = list(label.finditer(data))
    ends = [*(found.start() for found in rows[1:]), len(data)]
    for found, end in zip(rows, ends, strict=False):
        yield found.start(), end, _text(found["name"]), "label", 0


def _sql(data: bytes) -> Iterator[_Found]:
    """Statements that create something, each to the next one. What a body creates is part of it.

    A macro of dbt is written in SQL, and what it creates is part of it too.
    """
    if templates := list(template_definitions(data)):
        yield from templates
        return
    rows: list[tuple[re.Match[bytes], str]] = []
    for found in _SQL.finditer(data):
        word = found["kind"].split()[0].decode().lower()
        kind = _SQL_KINDS.get(word, word)
        if (
            rows
            and rows[-1][1] in _SQL_BODIES
            and len(found["indent"]) > len(rows[-1][0]["indent"])
        ):
            continue
        rows.append((found, kind))
    ends = [*(found.start() for found, _ in rows[1:]), len(data)]
    for (found, kind), end in zip(rows, ends, strict=False):
        start = found.start() + len(found["indent"])
        yield start, end, _text(found["name"]).strip('[]"`'), kind, 0
        if kind in _SQL_OUTER:
            yield from _sql_members(data, found.end(), end)


def _sql_members(data: bytes, start: int, end: int) -> Iterator[_Found]:
    """The procedures and functions of a package, without those within them."""
    rows: list[re.Match[bytes]] = []
    for found in _SQL_MEMBER.finditer(data, start, end):
        if not rows or len(found["indent"]) <= len(rows[0]["indent"]):
            rows.append(found)
    ends = [*(found.start() for found in rows[1:]), end]
    for found, stop in zip(rows, ends, strict=False):
        name = _text(found["name"]).strip('"')
        yield found.start() + len(found["indent"]), stop, name, _text(found["kind"]).lower(), 1


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


_FINDERS: Mapping[str, Callable[[bytes], Iterator[_Found]]] = {
    "perl": _perl,
    "objc": _objc,
    "asm": _labels,
    "sql": _sql,
    **dict.fromkeys(("html", "text", "yaml", "toml", "ini"), template_definitions),
}
