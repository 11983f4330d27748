"""What is remembered of a work tree's files between two looks at it, in a file of ours.

It only saves time: without it, each file is read again. So is a file that may have been written
twice in the same tick of the clock (see `is_racy`): its stamp is UNTRUSTED, which no file has.
"""

from __future__ import annotations

import json
import logging
import os
import zlib
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from ccingest import __version__
from ccingest.sources.git.index_file import Stamp
from ccingest.values import dataclass

_log = logging.getLogger(__name__)

UNTRUSTED: Stamp = (0, 0, -1, 0)
_LAYOUT = f"1/{__version__}"  # another ccingest may have noted other things
_QUICK = 1  # of zlib's levels


@dataclass(frozen=True, slots=True)
class TreeMemory:
    """`files`: stamp and content id by path. `notes`: what others keep beside it, as JSON."""

    files: Mapping[str, tuple[Stamp, str]] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> TreeMemory:
        """An empty one when there is none, and when it can't be read."""
        try:
            stored = json.loads(zlib.decompress(path.read_bytes()))
            if stored["layout"] != _LAYOUT:
                return cls()
            stamps = iter(stored["stamps"])
            each = zip(stamps, stamps, stamps, stamps, strict=True)
            known = zip(each, stored["ids"], strict=True)
            return cls(dict(zip(stored["paths"], known, strict=True)), stored["notes"])
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, zlib.error) as error:
            _log.warning("%s is not used: %s", path, error)
            return cls()

    def save(self, path: Path) -> None:
        """Replace the file as a whole. One that can't be written costs time the next time."""
        stored = {
            "layout": _LAYOUT,
            "paths": list(self.files),
            "ids": [content_id for _, content_id in self.files.values()],
            "stamps": [number for stamp, _ in self.files.values() for number in stamp],
            "notes": self.notes,
        }
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            unfinished.write_bytes(zlib.compress(json.dumps(stored).encode(), _QUICK))
            unfinished.replace(path)
        except OSError as error:
            _log.warning("%s can't be written: %s", path, error)
