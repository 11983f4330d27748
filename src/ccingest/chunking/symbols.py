"""The definitions of a file: which node kinds define something, and how each names it. Data first.

A query per language, made of its row, collects the nodes; that runs in C and costs a tenth of a
walk through the tree in Python.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import tree_sitter_language_pack as pack
from tree_sitter import Language, Node, Query, QueryCursor, Tree

_MOST_DEFINITIONS = 50_000  # of one file
_LONGEST_NAME = 200
# The share of a chunk that the innermost definition must fill to own it.
_OWNING_SHARE = 0.6

_C = "function_definition:function struct_specifier:struct union_specifier:union "
_C += "enum_specifier:enum type_definition:type preproc_def:macro preproc_function_def:macro"
_JS = "function_declaration:function generator_function_declaration:function "
_JS += "class_declaration:class class:class method_definition:method variable_declarator:function "
_JS += "assignment_expression:function pair:function field_definition:function"
_TS = _JS.replace("field_definition", "public_field_definition")
_TS += " interface_declaration:interface enum_declaration:enum type_alias_declaration:type "
_TS += "abstract_class_declaration:class function_signature:function internal_module:namespace "
_TS += "abstract_method_signature:method method_signature:method"

# language: node kind -> what it defines
_ROWS = {
    "python": "function_definition:function class_definition:class",
    "starlark": "function_definition:function",
    "javascript": _JS,
    "typescript": _TS,
    "tsx": _TS,
    "go": "function_declaration:function method_declaration:method type_spec:type type_alias:type",
    "rust": """function_item:function struct_item:struct enum_item:enum union_item:union
        trait_item:trait impl_item:impl mod_item:module macro_definition:macro type_item:type
        function_signature_item:function const_item:constant static_item:constant""",
    "java": """class_declaration:class method_declaration:method interface_declaration:interface
        enum_declaration:enum record_declaration:record constructor_declaration:constructor
        annotation_type_declaration:interface compact_constructor_declaration:constructor""",
    "kotlin": """class_declaration:class function_declaration:function object_declaration:object
        companion_object:object type_alias:type secondary_constructor:constructor""",
    "c": _C,
    "cpp": _C + " class_specifier:class namespace_definition:namespace concept_definition:concept "
    "alias_declaration:type field_declaration:method declaration:function",
    "cuda": _C + " class_specifier:class namespace_definition:namespace alias_declaration:type",
    "objc": _C + " class_interface:class class_implementation:class protocol_declaration:protocol "
    "method_definition:method",
    "csharp": """class_declaration:class method_declaration:method interface_declaration:interface
        enum_declaration:enum struct_declaration:struct record_declaration:record
        constructor_declaration:constructor namespace_declaration:namespace
        file_scoped_namespace_declaration:namespace property_declaration:property
        delegate_declaration:type local_function_statement:function destructor_declaration:method
        event_declaration:property operator_declaration:method""",
    "ruby": "method:method singleton_method:method class:class module:module",
    "php": """function_definition:function method_declaration:method class_declaration:class
        interface_declaration:interface trait_declaration:trait enum_declaration:enum
        namespace_definition:namespace""",
    "scala": """function_definition:function function_declaration:function class_definition:class
        object_definition:object trait_definition:trait enum_definition:enum type_definition:type
        given_definition:value package_object:object""",
    "swift": """function_declaration:function class_declaration:class protocol_declaration:protocol
        init_declaration:constructor protocol_function_declaration:method deinit_declaration:method
        typealias_declaration:type subscript_declaration:method""",
    "elixir": "call:function",
    "lua": "function_declaration:function assignment_statement:function field:function",
    "luau": "function_declaration:function assignment_statement:function",
    "bash": "function_definition:function",
    "fish": "function_definition:function",
    "haskell": """function:function bind:function data_type:type newtype:type class:class
        instance:instance type_synomym:type signature:function""",
    "zig": "Decl:function VarDecl:type TestDecl:test FnProto:function",
    "dart": """class_definition:class mixin_declaration:mixin enum_declaration:enum
        extension_declaration:extension function_signature:function""",
    "julia": """function_definition:function struct_definition:struct macro_definition:macro
        module_definition:module abstract_definition:type""",
    "perl": "subroutine_declaration_statement:function package_statement:module",
    "solidity": """contract_declaration:contract interface_declaration:interface
        library_declaration:library function_definition:function struct_declaration:struct
        enum_declaration:enum event_definition:event modifier_definition:modifier""",
    "proto": "message:message service:service enum:enum rpc:method",
    "ocaml": """value_definition:function type_definition:type module_definition:module
        class_definition:class""",
    "erlang": "fun_decl:function record_decl:record",
    "powershell": "function_statement:function class_statement:class",
    "groovy": "function_definition:function class_definition:class",
    "d": "class_declaration:class struct_declaration:struct function_declaration:function",
    "pascal": "declProc:function defProc:function declClass:class",
    "fortran": "subroutine:function function:function module:module program:program",
    "r": "binary_operator:function",
    "nim": "proc_declaration:function func_declaration:function type_declaration:type",
    "gdscript": "function_definition:function class_definition:class",
    "sql": "create_function:function create_table:table create_view:view",
    "graphql": """object_type_definition:type interface_type_definition:interface
        enum_type_definition:enum input_object_type_definition:input""",
    "terraform": "block:block",
    "hcl": "block:block",
    "markdown": "section:section",
}

_NAME_KINDS = frozenset(
    """identifier simple_identifier type_identifier constant name property_identifier variable
    field_identifier word namespace_identifier function_name class_name module_name
    type_constructor message_name service_name enum_name rpc_name dotted_identifier""".split()
)
# Definitions that only count with a body or a function in them.
_FUNCTION_VALUES = frozenset(
    """arrow_function function_expression function generator_function class function_definition
    """.split()
)
_ELIXIR = {
    "defmodule": "module", "defprotocol": "protocol", "defimpl": "impl", "def": "function",
    "defp": "function", "defmacro": "macro", "defmacrop": "macro", "defguard": "macro",
    "defdelegate": "function",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Definition:
    """Bytes start to end define `symbol`, a path of names joined by dots."""

    start: int
    end: int
    symbol: str
    kind: str
    parent: int  # index of the definition around it; -1 if there is none


class Outline:
    """The definitions of a file, in order, and which of them a piece belongs to."""

    def __init__(self, found: tuple[Definition, ...]) -> None:
        self._all = found
        self._starts = [definition.start for definition in found]

    def starting_in(self, start: int, end: int) -> tuple[str, ...]:
        """The symbols that are defined from here on, each once."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return tuple(dict.fromkeys(item.symbol for item in self._all[first:last]))

    def owner(self, start: int, end: int) -> Definition | None:
        """The innermost definition that fills most of the piece, else the one around all of it,
        else the first that begins in it."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        inside = self._all[first:last]
        around = self._around(first - 1, start)
        need = (end - start) * _OWNING_SHARE
        best: Definition | None = None
        for item in (*reversed(around), *inside):
            if min(item.end, end) - max(item.start, start) >= need:
                best = item
        if best:
            return best
        whole = next((item for item in around if item.end >= end), None)
        return whole or (inside[0] if inside else around[0] if around else None)

    def _around(self, index: int, position: int) -> list[Definition]:
        """The definitions that are open at the position, innermost first."""
        found = []
        while index >= 0:
            item = self._all[index]
            if item.end > position:
                found.append(item)
            index = item.parent
        return found


def definitions(tree: Tree, language: str) -> tuple[Definition, ...]:
    """All definitions of a file, in order of their starts, outer before inner."""
    query = _query(language)
    if query is None:
        return ()
    kinds = _kinds(language)
    captured = QueryCursor(query).captures(tree.root_node).get("d", [])
    nodes = sorted(captured, key=lambda node: (node.start_byte, -node.end_byte))
    found: list[Definition] = []
    stack: list[int] = []
    for node in nodes[:_MOST_DEFINITIONS]:
        named = _named(language, node, kinds[node.type])
        if named is None:
            continue
        name, kind = named
        while stack and found[stack[-1]].end <= node.start_byte:
            stack.pop()
        parent = stack[-1] if stack else -1
        symbol = _join(language, found[parent].symbol if stack else "", name)
        if kind == "function" and stack and found[parent].kind in _METHOD_OWNERS:
            kind = "method"
        found.append(Definition(node.start_byte, node.end_byte, symbol, kind, parent))
        stack.append(len(found) - 1)
    return tuple(found)


_METHOD_OWNERS = frozenset(
    "class struct interface trait impl object protocol enum record mixin extension instance".split()
)


def _join(language: str, outer: str, name: str) -> str:
    if not outer:
        return name
    if language == "markdown":
        return f"{outer} > {name}"
    # `impl Point` in `mod point`, or a namespace written again: one name, not two.
    return outer if outer == name else f"{outer}.{name}"


@lru_cache(maxsize=64)
def _kinds(language: str) -> dict[str, str]:
    pairs = (word.split(":") for word in _ROWS.get(language, "").split())
    return dict(pairs)


@lru_cache(maxsize=64)
def _query(language: str) -> Query | None:
    grammar: Language = pack.get_language(language)  # type: ignore[arg-type]
    known = [kind for kind in _kinds(language) if grammar.id_for_node_kind(kind, True)]
    if not known:
        return None
    query: Query = Query(grammar, "[" + " ".join(f"({kind})" for kind in known) + "] @d")
    return query


def _named(language: str, node: Node, kind: str) -> tuple[str, str] | None:
    """The name and kind of what the node defines; None if it defines nothing."""
    special = _SPECIAL.get(language)
    named = special(node, kind) if special else (_plain_name(node), kind)
    if named is None or not named[0]:
        return None
    return named[0], named[1]


def _plain_name(node: Node) -> str:
    """The text of the `name` field, else of the first child that looks like a name."""
    name = node.child_by_field_name("name")
    if name is None:
        name = next((child for child in node.named_children if child.type in _NAME_KINDS), None)
    return _text(name) if name else ""


def _text(node: Node) -> str:
    """The node's text as a dotted name: `a::b`, `M:go` and `A\\B` become `a.b`, `M.go`, `A.B`."""
    raw = (node.text or b"")[:_LONGEST_NAME].decode("utf-8", errors="replace")
    name = raw.replace("::", ".").replace("\\", ".").replace(":", ".").replace("->", ".")
    return " ".join(name.split()).strip(".")


