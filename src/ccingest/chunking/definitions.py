"""What a file defines, found by a query for each language: queries/LANGUAGE.scm.

The captures of a query:
- `@name` is the name that is defined.
- `@scope` is what the name belongs to, where the definition does not stand in it: the receiver of a
  Go method.
- `@KIND`, such as `@function`, is the whole definition. With `@definition` in its place, the kind
  is the text of `@kind`.

If several patterns match a node, the first of them counts. A file may begin with
`; inherits: OTHER`. Queries run in C and take a tenth of the time of a walk through the tree in
Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from tree_sitter import Node, Query, QueryCursor, Tree

from ccingest.chunking.definition_map import Definition
from ccingest.chunking.embedded import Script
from ccingest.chunking.grammar import grammar
from ccingest.chunking.sections import PROSE, sections

_QUERIES = resources.files("ccingest.chunking") / "queries"
_INHERITS = re.compile(r"; inherits: (\w+)\n")

# A file with more than this is data, not code.
_MOST_DEFINITIONS = 20_000
_DEEPEST = 10  # names in a symbol
_DEEPEST_NODE = 100  # nodes around a definition: queries take quadratic time for deep trees
_LONGEST_NAME = 120  # characters

# A function directly in one of these is a method.
_METHOD_OWNERS = frozenset(
    """class struct interface trait impl object protocol enum record union mixin extension
    instance contract library actor opaque""".split()
)
# Definitions in one of these do not have its name in their symbol: `typedef struct a {} b`.
_NO_SCOPE = frozenset({"type", "macro", "test"})

# Taken out of the text of a name, in this order: template arguments; what joins names in the
# languages; quotes, as in "x-form", :size, (<+>) and `div`; prefixes of JavaScript.
_TEMPLATE = re.compile(r"<[^()]*>(?=::)")
_JOINT = re.compile(r"::|\\|(?<=\w):(?=\w)")
_QUOTED = re.compile(r"^(?:``|['\"`:]|\( ?)(.+?)(?:``|['\"`]| ?\))?$")
_PREFIX = re.compile(r"^(?:module\.exports\.|exports\.|this\.)|(?<=\.)prototype\.")


class _Found(NamedTuple):
    start: int
    minus_end: int  # negative, so that sorted matches are in the order of starts, outer first
    pattern: int
    kind: str
    name: str
    name_at: int = -1


def definitions(
    tree: Tree,
    data: bytes,
    language: str,
    scripts: Sequence[Script] = (),
    declared: Iterable[tuple[int, int, str]] = (),
) -> tuple[Definition, ...]:
    """All definitions of a file and its scripts in the order of their starts, outer ones first.

    `declared` are functions that have no body: start, end and name.
    """
    found = _matches(tree.root_node, data, language)
    if language in PROSE:
        signs = [(item.start, item.name, item.kind) for item in found]
        return sections(signs, data, language)
    for script in scripts:
        found += _matches(script.tree.root_node, data, script.language)
    found += [_Found(start, -end, 0, "declaration", name) for start, end, name in declared]
    return _nested(sorted(found)[:_MOST_DEFINITIONS])


def _nested(items: list[_Found]) -> tuple[Definition, ...]:
    """The definitions with their parents and full symbols."""
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
        # In a tree with errors, what is declared may go on after what it begins in.
        end = min(-item.minus_end, found[parent].end) if open_ else -item.minus_end
        found.append(Definition(item.start, end, symbol, kind, parent, item.name_at))
        open_.append(len(found) - 1)
    return tuple(found)


def _matches(root: Node, data: bytes, language: str) -> list[_Found]:
    """The matches of the language's query, one a node, in the order of their starts, outer ones first."""
    query = _query(language)
    if query is None:
        return []
    found: dict[tuple[int, int], _Found] = {}
    cursor = QueryCursor(query)
    cursor.set_max_start_depth(_DEEPEST_NODE)
    for pattern, captures in cursor.matches(root):
        scope = captures.pop("scope", None)
        names = captures.pop("name", None)
        kind_nodes = captures.pop("kind", None)
        kind, node = next(
            ((kind, nodes[0]) for kind, nodes in captures.items() if kind[0] != "_"), ("", root)
        )
        if not names or not kind:
            continue
        kind = _text(kind_nodes[0], data) if kind_nodes else kind
        name = _text(names[0], data) if language in PROSE else _name(names[0], data)
        if scope:
            name = ".".join([*(_name(node, data) for node in scope), name])
        place = node.byte_range
        if name and kind and (place not in found or pattern < found[place].pattern):
            name_at = names[0].start_byte if kind == "type" else -1
            found[place] = _Found(place[0], -place[1], pattern, kind, name, name_at)
    return sorted(found.values())[:_MOST_DEFINITIONS]


def _scope(found: list[Definition], index: int) -> str:
    """The symbol that a definition in the one of this index begins with; empty for none."""
    while index >= 0 and found[index].kind in _NO_SCOPE:
        index = found[index].parent
    return found[index].symbol if index >= 0 else ""


def _name(node: Node, data: bytes) -> str:
    """The node's text as a dotted name: `a::b`, `M:go` and `A\\B` become `a.b`, `M.go`, `A.B`."""
    text = _text(node, data)
    if text.isidentifier():
        return text
    name = _PREFIX.sub("", _JOINT.sub(".", _TEMPLATE.sub("", text)))
    return _QUOTED.sub(r"\1", name) or text


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
