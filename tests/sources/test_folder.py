"""A folder as a source: what is listed, what is left out, and what is read again."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path

import pytest

from ccingest.errors import (
    FolderNotFoundError,
    InvalidReferenceError,
    StoreError,
    UsageError,
)
from ccingest.models import PreparedVersion, SelectedFile
from ccingest.pipeline.ingest import ingest
from ccingest.pipeline.request import IngestRequest
from ccingest.progress import Progress, TransferProgress
from ccingest.selection import plan_files
from ccingest.settings import Settings
from ccingest.sources.folder import files, known, walking
from ccingest.sources.folders import parse_folder
from ccingest.sources.links import file_on_disk, link_to_lines
from ccingest.sources.opening import forget_source
from git_server import git
from sources.folder_kit import ids, kinds, listed, source_of, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notes"
    write(made, {"a.py": "def one():\n    return 1\n", "docs/b.md": "# Two\n\nText.\n"})
    return made


@pytest.fixture
def read_paths(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the files whose content is read."""
    found: list[str] = []
    real = files.content_id

    def recorded(root: int, path: bytes, *rest: object) -> object:
        found.append(os.fsdecode(path))
        return real(root, path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "content_id", recorded)
    return found


def age(monkeypatch: pytest.MonkeyPatch, seconds: int = 60) -> None:
    """As if the next listing were that much later. No state is young then."""
    real = known.now
    monkeypatch.setattr(walking, "now", lambda: real() + seconds * 10**9)


