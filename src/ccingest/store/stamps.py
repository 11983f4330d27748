"""A stamp: the size and time of each file of a table when its version was last checked.

Lance writes each file once. As long as size and time of all files are the same, the version is
still whole. Such a check needs no import of lancedb, which takes 0.3 s.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

_log = logging.getLogger(__name__)

_FILE = "_stamp.json"
_INDEX = "_index"  # not in the stamp: what is missing of it is made again from the rows


def write_stamp(table: Path, version: int) -> None:
    """Note that this version is whole now. Without a stamp the next check only takes longer."""
    unfinished = table / f"{_FILE}.{os.getpid()}"
    try:
        unfinished.write_text(json.dumps({"version": version, "files": _files(table)}))
        unfinished.replace(table / _FILE)
    except OSError as error:
        _log.info("The stamp of %s can't be written: %s", table, error)


def matches_stamp(table: Path, version: int) -> bool:
    """Whether this version was whole and no file has changed since."""
    try:
        stamp = json.loads((table / _FILE).read_bytes())
        return bool(stamp == {"version": version, "files": _files(table)})
    except FileNotFoundError:
        return False  # never checked, or the table is gone
    except (OSError, ValueError) as error:
        _log.warning("The stamp of %s can't be read, the table is checked: %s", table, error)
        return False


def _files(table: Path) -> dict[str, list[int]]:
    """Size in bytes and time in nanoseconds of each file, by path."""
    found = {}
    for root, folders, files in os.walk(table):
        folders[:] = [folder for folder in folders if folder != _INDEX]
        for file in files:
            if not file.startswith(_FILE):
                status = os.lstat(f"{root}/{file}")
                path = os.path.relpath(f"{root}/{file}", table)
                found[path] = [status.st_size, status.st_mtime_ns]
    return found
