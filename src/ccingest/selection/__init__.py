"""Snapshot -> source files: which files are read, and as what.

| module | holds |
| --- | --- |
| planning | choosing among all files of a revision, by path, kind and size |
| rules | the rules for paths: globs, .ccingestignore, .gitattributes, known names |
| content | reading one file: its encoding and language, and the rules for its content |

Every file that is left out is counted under the reason.
"""

from __future__ import annotations

from ccingest.selection.content import read_file
from ccingest.selection.planning import MAX_BYTES, FilePlan, plan_files, safe_path, selection_id

__all__ = ["MAX_BYTES", "FilePlan", "plan_files", "read_file", "safe_path", "selection_id"]