def test_names_and_links(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    found = parse_folder(str(tmp_path / "link"))
    assert (found.kind, found.name, found.host) == ("folder", "notes", "")
    assert found.location == folder.as_uri()
    assert parse_folder(folder.as_uri()) == found
    assert link_to_lines(found, "x", "docs/ä b.md", 2, 4) == (
        f"{folder.as_uri()}/docs/%C3%A4%20b.md#L2-L4"
    )
    assert file_on_disk(found, "docs/b.md") == folder / "docs" / "b.md"
    git(folder, "init", "-q")
    assert parse_folder(str(folder / "docs")).name == "docs"
    for text, why in {
        str(folder / "a.py"): "it is a file",
        str(folder / "none"): "no such folder",
        "/": "root of all files",
        "": "empty",
        "a\x00b": "control characters",
    }.items():
        with pytest.raises(InvalidReferenceError, match=why):
            parse_folder(text)


def test_its_identity_is_not_that_of_a_repository_at_the_same_place(folder: Path) -> None:
    from ccingest.sources.references import parse_reference

    git(folder, "init", "-q")
    as_folder, as_repository = parse_folder(str(folder)), parse_reference(str(folder))
    assert as_folder.location == as_repository.location
    assert as_folder.identity != as_repository.identity


def test_what_is_left_out(folder: Path, settings: Settings) -> None:
    write(
        folder,
        {
            ".gitignore": "build/\n*.log\n!keep.log\n",
            "build/out.js": "x",
            "x.log": "x",
            "keep.log": "kept\n",
            ".env": "SECRET=1",
            ".github/w.yml": "a: 1\n",
            ".git/config": "x",
            "vendor/.git": "gitdir: elsewhere",
            "data/.ignore": "/big\n",
            "data/big/1.txt": "x",
            "data/small.txt": "small\n",
            "private/.ccingestignore": "*\n",
            "private/p.txt": "p",
        },
    )
    found = listed(folder, settings)
    assert kinds(found) == {
        "a.py": "file",
        "docs/b.md": "file",
        ".gitignore": "hidden",
        "build": "ignored",
        "x.log": "ignored",
        "keep.log": "file",
        ".env": "hidden",
        ".github": "hidden",
        "data/.ignore": "hidden",
        "data/big": "ignored",
        "data/small.txt": "file",
        "private/.ccingestignore": "ignored",
        "private/p.txt": "ignored",
    }
    rules = {os.fsdecode(one.path): one.rule for one in found.listing.entries if one.rule}
    assert rules["build"] == ".gitignore: build/"
    assert rules["data/big"] == "data/.ignore: /big"
    with_hidden = kinds(listed(folder, settings, hidden=True))
    assert {path for path in with_hidden if with_hidden[path] == "file"} >= {
        ".env",
        ".github/w.yml",
        ".gitignore",
    }
    assert not any(".git/" in path or path.endswith("/.git") for path in with_hidden)


def test_the_strongest_rule_counts(folder: Path, settings: Settings) -> None:
    write(
        folder,
        {
            ".gitignore": "*.txt\n/docs/\n",
            ".ignore": "!wanted.txt\n!/docs/\n",
            ".ccingestignore": "no.txt\n!.env\n",
            "wanted.txt": "w\n",
            "other.txt": "o\n",
            "no.txt": "n\n",
            ".env": "e\n",
            "docs/.gitignore": "!in.txt\n",
            "docs/in.txt": "in\n",
        },
    )
    assert set(ids(listed(folder, settings))) == {
        "a.py",
        "wanted.txt",
        ".env",
        "docs/b.md",
        "docs/in.txt",
    }


def test_globs_spare_reading(folder: Path, settings: Settings, read_paths: list[str]) -> None:
    write(folder, {"big/data.csv": "1,2\n", "c.py": "x = 1\n"})
    found = listed(folder, settings, include=["*.py"], exclude=["./big", "c.*"])
    assert ids(found).keys() == {"a.py"}
    assert read_paths == ["a.py"]
    assert kinds(found) == {"a.py": "file", "c.py": "excluded", "docs/b.md": "excluded", "big": "excluded"}  # fmt: skip


def test_links_are_not_followed(folder: Path, settings: Settings, tmp_path: Path) -> None:
    write(tmp_path / "outside", {"secret.txt": "secret\n"})
    (folder / "out").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to(folder)
    (folder / "up").symlink_to("..")
    (folder / "file").symlink_to(tmp_path / "outside" / "secret.txt")
    found = kinds(listed(folder, settings))
    assert {path for path, kind in found.items() if kind == "link"} == {"out", "loop", "up", "file"}
    assert not [path for path in found if "secret" in path]


def test_a_folder_that_became_a_link_is_not_entered(
    folder: Path, settings: Settings, tmp_path: Path
) -> None:
    """Between the listing and the reading, or between two looks of one listing."""
    write(tmp_path / "outside", {"b.md": "# Two\n\nText.\n"})
    revision = listed(folder, settings)
    content_id = ids(revision)["docs/b.md"]
    shutil.rmtree(folder / "docs")
    (folder / "docs").symlink_to(tmp_path / "outside")
    with source_of(folder, settings).open(revision, print) as snapshot:
        assert snapshot.read("docs/b.md", content_id) is None
        assert snapshot.read("a.py", ids(revision)["a.py"]) is not None


def test_only_what_changed_is_read_again(
    folder: Path, settings: Settings, read_paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    age(monkeypatch)
    first_source = source_of(folder, settings)
    first = first_source.resolve(branch=None, revision=None)
    assert sorted(read_paths) == ["a.py", "docs/b.md"]
    read_paths.clear()
    assert listed(folder, settings) == first
    assert read_paths == []
    state = (folder / "a.py").stat()
    (folder / "a.py").write_text("def two():\n    return 2\n")  # of the same size
    os.utime(folder / "a.py", ns=(state.st_atime_ns, state.st_mtime_ns))
    second = listed(folder, settings)
    assert read_paths == ["a.py"]
    assert second.id != first.id
    assert ids(second)["docs/b.md"] == ids(first)["docs/b.md"]
    read_paths.clear()
    os.utime(folder / "docs" / "b.md")  # as `touch` does
    assert listed(folder, settings).id == second.id
    assert read_paths == ["docs/b.md"]
    assert listed(folder, settings, force=True).id == second.id
    assert sorted(read_paths) == ["a.py", "docs/b.md", "docs/b.md"]
    assert list(settings.folder_cache.iterdir())
    forget_source(first_source.reference, settings)
    assert list(settings.folder_cache.iterdir()) == []


def test_a_young_file_is_read_again(
    folder: Path, settings: Settings, read_paths: list[str]
) -> None:
    """It may change once more within the same tick of the clock of its file system."""
    first = listed(folder, settings)
    read_paths.clear()
    assert listed(folder, settings).id == first.id
    assert sorted(read_paths) == ["a.py", "docs/b.md"]


def test_damaged_knowledge_is_not_used(folder: Path, settings: Settings) -> None:
    first = listed(folder, settings)
    head = json.dumps([1, folder.as_uri()]).encode()
    damages = (
        b"",
        b"{",
        b"[]",
        b"\xff" * 99,
        b"[" * 99_999,
        head,
        head + b"\n[1]\n",
        head + b"\n{}",
    )
    reference = source_of(folder, settings).reference
    path = known._path(settings.folder_cache, reference)
    path.parent.mkdir(exist_ok=True)
    for damage in damages:
        path.write_bytes(damage)
        assert listed(folder, settings) == first
    (settings.folder_cache / "other.json").touch()
    os.utime(settings.folder_cache / "other.json", (0, 0))
    known.remove_unused_known_files(settings.folder_cache, [reference])
    assert not (settings.folder_cache / "other.json").exists()
    assert path.exists()


def test_large_files_are_not_read(folder: Path, settings: Settings, read_paths: list[str]) -> None:
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(10**12)  # a hole
    write(folder, {"pictures.dat": b"\x00" * 3_000_000})
    read: list[TransferProgress] = []

    def emit(progress: Progress) -> None:
        if isinstance(progress, TransferProgress):
            read.append(progress)

    revision = source_of(folder, settings).resolve(branch=None, revision=None, emit=emit)
    assert ids(revision)["huge.txt"].startswith(f"{10**12}-")
    assert ids(revision)["pictures.dat"].startswith("3000000-")
    with source_of(folder, settings).open(revision, emit) as snapshot:
        reasons = plan_files(snapshot).skipped
    assert reasons == {"too_large": 2}


def test_there_are_bounds(
    folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = folder
    for _ in range(300):
        deep = deep / "d"
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(300):  # deeper than a path may be long on some systems
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    assert list(kinds(listed(folder, settings)).values()).count("too_deep") == 1
    write(folder, {".gitignore": "x\n"})
    with monkeypatch.context() as patch:
        patch.setattr(walking, "RULE_SECONDS", 0.0)
        with pytest.raises(StoreError, match="ignore files in notes"):
            listed(folder, settings)
    monkeypatch.setattr(walking, "MOST_BYTES", 10)
    with pytest.raises(StoreError, match="holds over"):
        listed(folder, settings)
    monkeypatch.setattr(walking, "MOST_ENTRIES", 1)
    with pytest.raises(StoreError, match="notes holds over 1 files"):
        listed(folder, settings)
    del deep


def test_the_home_of_ccingest_is_left_out(settings: Settings, tmp_path: Path) -> None:
    write(settings.home, {"x.txt": "x\n"})
    write(tmp_path, {"a.txt": "a\n"})
    found = kinds(listed(tmp_path, settings))
    assert found == {"a.txt": "file", "home": "excluded"}


def test_a_folder_that_is_gone(folder: Path, settings: Settings) -> None:
    source, revision = source_of(folder, settings), listed(folder, settings)
    with pytest.raises(UsageError, match="neither branch nor commit"):
        source.resolve(branch="main", revision=None)
    with source.open(revision, print) as snapshot:
        shutil.rmtree(folder)
        with pytest.raises(FolderNotFoundError, match="dataset stays"):
            snapshot.read("a.py", ids(revision)["a.py"])
    with pytest.raises(FolderNotFoundError, match="no folder"):
        source.resolve(branch=None, revision=None)
    folder.write_text("a file now")
    with pytest.raises(FolderNotFoundError):
        source.resolve(branch=None, revision=None)


def test_a_file_that_changes_while_it_is_read(
    folder: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left out of this version, which then has an id that no state of the folder has."""
    revision = listed(folder, settings)
    source = source_of(folder, settings)
    text = (folder / "a.py").read_text()
    real = walking.Walk.run

    def run_and_change(walk: walking.Walk) -> walking.Listing:
        found = real(walk)
        (folder / "a.py").write_text("def other():\n    return 3\n")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(walking.Walk, "run", run_and_change)
        result = ingest(source, IngestRequest("t1"), settings)
    assert isinstance(result, PreparedVersion)
    assert result.counts.skipped_files == {"changed": 1}
    assert [file.path for file in result.manifest] == ["docs/b.md"]
    (folder / "a.py").write_text(text)
    assert listed(folder, settings).id == revision.id != result.revision.id


def test_a_snapshot_is_read_in_another_process(folder: Path, settings: Settings) -> None:
    revision = listed(folder, settings)
    with source_of(folder, settings).open(revision, print) as snapshot:
        copy = pickle.loads(pickle.dumps(snapshot))
    assert copy.read("a.py", ids(revision)["a.py"]) == (folder / "a.py").read_bytes()
    copy.close()


def test_attributes_count(folder: Path, settings: Settings) -> None:
    write(folder, {".gitattributes": "gen.py linguist-generated\n", "gen.py": "x = 1\n"})
    revision = listed(folder, settings)
    with source_of(folder, settings).open(revision, print) as snapshot:
        plan = plan_files(snapshot)
    assert [file.path for file in plan.files] == ["a.py", "docs/b.md"]
    assert all(isinstance(file, SelectedFile) for file in plan.files)
    assert plan.skipped == {"hidden": 1, "generated": 1}
