"""The description of a shard: which versions of datasets it holds, and its files.

It is written last, so that a shard is there when it is. It has a checksum of its own. What is of
another layout, or does not fit its files, is not used, and made again from the tables.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccingest.disk import read_regular
from ccingest.store.stamps import FileStatus, status_of

LAYOUT = 2  # another number when what is in a shard changes, or what it was computed with
SUFFIX = ".members"
INDEX_SUFFIX, CONTENT_SUFFIX = ".shard", ".content"
LARGEST = 256 * 1024 * 1024  # bytes of a description; one of 100,000 members has 6 MB
SUFFIXES = (INDEX_SUFFIX, CONTENT_SUFFIX)


@dataclass(frozen=True, slots=True)
class Member:
    """A version of a dataset that was published."""

    table: str
    version: int
    published: str  # when: a home that is made again uses the names of tables again


@dataclass(frozen=True, slots=True)
class Description:
    """What is in a shard."""

    folder: Path
    name: str
    embedder: str
    members: tuple[Member, ...]
    sizes: tuple[int, ...]  # chunks of each member
    files: Mapping[str, FileStatus]  # by suffix, as they were written

    @property
    def chunks(self) -> int:
        return sum(self.sizes)

    @property
    def bytes(self) -> int:
        return sum(status.size for status in self.files.values())

    def path(self, suffix: str) -> Path:
        return self.folder / f"{self.name}{suffix}"

    def is_whole(self) -> bool:
        """Whether its files are there with the sizes that they had. Raises OSError."""
        found = {suffix: status_of(self.path(suffix)) for suffix in SUFFIXES}
        return all(
            status and status.size == self.files[name].size for name, status in found.items()
        )

    def is_known(self, suffix: str) -> bool:
        """Whether the file is as it was written, as far as its times tell. Raises OSError."""
        return status_of(self.path(suffix)) == self.files[suffix]


def write_description(shard: Description) -> None:
    """Bring the description to the disk. Raises OSError."""
    text = description_text(shard).encode()
    unfinished = shard.path(".tmp")
    with unfinished.open("wb") as file:
        file.write(b"%08x\n%b" % (zlib.crc32(text), text))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(shard.path(SUFFIX))


def description_text(shard: Description) -> str:
    """The description as JSON."""
    return json.dumps(
        {
            "layout": LAYOUT,
            "embedder": shard.embedder,
            "members": [[one.table, one.version, one.published] for one in shard.members],
            "sizes": shard.sizes,
            "files": {
                suffix: [status.size, status.modified, status.changed]
                for suffix, status in shard.files.items()
            },
        }
    )


def read_description(path: Path) -> Description:
    """Raises OSError, and ValueError for one that is damaged or of another layout."""
    checksum, _, text = read_regular(path, LARGEST).partition(b"\n")
    if checksum != b"%08x" % zlib.crc32(text):
        raise ValueError("its checksum is wrong")
    return described_in(path.parent, path.stem, json.loads(text))


def described_in(folder: Path, name: str, found: Any) -> Description:
    """The shard in this folder that JSON describes. Raises ValueError for one of another layout."""
    if found["layout"] != LAYOUT:
        raise ValueError("it is of another layout")
    return Description(
        folder,
        name,
        found["embedder"],
        tuple(Member(*values) for values in found["members"]),
        tuple(found["sizes"]),
        {suffix: FileStatus(*values) for suffix, values in found["files"].items()},
    )
