"""A bundle from elsewhere is hostile until it is checked: nothing of it is half taken over."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import numpy as np
import pytest

from bundles.kit import Change, changed, contents, rows, set_in, set_rows, zipped
from ccingest import Client
from ccingest.app import pulling
from ccingest.bundles import archive
from ccingest.bundles.limits import MIB
from ccingest.bundles.reading import _some
from ccingest.bundles.rows import chunk_of, line_of_chunk
from ccingest.errors import BundleError, CcingestError, UsageError
from ccingest.models import Chunk

PROBE = "add two numbers"


def in_manifest(path: str, value: object) -> Change:
    return lambda _, manifest: set_in(manifest, path, value)


def in_row(member: str, column: int, value: object, row: int = 0) -> Change:
    def change(members: dict[str, bytes], _: dict[str, Any]) -> None:
        found = rows(members, member)
        found[row][column] = value
        set_rows(members, member, found)

    return change


def with_rows(member: str, edit: Callable[[list[list[Any]]], object], **counts: int) -> Change:
    def change(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        found = rows(members, member)
        edit(found)
        set_rows(members, member, found)
        manifest.update(counts)

    return change


def with_member(name: str, data: bytes) -> Change:
    return lambda members, _: members.update({name: data})


def in_vectors(value: float) -> Change:
    def change(members: dict[str, bytes], _: dict[str, Any]) -> None:
        members["vectors.f32"] = struct.pack("<f", value) + members["vectors.f32"][4:]

    return change


def with_path(path: str) -> Change:
    def change(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        for member, column in (("files.jsonl", 0), ("chunks.jsonl", 1)):
            found = rows(members, member)
            for row in found:
                row[column] = path if row[column] == "sums.py" else row[column]
            set_rows(members, member, found)

    return change


def wider(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    """Twice the dimensions, with vectors for them."""
    manifest["dimensions"] *= 2
    members["vectors.f32"] *= 2


REFUSED: dict[str, Change] = {
    "a path above": with_path("../../.bashrc"),
    "an absolute path": with_path("/etc/passwd"),
    "a path in .git": with_path("a/.git/config"),
    "a path with a NUL": with_path("a\0b"),
    "a path that is no text": with_path("a\ud800"),
    "no path": with_path(""),
    "a dataset with control characters": in_manifest("dataset", "shop\x1b[2J"),
    "a dataset without a name": in_manifest("dataset", ""),
    "a dataset with a long name": in_manifest("dataset", "a" * 300),
    "all datasets": in_manifest("dataset", "all"),
    "a name of another type": in_manifest("dataset", ["shop"]),
    "an unknown format": in_manifest("version", 2),
    "another format": in_manifest("format", "something"),
    "no version": in_manifest("version", None),
    "an embedder of nobody": in_manifest("embedder", "acme-embed-9"),
    "a retired embedder": in_manifest("embedder", "ccingest-static-1"),
    "an embedder in a folder": in_manifest("embedder", "/etc"),
    "an embedder in a folder here": in_manifest("embedder", "./models"),
    "an embedder that is sent questions": in_manifest("embedder", "openai:text-embedding-3-small"),
    "an unknown provider": in_manifest("embedder", "acme:model"),
    "wrong dimensions": in_manifest("dimensions", 128),
    "more dimensions": wider,
    "no dimensions": in_manifest("dimensions", 0),
    "dimensions as text": in_manifest("dimensions", "256"),
    "a revision that is none": in_manifest("revision", "main"),
    "a branch that is none": in_manifest("branch", "../main"),
    "a branch as a flag": in_manifest("wantedBranch", "--upload-pack=x"),
    "a glob that is none": in_manifest("options.include", ["a" * 5000]),
    "a glob as text": in_manifest("options.include", "*.py"),
    "a crawl of an unknown kind": in_manifest("options.crawl_mode", "all"),
    "too many pages": in_manifest("options.max_pages", 10**9),
    "a time that is none": in_manifest("madeAt", "yesterday"),
    "the end of all time": in_manifest("madeAt", "2099-99-99T00:00:00.000Z"),
    "another count of files": in_manifest("files", 2),
    "another count of chunks": in_manifest("chunks", 4),
    "a huge count of files": in_manifest("files", 10**12),
    "a huge count of chunks": in_manifest("chunks", 10**12),
    "a negative count": in_manifest("chunks", -1),
    "a count that is true": in_manifest("skipped", True),
    "another count of skipped files": in_manifest("skipped", 0),
    "too many skipped files": in_manifest("skipped", 2),
    "a member more": in_manifest("members.more", {"bytes": 1, "sha256": "0" * 64}),
    "a member less": lambda _, manifest: manifest["members"].pop("chunks.jsonl"),
    "NaN": in_vectors(float("nan")),
    "infinity": in_vectors(float("inf")),
    "a vector of a huge length": in_vectors(1e30),
    "a vector that beats all others": in_vectors(2.0),
    "fewer vectors": lambda members, _: members.update(
        {"vectors.f32": members["vectors.f32"][:-1024]}
    ),
    "a part of a float": lambda members, _: members.update(
        {"vectors.f32": members["vectors.f32"][:-1]}
    ),
    "more vectors": lambda members, _: members.update({"vectors.f32": members["vectors.f32"] * 2}),
    "a file twice": with_rows("files.jsonl", lambda found: found.append(found[0])),
    "a file less": with_rows("files.jsonl", lambda found: found.pop(), files=2),
    "a file without chunks": in_row("files.jsonl", 3, 0),
    "a file with a billion chunks": in_row("files.jsonl", 3, 10**9),
    "chunks that are text": in_row("files.jsonl", 3, "1"),
    "a language that is a list": in_row("files.jsonl", 2, []),
    "a long id": in_row("files.jsonl", 1, "a" * 1000),
    "a chunk twice": with_rows("chunks.jsonl", lambda found: found.__setitem__(1, found[0])),
    "a chunk of no file": in_row("chunks.jsonl", 1, "else.py"),
    "a chunk at no place": in_row("chunks.jsonl", 0, 7),
    "a chunk at a negative place": in_row("chunks.jsonl", 0, -1),
    "a chunk less": with_rows("chunks.jsonl", lambda found: found.pop()),
    "a value less": with_rows("chunks.jsonl", lambda found: found[0].pop()),
    "a chunk that ends before it begins": in_row("chunks.jsonl", 3, 0),
    "a line that no number holds": in_row("chunks.jsonl", 3, 2**40),
    "a text that is none": in_row("chunks.jsonl", 7, "a\ud800b"),
    "a huge text": in_row("chunks.jsonl", 7, "a" * (9 * 1024 * 1024)),
    "a text that is a number": in_row("chunks.jsonl", 7, 1),
    "an overlap that is longer": in_row("chunks.jsonl", 8, 10**6),
    "symbols that are no list": in_row("chunks.jsonl", 9, "abc"),
    "many symbols": in_row("chunks.jsonl", 9, ["a"] * 20_000),
    "a kind with escapes": in_row("chunks.jsonl", 6, "\x1b]0;x\x07"),
    "a reason that is none": in_row("skipped.jsonl", 1, "because"),
    "chunks that are no JSON": with_member("chunks.jsonl", b"{\n"),
    "chunks that are no text": with_member("chunks.jsonl", b"\xff\xfe\n"),
    "chunks that are nested": with_member("chunks.jsonl", b"[" * 200_000 + b"\n"),
    "a number with many digits": with_member("files.jsonl", b"[" + b"9" * 100_000 + b"]\n"),
    "a manifest that is a list": with_member("manifest.json", b"[]"),
    "a manifest that is nested": with_member("manifest.json", b"[" * 500_000),
    "no manifest": with_member("manifest.json", b""),
    "a huge manifest": with_member("manifest.json", b" " * 2_000_000),
    "a member with another name": with_member("../../evil", b"x"),
    "a link": with_member("link", b"/etc/passwd"),
}
SOURCES = {
    "a password": "https://user:secret@github.com/org/shop.git",
    "a token": "https://ghp_0123456789abcdefghijABCDEFGHIJ012345@github.com/org/shop.git",
    "a file": "file:///etc",
    "a path": "/etc",
    "another scheme": "ssh://git@github.com/org/shop.git",
    "a command": "ext::sh -c touch% /tmp/x",
    "a flag": "--upload-pack=x",
    "another repository": "https://github.com/org/other.git",
    "control characters": "https://github.com/org/\x1bshop.git",
    "this machine": "https://127.0.0.1/org/shop.git",
    "this machine by a number": "https://2130706433/org/shop.git",
    "this machine by its name": "https://localhost/org/shop.git",
    "the network of this machine": "https://10.0.0.5:8443/org/shop.git",
    "the metadata of a cloud": "https://169.254.169.254/org/shop.git",
    "no encryption": "http://github.com/org/shop.git",
}


def refusal_of(client: Client, path: Path, shop: str | None) -> str:
    """What a pull is refused with. The home is as it was: nothing of the bundle is in it."""
    before = facts(client)
    with pytest.raises(CcingestError) as error:
        client.pull(path, source=shop)
    assert error.value.kind != "internal", error.value
    assert not error.value.retryable
    assert error.value.message.count("\n") == 0
    assert len(error.value.message) < 500
    assert "secret" not in error.value.message
    assert facts(client) == before
    return error.value.message


def facts(client: Client) -> tuple[object, ...]:
    home = client._home
    tables = home.store.names()
    answers = [(hit.path, hit.score) for hit in client.search(PROBE)] if tables else []
    return client.datasets(), tables, answers, sorted(home.settings.tables.iterdir())


@pytest.fixture(scope="module")
def having(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A home that has the dataset already, made of the repository itself. No test changes it."""
    with Client(tmp_path_factory.mktemp("having")) as client:
        client.ingest(str(made / "shop"))
        yield client


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_it_is_refused(change: Change, bundle: Path, shop: str, having: Client) -> None:
    before = facts(having)
    path = changed(bundle, change)
    with pytest.raises((BundleError, UsageError)) as error:
        having.pull(path, source=shop, force=True)
    assert error.value.message.count("\n") == 0
    assert facts(having) == before
    assert not list((having._home.settings.home / "lance").glob("*.trash"))


