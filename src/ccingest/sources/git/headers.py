"""Kinds and sizes of objects, from their headers: an object of gigabytes may take a megabyte on the disk."""

from __future__ import annotations

import re

import pygit2
from pygit2.enums import ObjectType

from ccingest.errors import UnsupportedSourceError
from ccingest.sources.git.library import READS_HEADERS
from ccingest.sources.git.packs import LARGEST_COMMIT

_TAGGED = re.compile(rb"object ([0-9a-f]{40})\n")
_MOST_TAGS = 100  # of tags


def header_of(odb: pygit2.Odb, oid: pygit2.Oid) -> tuple[int, int]:
    """Raises what pygit2 raises for an object that is missing or damaged."""
    if READS_HEADERS:
        kind, size = odb.read_header(oid)
        return int(kind), int(size)
    kind, data = odb.read(oid)
    return int(kind), len(data)


def require_small(odb: pygit2.Odb, oid: pygit2.Oid, name: str) -> None:
    """Before a commit or tag is read. Raises UnsupportedSourceError for a large one."""
    kind, size = header_of(odb, oid)
    if kind in (ObjectType.COMMIT, ObjectType.TAG) and size > LARGEST_COMMIT:
        raise UnsupportedSourceError(
            f"{name} has a commit or tag of over {LARGEST_COMMIT // 2**20} MiB; ccingest takes no "
            "repository with one."
        )


def tagged_by(odb: pygit2.Odb, oid: pygit2.Oid) -> pygit2.Oid:
    """What a tag is of, if it is one, and of tags of tags the last one. Reads nothing else.

    Raises what pygit2 raises for one that is missing or damaged.
    """
    for _ in range(_MOST_TAGS):
        kind, size = header_of(odb, oid)
        if kind != ObjectType.TAG or size > LARGEST_COMMIT:
            break
        found = _TAGGED.match(bytes(odb.read(oid)[1]))
        if not found:
            raise ValueError(oid)
        oid = pygit2.Oid(hex=found[1].decode())
    return oid
