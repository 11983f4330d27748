"""Snapshot -> source files: which files are read, and how.

Rules that need only the path, the mode and the size come first (`plan_files`), for all files at
once; those that need the content follow, file by file (`read_file`). Every file that is left out
is counted under its reason.
"""

from __future__ import annotations

from ccingest.selection.content import read_file
from ccingest.selection.planning import MAX_BYTES, FilePlan, plan_files, safe_path, selection_id

__all__ = ["MAX_BYTES", "FilePlan", "plan_files", "read_file", "safe_path", "selection_id"]