@pytest.mark.parametrize("location", SOURCES.values(), ids=SOURCES)
def test_a_source_is_refused(location: str, bundle: Path, laptop: Client) -> None:
    host = location.partition("://")[2].partition("/")[0].rpartition("@")[2]
    is_hosted = location.startswith(("https://", "http://"))
    source = {
        "kind": "github",
        "name": "org/shop",
        "location": location,
        "host": host if is_hosted else "github.com",
    }
    path = changed(bundle, in_manifest("source", source))
    refusal_of(laptop, path, None)
    assert laptop.jobs() == []


@pytest.mark.parametrize("kind", ["folder", "web", "acme", "", None])
def test_a_source_of_another_kind_is_refused(kind: object, bundle: Path, laptop: Client) -> None:
    refusal_of(laptop, changed(bundle, in_manifest("source.kind", kind)), None)


def test_a_wrong_checksum_is_noticed(bundle: Path, shop: str, laptop: Client) -> None:
    """The archive's own checksums are right: the members are not those of the manifest."""
    edits = {
        "files.jsonl": (b"python", b"pythom"),
        "chunks.jsonl": (b"def add", b"def sub"),
        "skipped.jsonl": (b"logo", b"lego"),
    }
    for member, (old, new) in edits.items():

        def change(members: dict[str, bytes], _: object, name: str = member) -> None:
            members[name] = members[name].replace(old, new)  # noqa: B023 - used at once

        path = changed(bundle, change, is_sealed=False)
        assert f"{member} of the bundle is not as" in refusal_of(laptop, path, shop)
    path = changed(bundle, in_vectors(0.0), is_sealed=False)
    assert "vectors.f32 of the bundle is not as" in refusal_of(laptop, path, shop)


