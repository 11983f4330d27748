"""The .ccingestignore and .gitattributes files of a revision, within bounds.

The repository decides how many there are and what they hold, and a pack of a few kilobytes can name
one large file in thousands of folders. So they are bounded here, and their patterns in `rules`.
Those nearest to the root are kept, and what is left out is logged.
"""

from __future__ import annotations

import heapq
import logging

from ccingest.selection.paths import safe_path
from ccingest.sources import Snapshot

_log = logging.getLogger(__name__)

IGNORE_FILE = ".ccingestignore"
ATTRIBUTES_FILE = ".gitattributes"
_NAMES = (IGNORE_FILE.encode(), ATTRIBUTES_FILE.encode())

# The largest repositories of our benchmarks have 30, of 60 KB in all. Each costs a read of a blob.
MOST_FILES = 2000
# Bytes of one, and of all together. Each line takes about a microsecond to read, a pattern 30.
MOST_FILE_BYTES = 256 * 1024
MOST_BYTES = 2 * 1024 * 1024
MOST_LINE = 2048  # characters; git, too, ignores longer lines


def read_rule_files(snapshot: Snapshot) -> tuple[dict[str, str], int]:
    """The text of each rule file by path, and how many entries the revision has.

    Raises what the snapshot raises.
    """
    entries = 0
    nearest: list[tuple[int, str, str]] = []  # depth, path, content
    for entry in snapshot.entries():
        entries += 1
        is_file = entry.kind in ("file", "hidden")  # hidden ones of a folder hold its rules too
        if not is_file or entry.path.rpartition(b"/")[2] not in _NAMES:
            continue
        if path := safe_path(entry.path):
            nearest.append((path.count("/"), path, entry.content_id))
        if len(nearest) > 2 * MOST_FILES:
            nearest = heapq.nsmallest(MOST_FILES + 1, nearest)
    nearest = heapq.nsmallest(MOST_FILES + 1, nearest)
    left_out = len(nearest) > MOST_FILES
    texts: dict[str, str] = {}  # by content: the same file in many folders is read once
    found: dict[str, str] = {}
    size = 0
    for _, path, content_id in nearest[:MOST_FILES]:
        if content_id not in texts:
            texts[content_id] = _read(snapshot, path, content_id)
        text = texts[content_id]
        if size + len(text) > MOST_BYTES:
            left_out = True
            break
        size += len(text)
        found.setdefault(path, text)
    if left_out:
        _log.warning(
            "The repository has more than %d rule files, or %d bytes of them; those deepest in its "
            "folders do not count.",
            MOST_FILES,
            MOST_BYTES,
        )
    return found, entries


def _read(snapshot: Snapshot, path: str, content_id: str) -> str:
    """The lines that git would read; empty for a file that is too large."""
    if (snapshot.size(path, content_id) or 0) > MOST_FILE_BYTES:
        _log.warning("%a has more than %d bytes and does not count.", path, MOST_FILE_BYTES)
        return ""
    data = snapshot.read(path, content_id) or b""
    lines = data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").split("\n")
    return "\n".join(line for line in lines if len(line) <= MOST_LINE)
