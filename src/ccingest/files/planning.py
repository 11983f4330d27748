"""Which files of a commit are read: all that path, mode and size can tell."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ccingest.files.rules import PathRules, check_globs, is_rule_file
from ccingest.git import LINK, SUBMODULE, TREE, ObjectReader, TreeEntry
from ccingest.records import SkipReason, TreeFile

MAX_BYTES = 1024 * 1024
_LONGEST_PATH = 4096  # bytes
# Goes up when the rules change, so that the next ingest looks at every file again.
_RULES_VERSION = 2
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True)
class FilePlan:
    """`files` by path, each path once; `skipped` counts the others by reason."""

    files: tuple[TreeFile, ...]
    skipped: Mapping[SkipReason, int]


def plan_files(
    reader: ObjectReader, *, include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> FilePlan:
    """Choose the files of the commit by path, mode and size.

    `include` and `exclude` are gitignore globs. Vendored and generated files are taken when a
    glob of `include` is about them: `vendor/**`, `*.pb.go`, or a file's own path; `*.py` is not.
    Raises UsageError for a bad glob, and what ObjectReader raises.
    """
    # Two walks instead of one that is kept: a million entries would take a quarter of a gigabyte.
    rules = PathRules.build(_rule_files(reader), include, exclude)
    files: dict[str, TreeFile] = {}
    skipped: Counter[SkipReason] = Counter()
    for entry in reader.entries():
        path = safe_path(entry.path)
        if path is None or path in files:  # a hostile tree can name a file twice
            skipped["bad_path"] += 1
            continue
        reason = _reason_by_mode(entry.mode) or rules.reason(path)
        planned = reason or _planned(reader, path, entry, rules)
        if isinstance(planned, TreeFile):
            files[path] = planned
        else:
            skipped[planned] += 1
    return FilePlan(tuple(files[path] for path in sorted(files)), dict(skipped))


def selection_id(include: Sequence[str], exclude: Sequence[str]) -> str:
    """A fingerprint of the selection. Raises UsageError for a bad glob."""
    check_globs(include, exclude)
    # In their order: a glob with ! takes back what those before it chose.
    globs = json.dumps([list(include), list(exclude)])
    return f"{_RULES_VERSION}-{hashlib.sha256(globs.encode()).hexdigest()[:12]}"


def safe_path(raw: bytes) -> str | None:
    """The path as text; None if it is no UTF-8 or holds what no checkout would write."""
    try:
        path = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    parts = path.split("/")
    is_bad = any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)
    if is_bad or "\x00" in path or len(raw) > _LONGEST_PATH or _DRIVE.match(path):
        return None
    return path


def _reason_by_mode(mode: int) -> SkipReason | None:
    reasons: dict[int, SkipReason] = {SUBMODULE: "submodule", LINK: "symlink", TREE: "bad_path"}
    return reasons.get(mode)


def _planned(
    reader: ObjectReader, path: str, entry: TreeEntry, rules: PathRules
) -> TreeFile | SkipReason:
    size = reader.size(entry.blob_id)
    if size is None:
        return "missing"
    if size > MAX_BYTES:
        return "too_large"
    return TreeFile(path, entry.blob_id, size, is_named=rules.names(path))


def _rule_files(reader: ObjectReader) -> dict[str, str]:
    """The text of each .ccingestignore and .gitattributes, by path."""
    found: dict[str, str] = {}
    for entry in reader.entries():
        if not is_rule_file(entry.path) or _reason_by_mode(entry.mode):
            continue
        path = safe_path(entry.path)
        if path is not None and (reader.size(entry.blob_id) or 0) <= MAX_BYTES:
            text = (reader.read(entry.blob_id) or b"").decode("utf-8-sig", errors="replace")
            found.setdefault(path, text)
    return found
