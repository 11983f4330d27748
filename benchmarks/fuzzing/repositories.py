"""A git server on the loopback address that sends packs of its own making, and a job's fetch from it."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

from ccingest.errors import CcingestError
from ccingest.sources.git import Access, GitSnapshot
from ccingest.sources.git.fetching import fetch
from ccingest.sources.git.resolving import resolve
from ccingest.sources.references import parse_reference

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "tests"))

from pack_server import (
    BLOB,
    COMMIT,
    TAG,
    TREE,
    commit_of,
    delta_by_distance,
    delta_by_id,
    delta_of,
    id_of,
    in_band,
    pack_of,
    serving_pack,
    stored,
    tree_of,
)

_SIZES = (0, 1, 1, 10, 10, 100, 100, 100, 1000, 5000, 5000, 20_000_000)
_UNFOLDED = (100, 5000, 30_000_000, 1 << 31)
_LIES = (*_UNFOLDED, 1 << 40, 1 << 62)
_MOST_READ = 20


def packs(random: Random) -> Iterator[str]:
    """One pack into a new folder, or two: the second may need what the first has brought."""
    with tempfile.TemporaryDirectory() as folder:
        known: list[tuple[int, bytes]] = []
        for _ in range(random.choice([1, 1, 2])):
            head, entries = _made(random, known)
            pack = _damaged(random, pack_of(entries))
            with serving_pack(head, list(in_band(pack))) as server:
                yield from _fetched(server.url, Path(folder))


def _fetched(url: str, folder: Path) -> Iterator[str]:
    ref = parse_reference(url)
    try:
        found = resolve(ref, branch=None, revision=None, access=Access())
        path, commit = fetch(ref, found, into=folder, access=Access())
        snapshot = GitSnapshot(ref, path, commit)
        for entry in islice(snapshot.entries(), _MOST_READ):
            name = entry.path.decode("utf8", "replace")
            yield name
            size = snapshot.size(name, entry.content_id)
            if size is not None and size < 1_000_000:
                snapshot.read(name, entry.content_id)
    except CcingestError as error:
        yield error.message


def _made(random: Random, known: list[tuple[int, bytes]]) -> tuple[bytes, list[bytes]]:
    """The id of a commit, and what a pack with it holds. `known` are sizes and ids of blobs."""
    entries: list[bytes] = []
    blobs = list(known)
    for _ in range(random.randrange(1, 8)):
        content = random.choice([b"\0", b"x = 1\n", b"\xff"]) * random.choice(_SIZES)
        lie = random.choice([*[None] * 9, random.choice(_LIES)])
        entries.append(stored(BLOB, content, size=lie))
        blobs.append((len(content), id_of(BLOB, content)))
    for _ in range(random.choice([0, 1, 3, 30])):
        size, base = random.choice(blobs)
        said = random.choice([size, size, 10]) or 1
        # An instruction copies no more than the base has.
        delta = delta_of(said, random.choice([n for n in _UNFOLDED if n <= 1000 * said]))
        if random.random() < 0.2:
            delta = delta[: random.randrange(len(delta))]
        if random.random() < 0.5:
            entries.append(delta_by_id(base, delta))
        else:
            entries.append(delta_by_distance(random.choice([len(entries[-1]), 5, 1 << 40]), delta))
    if random.random() < 0.3:
        random.shuffle(entries)
    known[:] = blobs
    files = [(random.choice([b"a.py", b"b/../c", b"", b"\xff", b"d"]), oid) for _, oid in blobs]
    tree = tree_of(files) * random.choice([1, 1, 1, 1000])
    top = commit_of(id_of(TREE, tree), b"x" * random.choice([1, 1, 20_000_000]))
    entries += [stored(TREE, tree), stored(COMMIT, top)]
    head = id_of(COMMIT, top)
    for _ in range(random.choice([0, 0, 0, 1, 500])):
        kind = random.choice([b"commit", b"tag", b"tree"])
        tag = b"object %s\ntype %s\ntag v\n\n" % (head.hex().encode(), kind)
        entries.append(stored(TAG, tag))
        head = id_of(TAG, tag)
    return head, entries


def _damaged(random: Random, pack: bytes) -> bytes:
    if random.random() < 0.7:
        return pack
    parts = bytearray(pack[:-20])
    for _ in range(random.choice([1, 3, 20])):
        parts[random.randrange(len(parts))] = random.randrange(256)
    whole = parts + hashlib.sha1(parts, usedforsecurity=False).digest()
    return bytes(whole[: random.choice([len(whole), random.randrange(len(whole))])])
