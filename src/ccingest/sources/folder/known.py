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
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ccingest.models import Reference
from ccingest.sources.folder.files import FileState

_log = logging.getLogger(__name__)

_VERSION = 1
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
        stored = json.loads(path.read_bytes())
        if stored["version"] != _VERSION or stored["location"] != folder.location:
            return {}
        return {
            os.fsencode(name): KnownFile(FileState(*map(int, state)), str(content_id))
            for name, (*state, content_id) in stored["files"].items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        _log.info("%s is not used, and all files are read again: %s", path, error)
        return {}


def store_known_files(cache: Path, folder: Reference, files: Mapping[bytes, KnownFile]) -> None:
    """Replace what is known of the folder. When that can't be written, the next listing reads more."""
    path = _path(cache, folder)
    rows = {
        os.fsdecode(name): [
            *(one.state.size, one.state.modified, one.state.changed, one.state.inode),
            one.content_id,
        ]
        for name, one in files.items()
    }
    document = {"version": _VERSION, "location": folder.location, "files": rows}
    # Written beside it and moved, so that a reader never sees half of it.
    beside = path.with_suffix(f".{uuid.uuid4().hex}")
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside.write_text(json.dumps(document, separators=(",", ":")), encoding="ascii")
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


def now() -> int:
    return time.time_ns()


def _path(cache: Path, folder: Reference) -> Path:
    return cache / f"{hashlib.sha256(folder.location.encode()).hexdigest()[:32]}.json"