def test_a_cut_or_damaged_file_is_refused(bundle: Path, shop: str, laptop: Client) -> None:
    """At any place: what it raises is an error of ours, in one sentence."""
    whole = bundle.read_bytes()
    chance = random.Random(1)
    for _ in range(25):
        cut = chance.randrange(len(whole))
        bundle.write_bytes(whole[:cut])
        refusal_of(laptop, bundle, shop)
    kinds = []
    for _ in range(40):
        place, bits = chance.randrange(len(whole)), chance.randrange(1, 256)
        bundle.write_bytes(whole[:place] + bytes([whole[place] ^ bits]) + whole[place + 1 :])
        with suppress(CcingestError):  # a bit of what no reader looks at changes nothing
            laptop.pull(bundle, source=shop, force=True)
            continue
        kinds.append(laptop.jobs(limit=1)[0].error_kind if laptop.jobs() else "bundle")
    assert len(kinds) >= 25
    assert "internal" not in kinds


def test_a_bomb_is_refused_before_it_is_unpacked(bundle: Path, shop: str, laptop: Client) -> None:
    members = contents(bundle)
    path = bundle.with_name("bomb.ccbundle")
    with ZipFile(path, "w") as bomb:
        for name, data in members.items():
            is_large = name == "chunks.jsonl"
            bomb.writestr(
                name,
                bytes(50_000_000) if is_large else data,
                ZIP_DEFLATED if is_large else ZIP_STORED,
            )
    assert path.stat().st_size < 100_000
    assert "100 times its size" in refusal_of(laptop, path, shop)


def test_more_members_than_a_bundle_has_are_not_even_listed(
    bundle: Path, shop: str, laptop: Client
) -> None:
    path = bundle.with_name("many.ccbundle")
    with ZipFile(path, "w") as many:
        for number in range(20_000):
            many.writestr(f"{number:060}", b"")
    assert "list of what is in the bundle" in refusal_of(laptop, path, shop)


