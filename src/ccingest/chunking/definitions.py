"""What a file defines, found by a query for each language: queries/LANGUAGE.scm.

In a query, `@name` is what is defined, `@scope` what the name belongs to where that is not written
around it (the receiver of a Go method), and any other capture is the whole definition, called as
its kind, or `@definition`, whose kind is the text of `@kind`. The first pattern that matches a node
counts. A file may begin with `; inherits: OTHER`. Queries run in C and cost a tenth of a walk
through the tree in Python.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from tree_sitter import Node, Query, QueryCursor, Tree

from ccingest.chunking.grammar import grammar
from ccingest.chunking.outline import Definition
from ccingest.chunking.sections import PROSE, sections

_QUERIES = resources.files("ccingest.chunking") / "queries"
_INHERITS = re.compile(r"; inherits: (\w+)\n")

# Bounds of what one file can make of names: beyond, it is data.
_MOST_DEFINITIONS = 20_000
_DEEPEST = 10  # names in a path
_DEEPEST_NODE = 100  # nodes around a definition; a query takes quadratic time for deep trees
_LONGEST_NAME = 120  # characters

# A function right in one of these is a method.
_METHOD_OWNERS = frozenset(
    """class struct interface trait impl object protocol enum record union mixin extension
    instance contract library actor opaque""".split()
)
# What is written in these does not have their name in its path: `typedef struct a {} b`.
_NO_SCOPE = frozenset({"type", "macro", "test"})

# In turn, on the text of a name: template arguments, then what joins names in each language.
_TEMPLATE = re.compile(r"<[^()]*>(?=::)")
_JOINT = re.compile(r"::|\\|(?<=\w):(?=\w)")
# "x-form", :size, (<+>), `div`
_QUOTED = re.compile(r"^(['\"`:(])(.+?)['\"`)]?$")
_PREFIX = re.compile(r"^(?:module\.exports\.|exports\.|this\.)|(?<=\.)prototype\.")


class _Found(NamedTuple):
    start: int
    minus_end: int  # so that the order of tuples is: by start, outer before inner
    pattern: int
    kind: str
    name: str


def definitions(tree: Tree, data: bytes, language: str) -> tuple[Definition, ...]:
    """All definitions of a file, in order of their starts, outer before inner."""
    query = _query(language)
    if query is None:
        return ()
    found = _named(query, tree.root_node, data, language)
    if language in PROSE:
        signs = [(item.start, item.name, item.kind) for item in found]
        return sections(signs, data, language)
    return _nested(found)


def _nested(items: list[_Found]) -> tuple[Definition, ...]:
    found: list[Definition] = []
    open_: list[int] = []  # indexes of the definitions around the current one
    for item in items:
        while open_ and found[open_[-1]].end <= item.start:
            open_.pop()
        if len(open_) >= _DEEPEST:
            continue
        parent = open_[-1] if open_ else -1
        is_method = item.kind == "function" and open_ and found[parent].kind in _METHOD_OWNERS
        kind = "method" if is_method else item.kind
        scope = _scope(found, parent)
        symbol = f"{scope}.{item.name}" if scope else item.name
        found.append(Definition(item.start, -item.minus_end, symbol, kind, parent))
        open_.append(len(found) - 1)
    return tuple(found)


def _named(query: Query, root: Node, data: bytes, language: str) -> list[_Found]:
    """The matches of the query, each node once, in order."""
    found: dict[tuple[int, int], _Found] = {}
    cursor = QueryCursor(query)
    cursor.set_max_start_depth(_DEEPEST_NODE)
    for pattern, captures in cursor.matches(root):
        scope = captures.pop("scope", None)
        names = captures.pop("name", None)
        said = captures.pop("kind", None)
        kind, node = next(
            ((kind, nodes[0]) for kind, nodes in captures.items() if kind[0] != "_"), ("", root)
        )
        if not names or not kind:
            continue
        kind = _text(said[0], data) if said else kind
        name = _text(names[0], data) if language in PROSE else _name(names[0], data)
        if scope:
            name = f"{_name(scope[0], data)}.{name}"
        place = node.byte_range
        if name and kind and (place not in found or pattern < found[place].pattern):
            found[place] = _Found(place[0], -place[1], pattern, kind, name)
    return sorted(found.values())[:_MOST_DEFINITIONS]


def _scope(found: list[Definition], index: int) -> str:
    while index >= 0 and found[index].kind in _NO_SCOPE:
        index = found[index].parent
    return found[index].symbol if index >= 0 else ""


def _name(node: Node, data: bytes) -> str:
    """The node's text as a dotted name: `a::b`, `M:go` and `A\\B` become `a.b`, `M.go`, `A.B`."""
    text = _text(node, data)
    if text.isidentifier():
        return text
    name = _PREFIX.sub("", _JOINT.sub(".", _TEMPLATE.sub("", text)))
    return _QUOTED.sub(r"\2", name) or text


def _text(node: Node, data: bytes) -> str:
    start, end = node.byte_range
    text = data[start : min(end, start + _LONGEST_NAME * 4)].decode("utf-8", errors="ignore")
    return " ".join(text.split())[:_LONGEST_NAME]


@lru_cache(maxsize=64)
def _query(language: str) -> Query | None:
    source = _source(language)
    return Query(grammar(language), source) if source else None


def _source(language: str) -> str:
    path = _QUERIES / f"{language}.scm"
    if not path.is_file():
        return ""
    text = path.read_text(encoding="utf-8")
    inherited = _INHERITS.match(text)
    return (_source(inherited[1]) if inherited else "") + text
