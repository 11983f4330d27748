"""Which files of a revision are read: all that path, kind and size can tell."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ccingest.models import Entry, EntryKind, SelectedFile, SkipReason
from ccingest.selection.rules import PathRules, check_globs, is_rule_file
from ccingest.sources import Snapshot

MAX_BYTES = 1024 * 1024
_LONGEST_PATH = 4096  # bytes
# Goes up when the rules change, so that the next ingest looks at every file again.
_RULES_VERSION = 2
_BY_KIND: Mapping[EntryKind, SkipReason] = {
    "submodule": "submodule",
    "link": "symlink",
    "too_deep": "bad_path",
}
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True)
class FilePlan:
    """`files` by path, each path once; `skipped` counts the others by reason."""

    files: tuple[SelectedFile, ...]
    skipped: Mapping[SkipReason, int]


def plan_files(
    snapshot: Snapshot, *, include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> FilePlan:
    """Choose the files of a revision by path, kind and size.

    `include` and `exclude` are gitignore globs. Vendored and generated files are taken when a
    glob of `include` is about them: `vendor/**`, `*.pb.go`, or a file's own path; `*.py` is not.
    Raises UsageError for a bad glob, and what the snapshot raises.
    """
    # Two walks instead of one that is kept: a million entries would take a quarter of a gigabyte.
    rules = PathRules.build(_rule_files(snapshot), include, exclude)
    files: dict[str, SelectedFile] = {}
    skipped: Counter[SkipReason] = Counter()
    for entry in snapshot.entries():
        path = safe_path(entry.path)
        if path is None or path in files:  # a hostile tree can name a file twice
            skipped["bad_path"] += 1
            continue
        reason = _BY_KIND.get(entry.kind) or rules.reason(path)
        planned = reason or _planned(snapshot, path, entry, rules)
        if isinstance(planned, SelectedFile):
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


def _planned(
    snapshot: Snapshot, path: str, entry: Entry, rules: PathRules
) -> SelectedFile | SkipReason:
    size = snapshot.size(path, entry.content_id)
    if size is None:
        return "missing"
    if size > MAX_BYTES:
        return "too_large"
    return SelectedFile(path, entry.content_id, size, is_named=rules.names(path))


def _rule_files(snapshot: Snapshot) -> dict[str, str]:
    """The text of each .ccingestignore and .gitattributes, by path."""
    found: dict[str, str] = {}
    for entry in snapshot.entries():
        if not is_rule_file(entry.path) or _BY_KIND.get(entry.kind):
            continue
        path = safe_path(entry.path)
        if path is not None and (snapshot.size(path, entry.content_id) or 0) <= MAX_BYTES:
            data = snapshot.read(path, entry.content_id) or b""
            found.setdefault(path, data.decode("utf-8-sig", errors="replace"))
    return found
