"""What the files of a table were when its version was last known to be whole.

Lance's files are written once. As long as they are the same, size and time, there is no need to open
the table only to see that it is there, which costs the import of lancedb: 0.3 s.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

_FILE = "_stamp.json"
_OWN = ("_index", _FILE)  # what is missing of the index is made again from the rows


def set_stamp(table: Path, version: int) -> None:
    """Note that this version is whole now. Where nothing can be written, nothing is noted."""
    unfinished = table / f"{_FILE}.{os.getpid()}"
    with suppress(OSError):
        unfinished.write_text(json.dumps({"version": version, "files": _files(table)}))
        unfinished.replace(table / _FILE)


def has_stamp(table: Path, version: int) -> bool:
    """Whether this version was whole and no file has changed since."""
    try:
        stamp = json.loads((table / _FILE).read_bytes())
        return bool(stamp == {"version": version, "files": _files(table)})
    except (OSError, ValueError):
        return False


def _files(table: Path) -> dict[str, list[int]]:
    """Size and time of each file, by path."""
    found = {}
    for root, folders, files in os.walk(table):
        folders[:] = [folder for folder in folders if folder not in _OWN]
        for file in files:
            if not file.startswith(_FILE):
                status = os.lstat(f"{root}/{file}")
                path = os.path.relpath(f"{root}/{file}", table)
                found[path] = [status.st_size, status.st_mtime_ns]
    return found
