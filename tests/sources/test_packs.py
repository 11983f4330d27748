"""Packs that unfold to more than a process has, and those that real git makes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccingest.errors import DamagedSourceError, UnsupportedSourceError
from ccingest.sources.git import Access, deltas, fetching, packs
from ccingest.sources.git.deltas import check_no_duplicates
from ccingest.sources.git.fetching import fetch
from ccingest.sources.git.packs import PackEntry, check_sizes, entries_of, opened
from ccingest.sources.git.resolving import resolve
from ccingest.sources.references import parse_reference
from git_server import GitServer, commit, git, make_repository
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

GOOD = b"def hello():\n    return 1\n"
LARGE = b"\0" * 5000
MOST = 1000


@pytest.fixture(autouse=True)
def _small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (packs, deltas):
        monkeypatch.setattr(module, "MOST_UNFOLDED", MOST)
    monkeypatch.setattr(packs, "LARGEST_COMMIT", MOST)


def fetched(head: bytes, entries: Sequence[bytes], into: Path) -> str:
    """Fetch the commit with this id from a server that sends these entries."""
    with serving_pack(head, list(in_band(pack_of(entries)))) as server:
        ref = parse_reference(server.url)
        found = resolve(ref, branch=None, revision=None, access=Access())
        path, commit_id = fetch(ref, found, into=into, access=Access())
    assert not list(path.glob("objects/pack/pack_git2_*"))
    return commit_id


def fetched_with(entries: Sequence[bytes], made: bytes, into: Path) -> str:
    """A commit with the file that `entries` make, whose content is `made`."""
    tree = tree_of([(b"a.py", id_of(BLOB, GOOD)), (b"z.txt", id_of(BLOB, made))])
    top = commit_of(id_of(TREE, tree))
    rest = [stored(BLOB, GOOD), stored(TREE, tree), stored(COMMIT, top)]
    return fetched(id_of(COMMIT, top), [*entries, *rest], into)


BASE = b"x" * 900
AFTER = stored(BLOB, LARGE)  # its length is the distance to the next entry
SMALL = LARGE[:100]


@pytest.mark.parametrize(
    ("entries", "made"),
    [
        ([stored(BLOB, BASE), delta_by_id(id_of(BLOB, BASE), delta_of(900, 1100))], b"x" * 1100),
        ([AFTER, delta_by_id(id_of(BLOB, LARGE), delta_of(5000, 100))], SMALL),
        ([delta_by_id(id_of(BLOB, LARGE), delta_of(5000, 100)), AFTER], SMALL),
        ([AFTER, delta_by_distance(len(AFTER), delta_of(5000, 100))], SMALL),
        # The sizes of these are lies, which are found out after the base is unfolded.
        ([AFTER, delta_by_distance(len(AFTER), delta_of(10, 100))], SMALL),
        ([AFTER, delta_by_id(id_of(BLOB, LARGE), delta_of(10, 100))], SMALL),
        ([delta_by_id(id_of(BLOB, LARGE), delta_of(10, 100)), AFTER], SMALL),
        (
            [stored(BLOB, BASE), delta_by_id(id_of(BLOB, BASE), delta_of(900, 100) * 200)],
            BASE[:100],
        ),
    ],
    ids=["result", "base", "base after", "near base", *(f"lie {n}" for n in "123"), "delta"],
)
def test_a_delta_that_needs_too_much(entries: list[bytes], made: bytes, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedSourceError, match="add the clone"):
        fetched_with(entries, made, tmp_path)


def test_a_base_that_was_fetched_before(tmp_path: Path) -> None:
    fetched_with([stored(BLOB, LARGE)], LARGE, tmp_path)
    with pytest.raises(UnsupportedSourceError, match="add the clone"):
        fetched_with([delta_by_id(id_of(BLOB, LARGE), delta_of(10, 100))], SMALL, tmp_path)


HALF = b"x" * 50
NEAR_HALF = stored(BLOB, HALF)


@pytest.mark.parametrize(
    "entries",
    [
        [stored(BLOB, BASE), delta_by_id(id_of(BLOB, BASE), delta_of(900, 900))],
        [delta_by_id(id_of(BLOB, BASE), delta_of(900, 900)), stored(BLOB, BASE)],
        [
            *(NEAR_HALF, delta_by_distance(len(NEAR_HALF), delta_of(50, 60))),
            delta_by_id(id_of(BLOB, HALF), delta_of(50, 60)),
        ],
        [
            *(stored(BLOB, BASE), delta_by_id(id_of(BLOB, BASE), delta_of(900, 50))),
            delta_by_id(id_of(BLOB, HALF), delta_of(50, 900)),
        ],
    ],
    ids=["its base", "its base after", "two ways", "around"],
)
def test_an_object_that_is_made_twice(entries: list[bytes], tmp_path: Path) -> None:
    """libgit2 takes memory until there is none."""
    with pytest.raises(DamagedSourceError, match="a pack that is damaged"):
        fetched_with(entries, HALF, tmp_path)


@pytest.mark.parametrize(
    "entries",
    [
        [delta_by_id(id_of(BLOB, BASE), delta_of(900, 900))],
        [
            delta_by_id(id_of(BLOB, BASE), delta_of(900, 50)),
            delta_by_id(id_of(BLOB, HALF), delta_of(50, 900)),
        ],
    ],
    ids=["its base", "around"],
)
def test_an_object_that_is_made_of_itself_as_it_was_fetched(
    entries: list[bytes], tmp_path: Path
) -> None:
    fetched_with([stored(BLOB, BASE)], BASE, tmp_path)
    with pytest.raises(DamagedSourceError, match="a pack that is damaged"):
        fetched_with(entries, HALF, tmp_path)


def test_a_base_that_was_fetched_before_is_used(tmp_path: Path) -> None:
    fetched_with([stored(BLOB, BASE)], BASE, tmp_path)
    entries = [delta_by_id(id_of(BLOB, BASE), delta_of(900, 50))]
    tree = tree_of([(b"z.txt", id_of(BLOB, HALF))])
    top = commit_of(id_of(TREE, tree), b"2")
    fetched(id_of(COMMIT, top), [*entries, stored(TREE, tree), stored(COMMIT, top)], tmp_path)
    found = pygit2.Repository(tmp_path / "repository.git")[id_of(BLOB, HALF).hex()]
    assert isinstance(found, pygit2.Blob)
    assert found.data == HALF


def test_deltas_within_bounds_and_large_files(tmp_path: Path) -> None:
    near = stored(BLOB, BASE)
    made = BASE + BASE[:100]
    entries = [AFTER, near, delta_by_distance(len(near), delta_of(900, 1000))]
    commit_id = fetched_with(entries, made, tmp_path)
    repository = pygit2.Repository(tmp_path / "repository.git")
    tree = repository[commit_id].peel(pygit2.Tree)
    assert isinstance(blob := tree["z.txt"], pygit2.Blob)
    assert blob.data == made
    assert repository[id_of(BLOB, LARGE).hex()].id


@pytest.mark.parametrize("kind", [COMMIT, TAG])
def test_a_long_message(kind: int, tmp_path: Path) -> None:
    tree = tree_of([(b"a.py", id_of(BLOB, GOOD))])
    top = commit_of(id_of(TREE, tree), b"x" * (MOST if kind == COMMIT else 1))
    entries = [stored(BLOB, GOOD), stored(TREE, tree), stored(COMMIT, top)]
    head = id_of(COMMIT, top)
    if kind == TAG:
        tag = b"object %s\ntype commit\ntag v\n\n%s" % (head.hex().encode(), b"x" * MOST)
        entries.append(stored(TAG, tag))
        head = id_of(TAG, tag)
    with pytest.raises(UnsupportedSourceError, match="commit or tag"):
        fetched(head, entries, tmp_path)


def test_too_many_objects(
    git_server: GitServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_MOST_OF_COMMIT", 3)
    git_server.add("o/r", {"a.py": "x = 1\n", "b.py": "y = 1\n"})
    ref = parse_reference(f"{git_server.url}/o/r")
    found = resolve(ref, branch=None, revision=None, access=Access())
    with pytest.raises(UnsupportedSourceError, match="sends 4 objects; ccingest takes at most 3"):
        fetch(ref, found, into=tmp_path, access=Access())


def test_what_a_killed_transfer_left_is_removed(git_server: GitServer, tmp_path: Path) -> None:
    git_server.add("o/r", {"a.py": "x = 1\n"})
    left = tmp_path / "repository.git" / "objects" / "pack" / "pack_git2_abcdef"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"PACK")
    ref = parse_reference(f"{git_server.url}/o/r")
    found = resolve(ref, branch=None, revision=None, access=Access())
    fetch(ref, found, into=tmp_path, access=Access())
    assert not left.exists()


@pytest.fixture
def real_pack(tmp_path: Path) -> Path:
    """A pack of git's with both kinds of deltas."""
    text = "".join(f"line {number}\n" for number in range(3000))
    make_repository(tmp_path, {f"{n}.txt": text + f"{n}\n" for n in range(20)})
    commit(tmp_path, {f"{n}.txt": f"{n}\n" + text for n in range(20)})
    git(tmp_path, "repack", "-adfq", "--depth=5")
    return next(tmp_path.glob("objects/pack/*.pack"))