Named = tuple[str, str] | None


def _c(node: Node, kind: str) -> Named:
    if node.type in ("struct_specifier", "union_specifier", "enum_specifier", "class_specifier"):
        # `struct point *p` only mentions it.
        return (_plain_name(node), kind) if node.child_by_field_name("body") else None
    if node.type in ("field_declaration", "declaration"):
        declarator = _function_declarator(node)
        inside = node.parent is not None and node.parent.type == "field_declaration_list"
        return (_declared(declarator), "method") if declarator and inside else None
    if node.type in ("function_definition", "type_definition"):
        declarator = node.child_by_field_name("declarator")
        return (_declared(declarator), kind) if declarator else None
    return _plain_name(node), kind


def _function_declarator(node: Node) -> Node | None:
    found = node.child_by_field_name("declarator")
    while found is not None and found.type in ("pointer_declarator", "reference_declarator"):
        found = found.child_by_field_name("declarator") or next(iter(found.named_children), None)
    return found if found is not None and found.type == "function_declarator" else None


def _declared(node: Node) -> str:
    """The name in the middle of a C declarator such as `*(*name)(int)`."""
    current: Node | None = node
    while current is not None:
        inner = current.child_by_field_name("declarator")
        if inner is None and current.type in ("parenthesized_declarator", "reference_declarator"):
            inner = next(iter(current.named_children), None)
        if inner is None:
            return _text(current)
        current = inner
    return ""


