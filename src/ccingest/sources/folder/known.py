"""The content ids of a folder's files, kept from the last listing, so that most need not be read again.

A file whose state is the same as then has the same content, unless it changed in the same moment of
the clock in which it was read. So a state that was young when the file was read is not kept.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from ccingest.models import Reference
from ccingest.sources.folder.files import FileState
from ccingest.values import dataclass

_log = logging.getLogger(__name__)

_VERSION = 1
_UNUSED_SECONDS = 3600
_YOUNG = 2_500_000_000  # nanoseconds; FAT counts in steps of 2 seconds


@dataclass(frozen=True, slots=True)
class KnownFile:
    state: FileState
    content_id: str


def is_young(state: FileState, now: int) -> bool:
    """Whether the file may change once more without a change of its state. `now` is before its reading."""
    return max(state.modified, state.changed) > now - _YOUNG


def load_known_files(cache: Path, folder: Reference) -> dict[bytes, KnownFile]:
    """By path. Nothing when there is no file, or it is damaged: it only saves time."""
    path = _path(cache, folder)
    try:
        # Line by line, here and below: of many files, the whole would take much memory.
        with path.open(encoding="ascii") as lines:
            if json.loads(next(lines, "")) != _head(folder):
                return {}
            return dict(map(_known_file, lines))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, RecursionError) as error:
        _log.info("%s is not used, and all files are read again: %s", path, error)
        return {}


def store_known_files(cache: Path, folder: Reference, files: Mapping[bytes, KnownFile]) -> None:
    """Replace what is known of the folder. When that can't be written, the next listing reads more."""
    path = _path(cache, folder)
    # Written beside it and moved, so that a reader never sees half of it.
    beside = path.with_suffix(f".{uuid.uuid4().hex}")
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with beside.open("w", encoding="ascii") as out:
            out.write(f"{json.dumps(_head(folder))}\n")
            for name, one in files.items():
                state = one.state
                row = (os.fsdecode(name), state.size, state.modified, state.changed, state.inode)
                out.write(f"{json.dumps((*row, one.content_id), separators=(',', ':'))}\n")
        beside.replace(path)
    except OSError as error:
        _log.info("The state of the files of %s is not kept: %s", folder.name, error)
        with suppress(OSError):
            beside.unlink()


def remove_known_files(cache: Path, folder: Reference) -> None:
    """Also what a killed process has left half written."""
    for path in cache.glob(f"{_path(cache, folder).stem}.*"):
        with suppress(OSError):
            path.unlink()


def remove_unused_known_files(cache: Path, used: Iterable[Reference]) -> None:
    """Remove what is kept of other folders, and what killed processes have left, but nothing new."""
    kept = {_path(cache, folder) for folder in used}
    for path in set(cache.glob("*.*")) - kept:
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _UNUSED_SECONDS:
                path.unlink()


def _head(folder: Reference) -> list[object]:
    return [_VERSION, folder.location]


def _known_file(line: str) -> tuple[bytes, KnownFile]:
    name, size, modified, changed, inode, content_id = json.loads(line)
    state = FileState(int(size), int(modified), int(changed), int(inode))
    return os.fsencode(name), KnownFile(state, str(content_id))


def now() -> int:
    return time.time_ns()


def _path(cache: Path, folder: Reference) -> Path:
    return cache / f"{hashlib.sha256(folder.location.encode()).hexdigest()[:32]}.json"
