"""Choosing the files of a revision that are read, by path, kind and size."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ccingest.errors import StoreError
from ccingest.models import Entry, EntryKind, SelectedFile, SkippedFiles, SkipReason
from ccingest.selection.decisions import Decisions
from ccingest.selection.limits import MAX_BYTES, most_bytes
from ccingest.selection.paths import safe_path
from ccingest.selection.rule_files import ATTRIBUTES_FILE, IGNORE_FILE, read_rule_files
from ccingest.selection.rules import PathRules, check_globs, most_rules
from ccingest.selection.siblings import with_usual_languages
from ccingest.selection.skipped import SkippedList
from ccingest.sources import Snapshot, is_site

# To be raised when the rules change: then the next ingest looks at every file again.
_RULES_VERSION = 10
# Seconds of processor time for the paths of a revision. A million paths take 20; more can only be
# the fault of patterns that were made to be slow.
RULE_SECONDS = 60
_TIMED_EVERY = 16  # paths
_TOO_SLOW = (
    "The files can't be chosen in bounded time: the repository's .gitattributes and .ccingestignore "
    "files, or the globs given, have patterns that are slow to match. Use patterns with fewer stars."
)
RULE_FILES = (IGNORE_FILE, ATTRIBUTES_FILE)
_BY_KIND: Mapping[EntryKind, SkipReason] = {
    "submodule": "submodule",
    "link": "symlink",
    "too_deep": "bad_path",
    "hidden": "hidden",
    "ignored": "ignored",
    "excluded": "excluded",
    "special": "special",
    "unreadable": "unreadable",
    "changed": "changed",
}


@dataclass(frozen=True, slots=True)
class FilePlan:
    """The files to read, sorted by path, each once. `skipped` counts the others by reason."""

    files: tuple[SelectedFile, ...]
    skipped: Mapping[SkipReason, int]
    skipped_files: SkippedFiles = field(default_factory=SkippedFiles, compare=False)


def plan_files(
    snapshot: Snapshot,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    decisions: Decisions | None = None,
) -> FilePlan:
    """Choose the files of a revision by path, kind and size.

    `include` and `exclude` are gitignore globs. Vendored and generated files are chosen only if a
    glob of `include` is meant for them, such as `vendor/**`, `*.pb.go` or a file's own path. A glob
    such as `*.py` is not. Of a site, no page is taken for vendored by its address. `decisions` spares the rules for paths that were planned before. Raises
    UsageError for a bad glob, and what the snapshot raises.
    """
    # The entries are walked twice. To keep a million of them would take a quarter of a gigabyte.
    rule_files, entries = read_rule_files(snapshot)
    decided = Decisions() if decisions is None else decisions
    decided.begin(
        lambda: PathRules.build(rule_files, include, exclude, entries, is_site=is_site(snapshot)),
        rules_id(rule_files, include, exclude, entries),
    )
    end = time.process_time() + RULE_SECONDS
    files: dict[str, SelectedFile] = {}
    skipped = SkippedList()
    too_large: list[str] = []
    for number, entry in enumerate(snapshot.entries()):
        path = safe_path(entry.path)
        if number % _TIMED_EVERY == 0 and time.process_time() > end:
            raise StoreError(_TOO_SLOW)
        if path is None or path in files:  # a hostile tree can name a file twice
            skipped.add(path or entry.path.decode("utf-8", "backslashreplace"), "bad_path")
            continue
        planned = _planned(snapshot, path, entry, decided)
        if isinstance(planned, SelectedFile):
            files[path] = planned
        else:
            skipped.add(path, *planned)
            if planned[0] == "too_large":
                too_large.append(path)
    chosen = with_usual_languages(files[path] for path in sorted(files))
    decided.usual = {file.path: file.usual for file in chosen if file.usual}
    decided.too_large = frozenset(too_large)
    return FilePlan(chosen, dict(skipped.counts), skipped.files())


def selection_id(include: Sequence[str], exclude: Sequence[str]) -> str:
    """A fingerprint of the rules and globs, to see whether they changed. Raises UsageError."""
    check_globs(include, exclude)
    # Their order counts: a glob with ! takes back what the globs before it chose.
    globs = json.dumps([list(include), list(exclude)])
    return f"{_RULES_VERSION}-{hashlib.sha256(globs.encode()).hexdigest()[:12]}"


def plan_again(
    snapshot: Snapshot, changed: Mapping[str, str], decisions: Decisions
) -> dict[str, SelectedFile] | None:
    """The files to read among those whose content changed, where nothing else did since the plan
    that `decisions` are of: not which paths there are. `changed`: path -> content id.

    None when that plan can't tell, so that all is to be planned again.
    """
    files: dict[str, SelectedFile] = {}
    for path, content_id in changed.items():
        name = path.rpartition("/")[2]
        if name in RULE_FILES or path in decisions.too_large or decisions.known(path) is None:
            return None
        planned = _planned(snapshot, path, Entry(path.encode(), content_id, "file"), decisions)
        if isinstance(planned, SelectedFile):
            usual = "" if planned.language else decisions.usual.get(path, "")
            files[path] = replace(planned, usual=usual)
        elif planned[0] in ("too_large", "missing"):
            return None
    return files


def rules_id(
    rule_files: Mapping[str, str], include: Sequence[str], exclude: Sequence[str], entries: int
) -> str:
    """The same when `PathRules.build` gives the same rules. Raises UsageError for a bad glob."""
    texts = json.dumps([sorted(rule_files.items()), most_rules(entries)])
    return f"{selection_id(include, exclude)}-{hashlib.sha256(texts.encode()).hexdigest()}"


def _planned(
    snapshot: Snapshot, path: str, entry: Entry, decided: Decisions
) -> SelectedFile | tuple[SkipReason, str]:
    """The file to read, or the reason to skip it and the rule that says so."""
    if reason := _BY_KIND.get(entry.kind):
        return reason, entry.rule
    decision = decided.of(path)
    if decision.skip:
        return decision.skip
    size = snapshot.size(path, entry.content_id)
    if size is None:
        return "changed" if snapshot.is_live else "missing", ""
    most = most_bytes(path)
    if decision.is_named:
        most = max(MAX_BYTES, most)
    if size > most:
        return "too_large", f"more than {most:,} bytes"
    return SelectedFile(
        path,
        entry.content_id,
        size,
        is_wanted=decision.is_wanted,
        language=decision.language,
    )
