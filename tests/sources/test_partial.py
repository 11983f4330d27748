"""Partial clones as a local source: no dataset is short of what a clone left on its server."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from ccingest.errors import CancelledError, CcingestError, DamagedSourceError
from ccingest.pipeline.ingest import ingest
from ccingest.pipeline.request import IngestRequest
from ccingest.progress import Progress, TransferProgress
from ccingest.settings import Settings
from ccingest.sources import open_source
from ccingest.sources.references import parse_reference
from git_server import GitServer, commit, git

OLD = {"a.py": "def old():\n    return 1\n", "d/e/b.py": "def deep():\n    return 2\n"}


@pytest.fixture
def served(git_server: GitServer) -> GitServer:
    git_server.add("org/repo", OLD)
    folder = git_server.root / "org" / "repo.git"
    git(folder, "tag", "v1", "main")
    git(folder, "config", "uploadpack.allowFilter", "true")
    commit(folder, {"a.py": "def new():\n    return 1\n"})
    return git_server


def clone(served: GitServer, into: Path, wanted: str) -> Path:
    git(into.parent, "clone", "-q", f"--filter={wanted}", f"{served.url}/org/repo", str(into))
    return into


def paths_of(folder: Path, settings: Settings, branch: str = "v1") -> set[str]:
    source = open_source(parse_reference(str(folder)), settings)
    prepared = ingest(source, IngestRequest(f"t{os.urandom(4).hex()}", branch), settings)
    return {file.path for file in getattr(prepared, "manifest", ())}


@pytest.mark.parametrize("wanted", ["blob:none", "tree:0", "blob:limit=1"])
def test_what_is_missing_is_fetched_and_the_clone_left_as_it_is(
    served: GitServer, settings: Settings, tmp_path: Path, wanted: str
) -> None:
    folder = clone(served, tmp_path / "part", wanted)
    before = sorted(folder.rglob("*"))
    assert paths_of(folder, settings) == set(OLD)
    assert sorted(folder.rglob("*")) == before
    git(folder, "worktree", "add", "-q", "--no-checkout", str(tmp_path / "tree"), "v1")
    assert paths_of(tmp_path / "tree", settings) == set(OLD)


@pytest.mark.parametrize("options", [(), ("--bare",)])
def test_the_url_may_be_relative(
    served: GitServer, settings: Settings, tmp_path: Path, options: tuple[str, ...]
) -> None:
    origin, folder = served.root / "org" / "repo.git", tmp_path / "part"
    git(tmp_path, "clone", "-q", "--filter=blob:none", *options, origin.as_uri(), str(folder))
    git(folder, "config", "remote.origin.url", os.path.relpath(origin, folder))
    git(folder, "config", "x.y", "café".encode("latin-1").decode("utf8", "surrogateescape"))
    assert paths_of(folder, settings) == set(OLD)


def test_what_is_all_there_needs_no_server(
    served: GitServer, settings: Settings, tmp_path: Path
) -> None:
    folder = clone(served, tmp_path / "part", "blob:none")
    served.status = 500
    assert paths_of(folder, settings, "main") == {"a.py"}


@pytest.mark.parametrize("why", ["server", "git", "url", "helper"])
def test_what_can_not_be_fetched_fails_the_add(
    served: GitServer,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    why: str,
) -> None:
    folder = clone(served, tmp_path / "part", "blob:none")
    if why == "server":
        served.status = 500
    elif why == "git":
        monkeypatch.setenv("PATH", str(tmp_path))
    elif why == "url":
        git(folder, "config", "--unset", "remote.origin.url")
    else:
        git(folder, "config", "remote.origin.url", f"ext::touch {tmp_path}/ran")
    with pytest.raises(DamagedSourceError, match="partial clone that lacks 2 ") as caught:
        paths_of(folder, settings)
    assert not caught.value.retryable
    assert not (tmp_path / "ran").exists()


def test_a_fetch_that_takes_long_is_cancelled(
    served: GitServer, settings: Settings, tmp_path: Path
) -> None:
    folder = clone(served, tmp_path / "part", "blob:none")
    served.delay = 60.0
    start = time.monotonic()

    def cancel(event: Progress) -> None:
        if isinstance(event, TransferProgress):
            raise CancelledError("Cancelled while it ran.")

    source = open_source(parse_reference(str(folder)), settings)
    revision = source.resolve(branch="v1", revision=None)
    with pytest.raises(CancelledError), source.open(revision, cancel):
        pass
    assert time.monotonic() - start < 20
    assert list(settings.clones.iterdir()) == []
    served.delay = 0.0
    mark = str(settings.clones)
    while left := processes_with(mark):  # neither git nor what it started, which end when they can
        assert time.monotonic() - start < 40, left
        time.sleep(0.05)


def processes_with(mark: str) -> list[str]:
    """The processes with this text in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            if mark.encode() in (process / "environ").read_bytes():
                found.append(process.name)
    return found


def test_nothing_of_the_clones_configuration_runs(
    served: GitServer, settings: Settings, tmp_path: Path
) -> None:
    folder = clone(served, tmp_path / "part", "blob:none")
    touch = f"touch {tmp_path}/ran; true"
    for key in (
        "core.sshCommand",
        "remote.origin.uploadpack",
        "credential.helper",
        "core.fsmonitor",
    ):
        git(folder, "config", key, f"!{touch}" if "credential" in key else touch)
    hook = folder / ".git" / "hooks" / "reference-transaction"
    hook.write_text(f"#!/bin/sh\n{touch}\n")
    hook.chmod(0o755)
    assert paths_of(folder, settings) == set(OLD)
    assert not (tmp_path / "ran").exists()


def test_a_whole_repository_that_lost_a_file_fails(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "whole"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.py").write_text("x = 1\n")
    (folder / "b.py").write_text("y = 2\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "c")
    lost = git(folder, "rev-parse", "HEAD:a.py")
    (folder / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(CcingestError, match="damaged or incomplete"):
        paths_of(folder, settings, "main")
    (folder / "a.py").write_text("x = 1\n")
    git(folder, "hash-object", "-w", "a.py")
    assert paths_of(folder, settings, "main") == {"a.py", "b.py"}
