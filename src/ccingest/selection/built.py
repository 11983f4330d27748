"""What programs make of other files, by its form where no comment says so.

Bundles and compiled JavaScript, source maps, lock files of no known name, parsers of tree-sitter, the notes
of Unity and Godot on assets.
"""

from __future__ import annotations

import re

_HEAD = 4000  # characters at the start of a file in which its form shows

_SCRIPTS = (".js", ".mjs", ".cjs", ".jsx")
_COMPILED = (*_SCRIPTS, ".css", ".d.ts", ".d.mts", ".d.cts")
# The last line of compiled code. `sourceURL`, which people write, is another.
_NAMES_MAP = re.compile(r"(?://|/\*)[#@]\s*sourceMappingURL=\S")
_TAIL = 2  # lines; the last may be of something that was put around it
# What bundlers and compilers put before the code of the files that they were given.
_PRELUDE = re.compile(
    r"""
    ^(?:[^\n]{0,80};)?/\*{6}/.{0,200}\bwebpack | ^/\*{6}/[^*\n]{0,200}\n/\*{6}/
    | ^\(function\ webpackUniversalModuleDefinition\(
    | ^(?:\(?(?:window|self|globalThis|global)(?:\.|\[["']))?webpack(?:Jsonp|Chunk)\w*
    | ^\(function\ ?\(global,\ ?factory\)\ ?\{\s{1,20}typeof\ exports\ ===\ 'object'\ &&\ typeof\ module\ !==\ 'undefined'\ \?
    | ^(?:require=|!|[^\n]{0,400}?)\(function\ e\(t,\ ?n,\ ?r\)\ ?\{\s{0,20}function\ s\(o,\ ?u\)
    | ^[^\n]{0,400}?\(function\ ?\(\)\ ?\{\s{0,20}function\ r\(e,\ ?n,\ ?t\)\ ?\{\s{0,20}function\ o\(i,\ ?f\)
    | ^parcelRequire\ ?=\ ?\( | ^(?:var|function)\ \$parcel\$
    | ^var\ __(?:defProp|create|getOwnPropNames|getOwnPropDesc|commonJS)\ =\ (?:Object\.|\(cb)
    | ^var\ __\w{1,30}\ =\ \(this\ &&\ this\.__\w{1,30}\)\ \|\|
    | ^function\ _interopRequire(?:Default|Wildcard)\(
    """,
    re.MULTILINE | re.VERBOSE,
)

_MAP_KEYS = ('"version"', '"mappings"', '"sources"')
_SECTIONS = '"sections"'  # a map of maps
_UNITY = re.compile(r"\ufeff?fileFormatVersion: *\d+\s+guid: *[0-9a-f]{32}\b")
_GODOT = re.compile(r"\ufeff?\[remap\]\s{1,9}importer=")
# Before its version 0.25, tree-sitter said nothing of itself.
_TREE_SITTER = re.compile(
    r'#include ["<]tree_sitter/parser\.h[">].{0,900}^#define LANGUAGE_VERSION \d+\r?\n#define STATE_COUNT \d',
    re.MULTILINE | re.DOTALL,
)
_ANTLR_TABLES = ("token literal names:\n", "token literal names:\r\n")

# Where a name says that it may be a lock file: as many checksums or versions, or a key that says so.
_MAYBE_LOCKS = ("-lock.json", "-lock.yaml", "-lock.yml", "-lock.toml")
_LOCK_HEAD = 64 * 1024
_LOCK_KEY = re.compile(
    r"""^[ \t]{0,8}["']?(?:lock_?-?file_?-?version|lock_?-?version|content[-_]?hash)["']?[ \t]{0,4}[:=]""",
    re.IGNORECASE | re.MULTILINE,
)
# Not the commit of an action that a workflow uses.
_CHECKSUM = re.compile(r"(?<![\w@])[0-9a-fA-F]{40,128}\b|\bsha(?:1|256|384|512)[-:][\w+/=]{27,128}")
_VERSION = re.compile(r"""\bversion["']?[ \t]{0,4}[:=][ \t]{0,4}["']?v?\d+\.\d""")
_FEW_CHECKSUMS, _FEW_VERSIONS = 2, 3


def is_built(path: str, text: str) -> bool:  # noqa: PLR0911 - a list of kinds
    """Whether a program made the file of others: its form says so.

    >>> is_built("a.js", "let a = 1;\\n//# sourceMappingURL=a.js.map\\n")
    True
    """
    lowered = path.lower()
    if lowered.endswith(_COMPILED):
        return _is_compiled(lowered, text)
    if lowered.endswith(".map"):
        return _is_source_map(text)
    if lowered.endswith(".meta"):
        return _UNITY.match(text) is not None
    if lowered.endswith(".import"):
        return _GODOT.match(text) is not None
    if lowered.endswith("parser.c"):
        return _TREE_SITTER.match(text) is not None
    if lowered.endswith(".interp"):
        return text.startswith(_ANTLR_TABLES)
    return lowered.endswith(_MAYBE_LOCKS) and _is_lock_file(text[:_LOCK_HEAD])


def _is_compiled(path: str, text: str) -> bool:
    last = text.rstrip().rsplit("\n", _TAIL)[-_TAIL:]
    if any(_NAMES_MAP.match(line) for line in last):
        return True
    return path.endswith(_SCRIPTS) and _PRELUDE.search(text[:_HEAD]) is not None


def _is_source_map(text: str) -> bool:
    """Whether it is one of JavaScript or CSS; other maps are of linkers, of games, of lands."""
    if not text.lstrip("\ufeff)]}'\r\n\t ").startswith("{"):
        return False
    version, mappings, sources = _MAP_KEYS
    return version in text and (_SECTIONS in text or (mappings in text and sources in text))


def _is_lock_file(text: str) -> bool:
    return (
        _LOCK_KEY.search(text) is not None
        or len(_CHECKSUM.findall(text)) >= _FEW_CHECKSUMS
        or len(_VERSION.findall(text)) >= _FEW_VERSIONS
    )
