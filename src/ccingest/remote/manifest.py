"""The manifest of a table version: which objects its files are in, and their checksums."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from ccingest.disk import NotRegularError, read_regular
from ccingest.errors import StoreError

NAME = "manifest.json"
LARGEST_MANIFEST = 64 * 1024 * 1024  # bytes
_LAYOUT = 1
_INDEX = "_index/"
# What names a file of a table or an object. Nothing in it leads out of a folder.
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a table, and the bytes of an object that it is."""

    path: str  # in the table
    size: int
    checksum: int  # CRC-32
    object: str  # its key below the place of all tables
    start: int  # byte of the object

    @property
    def is_index(self) -> bool:
        """Whether a question reads it."""
        return self.path.startswith(_INDEX)


@dataclass(frozen=True, slots=True)
class TableManifest:
    """The files of one version of a table."""

    version: int
    files: tuple[StoredFile, ...]

    @property
    def objects(self) -> frozenset[str]:
        return frozenset(file.object for file in self.files)

    @property
    def index_size(self) -> int:
        """Bytes that a question may read."""
        return sum(file.size for file in self.files if file.is_index)

    def to_json(self) -> bytes:
        files = [astuple(file) for file in self.files]
        return json.dumps(
            {"layout": _LAYOUT, "version": self.version, "files": files}, separators=(",", ":")
        ).encode()


def manifest_of(data: bytes, name: str) -> TableManifest:
    """Raises StoreError for what is no manifest of this layout."""
    try:
        found = json.loads(data)
        if found["layout"] != _LAYOUT:
            raise ValueError("it is of another layout; upgrade ccingest")
        files = tuple(_file(*values) for values in found["files"])
        return TableManifest(int(found["version"]), files)
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"The manifest of the table {name} can't be read: {error}.") from error


def read_manifest(path: Path, name: str) -> TableManifest | None:
    """A manifest that is kept on this disk; None when there is none, or it is damaged."""
    try:
        return manifest_of(read_regular(path, LARGEST_MANIFEST), name)
    except (FileNotFoundError, NotRegularError, ValueError, StoreError):
        return None


def in_objects(files: Iterable[StoredFile]) -> list[Sequence[StoredFile]]:
    """The files by the object that they are in, each in the order of their bytes."""
    found: dict[str, list[StoredFile]] = {}
    for file in files:
        found.setdefault(file.object, []).append(file)
    return [sorted(some, key=lambda file: file.start) for some in found.values()]


def _file(path: str, size: int, checksum: int, key: str, start: int) -> StoredFile:
    numbers = (size, checksum, start)
    if any(type(number) is not int or number < 0 for number in numbers):
        raise ValueError("a number of it is none")
    if not (_SAFE.fullmatch(path) and _SAFE.fullmatch(key)):
        raise ValueError("it names a file that no table has")
    return StoredFile(path, size, checksum, key, start)
