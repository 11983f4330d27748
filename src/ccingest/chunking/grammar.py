"""Parsers of tree-sitter-language-pack, with bounded time."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import get_args

import tree_sitter_language_pack as pack
from tree_sitter import Node, Parser, Tree

# Seconds a parse may take: far over what any sane file of 1 MiB needs (0.1 to 0.5 s).
PARSE_SECONDS = 3.0

# Smaller files can't take long; they go without the callbacks.
_READ = 64 * 1024

_GRAMMARS: frozenset[str] = frozenset(get_args(pack.SupportedLanguage))
# Formats whose trees say nothing that lines don't, and cost much.
_LINES_ARE_BETTER = frozenset({"csv", "tsv", "psv", "gosum", "pem", "gitcommit", "text"})


def parse(language: str, data: bytes) -> tuple[Tree | None, str | None]:
    """The tree, or None and why there is none."""
    if language not in _GRAMMARS or language in _LINES_ARE_BETTER:
        return None, "no_grammar"
    parser = _parser(language)
    if len(data) <= _READ:
        return parser.parse(data), None
    deadline = time.monotonic() + PARSE_SECONDS

    def read(offset: int, _: object) -> bytes:
        return data[offset : offset + _READ]

    def too_late(_: int, __: bool) -> bool:
        return time.monotonic() > deadline

    # Typed as Tree, but None when it was stopped.
    tree: Tree | None = parser.parse(read, progress_callback=too_late)
    if tree is None:
        parser.reset()
        return None, "parse_timeout"
    return tree, None


@lru_cache(maxsize=64)
def _parser(language: str) -> Parser:
    return pack.get_parser(language)  # type: ignore[arg-type]


# Beside comments: nodes that say something about the sibling that follows them.
_LEADING = {
    "rust": {"attribute_item"},
    "haskell": {"signature", "haddock"},
    "elixir": {"unary_operator"},
    "csharp": {"attribute_list"},
    "php": {"attribute_list"},
    "ocaml": {"value_specification"},
    "erlang": {"spec"},
    "clojure": {"meta_lit"},
}


def documents_next(language: str, node: Node) -> bool:
    """Whether a node of this kind belongs to the sibling after it: a comment, a decorator."""
    kind = node.type
    return (
        "comment" in kind
        or kind in ("decorator", "annotation", "marker_annotation")
        or kind in _LEADING.get(language, ())
    )