def _objc(node: Node, kind: str) -> Named:
    return _c(node, kind) if node.type != "method_definition" else (_plain_name(node), kind)


def _go(node: Node, kind: str) -> Named:
    name = _plain_name(node)
    receiver = node.child_by_field_name("receiver")
    if receiver is not None:
        owner = _first_of(receiver, ("type_identifier",))
        return (f"{_text(owner)}.{name}" if owner else name), kind
    value = node.child_by_field_name("type")
    if value is not None and value.type in ("struct_type", "interface_type"):
        kind = value.type.removesuffix("_type")
    return name, kind


def _rust(node: Node, kind: str) -> Named:
    if node.type == "impl_item":
        owner = node.child_by_field_name("type")
        found = _first_of(owner, ("type_identifier", "primitive_type")) if owner else None
        return (_text(found or owner), kind) if owner else None
    return _plain_name(node), kind


def _javascript(node: Node, kind: str) -> Named:
    if node.type in ("variable_declarator", "pair", "public_field_definition", "field_definition"):
        value = node.child_by_field_name("value")
        if value is None or value.type not in _FUNCTION_VALUES:
            return None
        name = node.child_by_field_name("name") or node.child_by_field_name("key")
        name = name or node.child_by_field_name("property")
        return (_text(name).strip("'\""), kind) if name else None
    if node.type == "assignment_expression":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or right.type not in _FUNCTION_VALUES:
            return None
        return _text(left).replace(".prototype.", "."), kind
    return _plain_name(node), kind


