"""Snapshot -> source files: which files are read, and as what.

| module | holds |
| --- | --- |
| planning | choosing among all files of a revision, by path, kind and size |
| decisions | what the rules said of paths, for the next look at a work tree |
| paths | which paths are safe |
| rules | the rules for paths: globs, .ccingestignore, .gitattributes, known names |
| rule_files, attributes, known_names | what those rules are read from |
| siblings | what a C header is, by the files around it |
| content | reading one file, and the rules for its content |
| skipped | the list of what is left out, and why |
| decoding, notebooks | its text; cells without outputs |
| generated, notices | whether a program wrote it, and what it says of that |
| built | what programs make of other files, by its form |
| declared | the encoding that a text says of itself |
| encodings, readings, letters | which encoding a text is in that is no UTF-8 |
| mixed, appended | texts in two encodings |
| wide | UTF-16 and UTF-32 without a mark |

Every file that is left out is counted and listed under the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccingest.selection.content import read_file
    from ccingest.selection.decisions import Decisions
    from ccingest.selection.limits import MAX_BYTES
    from ccingest.selection.paths import safe_path
    from ccingest.selection.planning import FilePlan, plan_again, plan_files, selection_id
    from ccingest.selection.skipped import SkippedList

__all__ = [
    "MAX_BYTES",
    "Decisions",
    "FilePlan",
    "SkippedList",
    "plan_again",
    "plan_files",
    "read_file",
    "safe_path",
    "selection_id",
]

_MODULES = {
    "MAX_BYTES": "limits",
    "Decisions": "decisions",
    "FilePlan": "planning",
    "SkippedList": "skipped",
    "plan_again": "planning",
    "plan_files": "planning",
    "read_file": "content",
    "safe_path": "paths",
    "selection_id": "planning",
}


def __getattr__(name: str) -> Any:
    """Load a name at its first use: a process that only reads files needs no rules for paths."""
    from importlib import import_module

    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = found
    return found