def test_other_kinds_of_archives_are_refused(bundle: Path, shop: str, laptop: Client) -> None:
    members = contents(bundle)
    path = bundle.with_name("other.ccbundle")
    with ZipFile(path, "w", ZIP_LZMA) as other:
        for name, data in members.items():
            other.writestr(name, data)
    assert "packed in a way" in refusal_of(laptop, path, shop)
    zipped(path, members)
    with pytest.warns(UserWarning, match="Duplicate"), ZipFile(path, "a") as twice:
        twice.writestr("manifest.json", members["manifest.json"])
    assert "other members" in refusal_of(laptop, path, shop)
    flags = bytearray(zipped(path, members).read_bytes())
    for place in range(len(flags) - 10):  # all members are encrypted, as their flags say
        if flags[place : place + 4] == b"PK\x01\x02":
            flags[place + 8] |= 1
    path.write_bytes(flags)
    assert "packed in a way" in refusal_of(laptop, path, shop)


def test_a_damaged_vector_would_be_noticed_by_the_store_as_well(
    bundle: Path, shop: str, laptop: Client
) -> None:
    """The bound is the model's: one part in a hundred for rounding, and no more."""

    def longer(members: dict[str, bytes], _: object) -> None:
        vectors = np.frombuffer(members["vectors.f32"], dtype="<f4")
        members["vectors.f32"] = (vectors * 1.02).astype("<f4").tobytes()

    assert "no model gives" in refusal_of(laptop, changed(bundle, longer), shop)


def test_the_bounds_hold_while_it_is_read(
    bundle: Path, shop: str, laptop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_LINE", 20)
    assert "too long or cut" in refusal_of(laptop, bundle, shop)


def test_lists_of_files_are_bounded(
    bundle: Path, shop: str, laptop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_LISTED", 20)
    assert "files.jsonl of the bundle is larger" in refusal_of(laptop, bundle, shop)


@pytest.mark.parametrize("limit", ["MOST_FILE_TEXTS", "MOST_SKIPPED_TEXTS"])
def test_what_is_held_of_lists_is_bounded(
    bundle: Path, shop: str, laptop: Client, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """A file of 5 MB unpacks to half a gigabyte of paths, and a letter may take four bytes."""

    def wide(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
        face = chr(0x1F600) * 900
        lines = [f'["{number}{face}","too_large",""]\n' for number in range(9)]
        members["skipped.jsonl"] = "".join(lines).encode()
        manifest["skipped"] = len(lines)

    path = changed(bundle, wide)
    monkeypatch.setattr(f"ccingest.bundles.reading.{limit}", 9 * 3600)
    if limit == "MOST_FILE_TEXTS":
        monkeypatch.setattr(f"ccingest.bundles.reading.{limit}", 250)
    assert "longer paths, than can be held" in refusal_of(laptop, path, shop)
    monkeypatch.undo()
    assert laptop.pull(path, source=shop).job.status == "completed"


def test_a_disk_without_room_is_noticed_before_it_is_full(
    bundle: Path, shop: str, laptop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(free=5000)
    monkeypatch.setattr(pulling.shutil, "disk_usage", lambda _: free)  # type: ignore[attr-defined]
    assert "has less" in refusal_of(laptop, bundle, shop)
    assert laptop.jobs()[0].error_kind == "storage_full"


def test_a_model_that_gets_the_questions_has_to_be_named(
    bundle: Path, shop: str, laptop: Client
) -> None:
    def provided(_: object, manifest: dict[str, Any]) -> None:
        manifest["embedder"] = "openai:acme#256"

    path = changed(bundle, provided)
    assert "would be sent to openai:acme" in refusal_of(laptop, path, shop)
    assert laptop.pull(path, source=shop, model="openai:acme#256").job.status == "completed"


def test_long_chunks_are_read_a_few_at_a_time() -> None:
    line = line_of_chunk(0, Chunk("a", 1, 1, "", "", "", "x" * (MIB - 100)))
    lines = iter([line] * 50)
    assert len(list(_some(lines))) == 5
    assert len(list(_some(lines))) == 5
    assert (
        len(list(_some(iter([line_of_chunk(0, Chunk("a", 1, 1, "", "", "", "x"))] * 2000)))) == 1024
    )
    with pytest.raises(BundleError, match="no text of at most 1,048,576"):
        chunk_of(line_of_chunk(0, Chunk("a", 1, 1, "", "", "", "x" * (MIB + 1))))