def _lua(node: Node, kind: str) -> Named:
    if node.type == "function_declaration":
        return _plain_name(node), kind
    value = _first_of(node, ("function_definition",), depth=2)
    if value is None:
        return None
    name = node.child_by_field_name("name")
    if name is None and node.named_children and node.type == "assignment_statement":
        name = node.named_children[0]
    return (_text(name), kind) if name else None


def _elixir(node: Node, _: str) -> Named:
    target = node.child_by_field_name("target")
    kind = _ELIXIR.get(_text(target)) if target else None
    arguments = next((child for child in node.named_children if child.type == "arguments"), None)
    if kind is None or arguments is None or not arguments.named_children:
        return None
    head = arguments.named_children[0]
    while head.type == "binary_operator":  # def f(x) when x > 1
        left = head.child_by_field_name("left")
        if left is None:
            break
        head = left
    if head.type == "call":
        head = head.child_by_field_name("target") or head
    return _text(head), kind


def _haskell(node: Node, kind: str) -> Named:
    previous = node.prev_named_sibling
    name = _plain_name(node)
    # A function is its signature and all of its equations: only the first of them names it.
    if previous is not None and previous.type in ("signature", "function", "bind"):
        same = _plain_name(previous) == name
        if same and node.type in ("function", "bind"):
            return None
    return name, kind


def _zig(node: Node, kind: str) -> Named:
    if node.type == "Decl":
        return None
    if node.type == "TestDecl":
        return (_text(node.named_children[0]).strip('"'), kind) if node.named_children else None
    name = _first_of(node, ("IDENTIFIER",), depth=1)
    if name is None:
        return None
    if node.type == "VarDecl":
        container = _first_of(node, ("ContainerDecl",), depth=4)
        return (_text(name), "struct") if container else None
    return _text(name), kind


def _r(node: Node, kind: str) -> Named:
    right = node.child_by_field_name("rhs")
    left = node.child_by_field_name("lhs")
    if right is None or left is None or right.type != "function_definition":
        return None
    return _text(left), kind


def _blocks(node: Node, kind: str) -> Named:
    words = []
    for child in node.named_children:
        if child.type not in ("identifier", "string_lit"):
            break
        words.append(_text(child).strip('"'))
    return ".".join(words), kind


def _markdown(node: Node, kind: str) -> Named:
    heading = next((c for c in node.named_children if c.type.endswith("_heading")), None)
    if heading is None:
        return None
    raw = (heading.text or b"").decode("utf-8", errors="replace").strip()
    return raw.splitlines()[0].strip("# \t=-")[:_LONGEST_NAME], kind


def _first_of(node: Node, kinds: Iterable[str], depth: int = 5) -> Node | None:
    """The first descendant of one of the kinds, breadth first, not deeper than `depth`."""
    level = [node]
    for _ in range(depth):
        level = [child for parent in level for child in parent.named_children[:20]]
        for child in level:
            if child.type in kinds:
                return child
    return None


_SPECIAL: dict[str, Callable[[Node, str], Named]] = {
    "c": _c,
    "cpp": _c,
    "cuda": _c,
    "objc": _objc,
    "go": _go,
    "rust": _rust,
    "javascript": _javascript,
    "typescript": _javascript,
    "tsx": _javascript,
    "lua": _lua,
    "luau": _lua,
    "elixir": _elixir,
    "haskell": _haskell,
    "zig": _zig,
    "r": _r,
    "terraform": _blocks,
    "hcl": _blocks,
    "markdown": _markdown,
}
