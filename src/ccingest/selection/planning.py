"""Choosing the files of a revision that are read, by path, kind and size."""

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
# To be raised when the rules change: then the next ingest looks at every file again.
_RULES_VERSION = 2
_BY_KIND: Mapping[EntryKind, SkipReason] = {
    "submodule": "submodule",
    "link": "symlink",
    "too_deep": "bad_path",
}
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True)
class FilePlan:
    """The files to read, sorted by path, each once. `skipped` counts the others by reason."""

    files: tuple[SelectedFile, ...]
    skipped: Mapping[SkipReason, int]


def plan_files(
    snapshot: Snapshot, *, include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> FilePlan:
    """Choose the files of a revision by path, kind and size.

    `include` and `exclude` are gitignore globs. Vendored and generated files are chosen only if a
    glob of `include` is meant for them, such as `vendor/**`, `*.pb.go` or a file's own path. A glob
    such as `*.py` is not. Raises UsageError for a bad glob, and what the snapshot raises.
    """
    # The entries are walked twice. To keep a million of them would take a quarter of a gigabyte.
    rules = PathRules.build(_rule_files(snapshot), include, exclude)
    files: dict[str, SelectedFile] = {}
    skipped: Counter[SkipReason] = Counter()
    for entry in snapshot.entries():
        path = safe_path(entry.path)
        if path is None or path in files:  # a hostile tree can name a file twice
            skipped["bad_path"] += 1
            continue
        reason = _BY_KIND.get(entry.kind) or rules.reason(path)
        planned = reason or _check_size(snapshot, path, entry, rules)
        if isinstance(planned, SelectedFile):
            files[path] = planned
        else:
            skipped[planned] += 1
    return FilePlan(tuple(files[path] for path in sorted(files)), dict(skipped))


def selection_id(include: Sequence[str], exclude: Sequence[str]) -> str:
    """A fingerprint of the rules and globs, to see whether they changed. Raises UsageError."""
    check_globs(include, exclude)
    # Their order counts: a glob with ! takes back what the globs before it chose.
    globs = json.dumps([list(include), list(exclude)])
    return f"{_RULES_VERSION}-{hashlib.sha256(globs.encode()).hexdigest()[:12]}"


def safe_path(raw: bytes) -> str | None:
    """The path as text; None if it is not UTF-8, or such as git would refuse to check out."""
    try:
        path = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    parts = path.split("/")
    is_bad = any(part in ("", ".", "..") or part.lower() == ".git" for part in parts)
    if is_bad or "\x00" in path or len(raw) > _LONGEST_PATH or _DRIVE.match(path):
        return None
    return path


def _check_size(
    snapshot: Snapshot, path: str, entry: Entry, rules: PathRules
) -> SelectedFile | SkipReason:
    """The file to read, or the reason to skip it."""
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
