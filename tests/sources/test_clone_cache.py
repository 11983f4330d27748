"""Kept clones save cloning again. A damaged or locked one does no harm."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ccingest.models import IngestOptions, PreparedVersion, Reference
from ccingest.pipeline.request import IngestRequest
from ccingest.progress import Notice, Progress, TransferProgress
from ccingest.settings import Settings
from ccingest.sources.git import limit_clone_cache, remove_kept_clone
from ccingest.sources.git.cache import clone_folder
from ccingest.sources.references import parse_reference
from ccingest.store import TableStore
from git_server import GitServer, commit, git, make_repository
from values import ingest_from

FILES = {f"src/{n}.py": f"def f_{n}():\n    return {n}\n" for n in range(40)}
MB = 1_000_000


class Ingests:
    """Ingests of one repository from scratch, in the same home."""

    def __init__(self, settings: Settings, ref: Reference) -> None:
        self.settings = settings
        self.source = ref
        self.events: list[Progress] = []

    def run(self, **options: bool) -> dict[str, str]:
        """Ingest it; returns path -> text. `events` has the progress of this run."""
        self.events.clear()
        request = IngestRequest("t", options=IngestOptions(**options))  # type: ignore[arg-type]
        result = ingest_from(self.source, request, self.settings, self.events.append)
        assert isinstance(result, PreparedVersion)
        reader = TableStore(self.settings.tables).read(result.table_name, result.table_version)
        assert list(self.settings.clones.iterdir()) == []
        return {chunk.path: chunk.text for chunk in reader.chunks()}

    @property
    def objects(self) -> int:
        """How many objects came over the network."""
        transfers = [event for event in self.events if isinstance(event, TransferProgress)]
        return max((event.received_objects for event in transfers), default=0)

    @property
    def notices(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Notice)]

    @property
    def kept(self) -> Path:
        (folder,) = self.settings.clone_cache.glob("*/*/repository.git")
        return folder


@pytest.fixture
def ingests(settings: Settings, git_server: GitServer) -> Ingests:
    git_server.add("org/repo", FILES)
    return Ingests(settings, parse_reference(f"{git_server.url}/org/repo"))


def test_only_what_is_new_is_fetched(ingests: Ingests, git_server: GitServer) -> None:
    assert ingests.run() == FILES
    assert ingests.objects >= len(FILES)
    assert ingests.run() == FILES
    assert ingests.objects == 0
    changed = FILES | {"src/1.py": "def changed():\n    return 'now'\n"}
    git_server.commit("org/repo", changed)
    assert ingests.run() == changed
    assert 0 < ingests.objects <= 4  # a commit, two trees, a file
    assert ingests.notices == []


def test_rewritten_history_and_another_default_branch(
    ingests: Ingests, git_server: GitServer
) -> None:
    ingests.run()
    repository = git_server.root / "org" / "repo.git"
    git(repository, "update-ref", "-d", "refs/heads/main")
    forced = {"src/forced.py": "def forced():\n    return 1\n"}
    commit(repository, forced)
    assert ingests.run() == forced
    other = {"trunk.py": "def trunk():\n    return 1\n"}
    commit(repository, other, branch="trunk")
    git(repository, "symbolic-ref", "HEAD", "refs/heads/trunk")
    assert ingests.run() == other
    assert ingests.notices == []


def cut_packs(kept: Path) -> None:
    for pack in kept.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        with pack.open("r+b") as file:
            file.truncate(pack.stat().st_size // 2)


def overwrite_packs(kept: Path) -> None:
    for pack in kept.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        content = bytearray(pack.read_bytes())
        content[20:] = random.Random(1).randbytes(len(content) - 20)
        pack.write_bytes(content)


def remove_objects(kept: Path) -> None:
    for path in (kept / "objects").rglob("*"):
        if path.is_file():
            path.unlink()


def remove_head(kept: Path) -> None:
    (kept / "HEAD").unlink()


def spoil_config(kept: Path) -> None:
    (kept / "config").write_text("[core\n\x00")


@pytest.mark.parametrize(
    "damage", [cut_packs, overwrite_packs, remove_objects, remove_head, spoil_config]
)
@pytest.mark.parametrize("is_new", [False, True])
def test_a_damaged_clone_is_cloned_again(
    ingests: Ingests, git_server: GitServer, damage: Callable[[Path], None], is_new: bool
) -> None:
    files = FILES
    ingests.run()
    damage(ingests.kept)
    if is_new:
        files = FILES | {"src/1.py": "def changed():\n    return 'now'\n"}
        git_server.commit("org/repo", files)
    assert ingests.run() == files
    assert ingests.run() == files
    assert ingests.notices == []
    assert ingests.objects == 0


def test_no_clone_is_kept_without_the_cache(ingests: Ingests) -> None:
    ingests.run(cache=False)
    assert not ingests.settings.clone_cache.exists()
    ingests.settings = replace(ingests.settings, clone_cache_mb=0)
    ingests.run()
    assert not ingests.settings.clone_cache.exists()


def test_a_local_repository_needs_no_clone(settings: Settings, tmp_path: Path) -> None:
    make_repository(tmp_path / "repository", FILES)
    assert Ingests(settings, parse_reference(str(tmp_path / "repository"))).run() == FILES
    assert not settings.clone_cache.exists()


def test_a_clone_that_another_process_uses_is_not_waited_for(ingests: Ingests) -> None:
    ingests.run()
    folders = {"cache": ingests.settings.clone_cache, "clones": ingests.settings.clones}
    with clone_folder(ingests.source, limit=MB, **folders) as clone:
        assert clone.was_kept
        with clone_folder(ingests.source, limit=MB, **folders) as second:
            assert second.path != clone.path
            assert not second.was_kept
        remove_kept_clone(ingests.settings.clone_cache, ingests.source)
        assert limit_clone_cache(ingests.settings.clone_cache, 0) == 0
        assert clone.path.exists()
    remove_kept_clone(ingests.settings.clone_cache, ingests.source)
    assert not clone.path.exists()


def test_a_clone_with_many_packs_is_cloned_again(ingests: Ingests) -> None:
    ingests.run()
    for number in range(60):
        (ingests.kept / "objects" / "pack" / f"pack-{number}.pack").write_bytes(b"")
    assert ingests.run() == FILES
    assert ingests.objects >= len(FILES)


def test_the_least_recently_used_clones_are_removed_first(settings: Settings) -> None:
    folders = []
    for age, name in enumerate(["newest", "older", "oldest"]):
        ref = parse_reference(f"org/{name}")
        with clone_folder(
            ref, cache=settings.clone_cache, clones=settings.clones, limit=MB
        ) as clone:
            (clone.path / "repository.git").mkdir()
            (clone.path / "repository.git" / "pack").write_bytes(b"x" * 1000)
        os.utime(clone.path.parent, (1e9 - age, 1e9 - age))
        folders.append(clone.path)
    newest, older, oldest = folders
    assert limit_clone_cache(settings.clone_cache, 3000) == 0
    assert limit_clone_cache(settings.clone_cache, 2999) == 1000
    assert [path.exists() for path in (newest, older, oldest)] == [True, True, False]
    ref = parse_reference("org/older")
    folders_of = {"cache": settings.clone_cache, "clones": settings.clones}
    with clone_folder(ref, limit=1500, **folders_of):
        pass  # it is used again, and then one of the others is removed
    assert [path.exists() for path in (newest, older)] == [False, True]