def test_entries_of_a_real_pack(real_pack: Path) -> None:
    told = git(real_pack.parent, "verify-pack", "-v", str(real_pack))
    # id, type, size, size in the pack, offset, and of a delta its depth and base
    rows = re.findall(r"^[0-9a-f]{40} \w+ +(\d+) \d+ (\d+)( \d+ [0-9a-f]{40})?$", told, re.M)
    sizes = {int(offset): (int(size), bool(base)) for size, offset, base in rows}
    found = listed(real_pack)
    assert {entry.offset for entry in found} == set(sizes)
    assert sum(entry.base is not None for entry in found) > 10
    for entry in found:
        size, is_delta = sizes[entry.offset]
        assert entry.size == size
        assert (entry.base is not None) == is_delta
        assert not isinstance(entry.base, int) or entry.base in sizes


def test_bounds_of_a_real_pack(real_pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deltas = [entry for entry in listed(real_pack) if entry.base is not None]
    largest = max(max(entry.size, entry.base_size, entry.result_size) for entry in deltas)
    with opened(real_pack) as pack:
        monkeypatch.setattr(packs, "MOST_UNFOLDED", largest)
        assert not check_sizes(pack, lambda _: None, lambda: None)
        monkeypatch.setattr(packs, "MOST_UNFOLDED", largest - 1)
        with pytest.raises(UnsupportedSourceError):
            check_sizes(pack, lambda _: None, lambda: None)


@pytest.mark.parametrize("bases", ["by offsets", "by ids"])
def test_all_objects_of_a_real_pack_are_resolved(
    real_pack: Path, bases: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (packs, deltas):
        monkeypatch.setattr(module, "MOST_UNFOLDED", 10_000_000)
    told = git(real_pack.parent, "verify-pack", "-v", str(real_pack))
    ids = re.findall(r"^([0-9a-f]{40}) \w+ ", told, re.M)
    options = ["--delta-base-offset"] if bases == "by offsets" else []
    name = tmp_path / "again"
    made = git(
        real_pack.parent.parent.parent,
        *("pack-objects", "-q", "--depth=5", *options, str(name)),
        stdin="\n".join(ids).encode(),
    )
    with opened(Path(f"{name}-{made}.pack")) as pack:
        assert check_sizes(pack, lambda _: None, lambda: None) == (bases == "by ids")
        found = check_no_duplicates(pack, lambda _: None, lambda: None)
    assert {oid.hex() for oid in found} == set(ids)


def listed(pack: Path) -> list[PackEntry]:
    with opened(pack) as mapped:
        return list(entries_of(mapped))


@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_pack_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Never another error, whatever the bytes."""
    whole = pack_of([AFTER, delta_by_distance(len(AFTER), delta_of(5000, 100)), stored(BLOB, GOOD)])
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.sampled_from(
            [
                whole[:place],
                whole[:place] + b"\xff" + whole[place + 1 :],
                whole[:place] + b"\xff" * 100 + whole[place:],
                whole[place:],
            ]
        )
    )
    path = tmp_path_factory.getbasetemp() / "damaged.pack"
    path.write_bytes(damaged)
    try:
        with opened(path) as pack:
            check_sizes(pack, lambda _: None, lambda: None)
            check_no_duplicates(pack, lambda _: None, lambda: None)
    except (DamagedSourceError, UnsupportedSourceError):
        pass
