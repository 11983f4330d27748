"""Code of another language within a file: the script of a Vue, Svelte or Astro component.

The grammars of such files leave their scripts unparsed. A script is parsed as TypeScript, of which
JavaScript is a part, where it stands: its nodes have positions in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node, Tree

from ccingest.chunking.grammar import parse

_HOSTS = frozenset("vue svelte astro html".split())
_SCRIPTS = frozenset({"raw_text", "frontmatter_js_block"})
_OPENED = frozenset(
    "document fragment element script_element frontmatter start_tag head body".split()
)
_DEEPEST = 8  # elements around a script
_MOST = 20  # scripts of a file; only pages that programs write have more
_TYPED = re.compile(rb"\blang\s*=\s*[\"']?tsx\b")
_NO_CODE = re.compile(
    rb"\btype\s*=\s*[\"']?(?!text/(?:java|type)script|application/(?:java|ecma)script|module)\w+[/\w]"
)
_NO_BLANK = re.compile(rb"[^\n\r]")


class Script(NamedTuple):
    """A script: the node of the host's tree that holds it, its own tree, and its language."""

    host: Node
    tree: Tree
    language: str


def scripts(tree: Tree, data: bytes, language: str) -> tuple[Script, ...]:
    """The scripts of a file. Those that do not parse in bounded time are left out."""
    if language not in _HOSTS:
        return ()
    found: list[Script] = []
    for node in _script_nodes(tree.root_node, 0):
        start, end = node.byte_range
        tag = data[data.rfind(b"<", 0, start) : start] if node.type == "raw_text" else b""
        if _NO_CODE.search(tag) or not data[start:end].strip():
            continue
        inner = "tsx" if _TYPED.search(tag) else "typescript"
        # Blanks in place of all before it give its nodes the positions that they have in the file.
        parsed = parse(inner, _NO_BLANK.sub(b" ", data[:start]) + data[start:end])
        if parsed is not None:
            found.append(Script(node, parsed, inner))
        if len(found) >= _MOST:
            break
    return tuple(found)


def _script_nodes(node: Node, depth: int) -> Iterator[Node]:
    for child in node.children:
        if child.type in _SCRIPTS and node.type in ("script_element", "frontmatter"):
            yield child
        elif child.type in _OPENED and depth < _DEEPEST:
            yield from _script_nodes(child, depth + 1)
