"""The git source, against a real git server on the loopback address."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ccingest.errors import (
    AccessError,
    BranchNotFoundError,
    CancelledError,
    CcingestError,
    CommitNotFoundError,
    DamagedSourceError,
    EmptyRepositoryError,
    NetworkError,
    RateLimitedError,
    RepositoryNotFoundError,
    UnbornHeadError,
)
from ccingest.models import IngestOptions, Reference, Revision
from ccingest.progress import Emit, Progress, TransferProgress, discard
from ccingest.settings import Settings
from ccingest.sources import open_source
from ccingest.sources.git import Access, remove_stale_clones
from ccingest.sources.git.clones import temporary_clone
from ccingest.sources.git.fetching import fetch
from ccingest.sources.git.resolving import resolve
from ccingest.sources.references import parse_reference
from ccingest.sources.source import Source
from git_server import GitServer, git, make_repository
from values import snapshot_of

TOKEN = "ghp_averysecrettoken"
FILES = {"a.py": "x = 1\n", "d/b.py": "y = 2\n"}


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    folder = tmp_path / "clones"
    folder.mkdir()
    return folder


def ref_of(server: GitServer, name: str = "org/repo") -> Reference:
    return parse_reference(f"{server.url}/{name}")


def paths_at(
    ref: Reference,
    clones: Path,
    *,
    branch: str | None = None,
    revision: str | None = None,
    access: Access | None = None,
) -> tuple[Revision, set[bytes]]:
    with temporary_clone(clones) as folder:
        found, snapshot = snapshot_of(ref, folder, branch=branch, revision=revision, access=access)
        paths = {entry.path for entry in snapshot.entries()}
        return Revision(snapshot.revision_id, found.branch), paths


def test_the_default_branch(git_server: GitServer, clones: Path) -> None:
    sha = git_server.add("org/repo", FILES, branch="trunk")
    checkout, paths = paths_at(ref_of(git_server), clones)
    assert (checkout.id, checkout.branch) == (sha, "trunk")
    assert paths == {b"a.py", b"d/b.py"}


def test_the_clone_is_bare_and_one_commit_deep(git_server: GitServer, clones: Path) -> None:
    git_server.add("org/repo", FILES)
    git_server.commit("org/repo", {"a.py": "x = 2\n"})
    ref = ref_of(git_server)
    found = resolve(ref, branch=None, revision=None, access=Access())
    with temporary_clone(clones) as folder:
        path, commit = fetch(ref, found, into=folder, access=Access())
        assert git(path, "rev-list", "--count", commit) == "1"
        assert git(path, "rev-parse", "--is-bare-repository") == "true"
        assert not list(folder.rglob("a.py"))
    assert list(clones.iterdir()) == []


@pytest.mark.parametrize("serves_ids", [True, False])
def test_a_commit_that_is_no_tip(git_server: GitServer, clones: Path, serves_ids: bool) -> None:
    old = git_server.add("org/repo", FILES)
    git_server.commit("org/repo", {"new.py": "z = 3\n"})
    repository = git_server.root / "org" / "repo.git"
    git(repository, "config", "uploadpack.allowAnySHA1InWant", str(serves_ids).lower())
    checkout, paths = paths_at(ref_of(git_server), clones, revision=old)
    assert checkout.id == old
    assert paths == {b"a.py", b"d/b.py"}


def test_branches_and_tags_by_name(git_server: GitServer, clones: Path) -> None:
    git_server.add("org/repo", FILES)
    dev = git_server.commit("org/repo", {"dev.py": "d = 1\n"}, branch="dev/one")
    repository = git_server.root / "org" / "repo.git"
    git(repository, "tag", "-a", "v1", "-m", "v1", dev)
    for name in ("dev/one", "v1"):
        checkout, paths = paths_at(ref_of(git_server), clones, branch=name)
        assert (checkout.id, checkout.branch, paths) == (dev, name, {b"dev.py"})
    from_url = parse_reference(f"{git_server.url}/org/repo/tree/dev/one")
    assert paths_at(from_url, clones)[0].id == dev


def test_a_local_repository_is_read_in_place(tmp_path: Path, clones: Path) -> None:
    sha = make_repository(tmp_path / "local", FILES)
    checkout, paths = paths_at(parse_reference(str(tmp_path / "local")), clones)
    assert (checkout.id, checkout.branch) == (sha, "main")
    assert paths == {b"a.py", b"d/b.py"}


def test_a_local_work_tree_with_a_detached_head(tmp_path: Path, clones: Path) -> None:
    make_repository(tmp_path / "bare", FILES)
    git(tmp_path, "clone", "-q", "bare", "work")
    git(tmp_path / "work", "checkout", "-q", "--detach")
    checkout, paths = paths_at(parse_reference(str(tmp_path / "work")), clones)
    assert paths == {b"a.py", b"d/b.py"}
    assert checkout.branch is None


def test_missing_repositories_branches_and_commits(git_server: GitServer, clones: Path) -> None:
    git_server.add("org/repo", FILES)
    ref = ref_of(git_server)
    with pytest.raises(RepositoryNotFoundError, match="org/missing"):
        paths_at(ref_of(git_server, "org/missing"), clones)
    with pytest.raises(BranchNotFoundError, match=r"'nope'.*main"):
        paths_at(ref, clones, branch="nope")
    with pytest.raises(CommitNotFoundError):
        paths_at(ref, clones, revision="1" * 40)
    git(git_server.root / "org" / "repo.git", "config", "uploadpack.allowAnySHA1InWant", "false")
    with pytest.raises(CommitNotFoundError, match="1111"):
        paths_at(ref, clones, revision="1" * 40)
    assert list(clones.iterdir()) == []


def test_a_name_that_is_of_no_commit_says_what_it_is(tmp_path: Path, clones: Path) -> None:
    sha = make_repository(tmp_path / "local", FILES)
    ref = parse_reference(str(tmp_path / "local"))
    git(tmp_path / "local", "tag", "folder", "HEAD^{tree}")
    with pytest.raises(BranchNotFoundError, match=r"'folder' of .* is a tree, and not a commit"):
        paths_at(ref, clones, branch="folder")
    with pytest.raises(BranchNotFoundError, match="named by its id, not as a branch"):
        paths_at(ref, clones, branch=sha)
    (next((tmp_path / "local").rglob(f"objects/{sha[:2]}/{sha[2:]}"))).unlink()
    with pytest.raises(DamagedSourceError, match="which is that of its main; it is damaged"):
        paths_at(ref, clones)


def test_refs_that_name_nothing_spoil_no_others(tmp_path: Path, clones: Path) -> None:
    folder = tmp_path / "local"
    make_repository(folder, FILES)
    heads = folder / "refs" / "heads"
    (heads / "x").write_text("ref: refs/heads/y\n")
    (heads / "y").write_text("ref: refs/heads/x\n")
    (heads / "empty").write_text("")
    (heads / "zeros").write_text("0" * 40 + "\n")
    (folder / "refs" / "tags" / "gone").write_text("1" * 40 + "\n")
    git(folder, "tag", "-a", "-m", "x", "cut", "main")
    tag = git(folder, "rev-parse", "cut")
    damaged = folder / "objects" / tag[:2] / tag[2:]
    damaged.chmod(0o600)
    damaged.write_bytes(b"junk")
    ref = parse_reference(str(folder))
    assert paths_at(ref, clones)[1] == {b"a.py", b"d/b.py"}
    with pytest.raises(BranchNotFoundError, match="no branch or tag 'x'"):
        paths_at(ref, clones, branch="x")
    with pytest.raises(DamagedSourceError):
        paths_at(ref, clones, branch="gone")
    with pytest.raises(CcingestError):
        paths_at(ref, clones, branch="cut")


def test_a_configuration_that_is_no_utf8(tmp_path: Path, clones: Path) -> None:
    make_repository(tmp_path / "local", FILES)
    with (tmp_path / "local" / "config").open("ab") as config:
        config.write(b'[remote "origin"]\n\turl = /srv/caf\xe9\n[x]\n\ty = \xff\n[z "\xe9"]\n\ty\n')
    ref = parse_reference(str(tmp_path / "local"))
    assert paths_at(ref, clones)[1] == {b"a.py", b"d/b.py"}


def test_an_empty_repository_and_an_unborn_head(git_server: GitServer, clones: Path) -> None:
    git(git_server.root, "init", "-q", "--bare", "org/empty.git")
    with pytest.raises(EmptyRepositoryError, match="org/empty"):
        paths_at(ref_of(git_server, "org/empty"), clones)
    git_server.add("org/repo", FILES)
    git(git_server.root / "org" / "repo.git", "symbolic-ref", "HEAD", "refs/heads/gone")
    for ref in (ref_of(git_server), parse_reference(str(git_server.root / "org" / "repo.git"))):
        with pytest.raises(UnbornHeadError, match="main"):
            paths_at(ref, clones)
        assert paths_at(ref, clones, branch="main")[1]


def test_tokens(git_server: GitServer, clones: Path) -> None:
    git_server.add("org/repo", FILES)
    git_server.token = TOKEN
    ref = ref_of(git_server)
    with pytest.raises(AccessError, match="set GITHUB_TOKEN"):
        paths_at(ref, clones)
    with pytest.raises(AccessError, match="refuses the token") as caught:
        paths_at(ref, clones, access=Access("wrong-" + TOKEN, git_server.host))
    assert TOKEN not in caught.value.message
    assert paths_at(ref, clones, access=Access(TOKEN, git_server.host))[1]


def test_the_token_goes_to_its_own_host_only(git_server: GitServer, clones: Path) -> None:
    git_server.add("org/repo", FILES)
    git_server.token = TOKEN
    access = Access(TOKEN, "github.com")
    with pytest.raises(AccessError, match="another host"):
        paths_at(ref_of(git_server), clones, access=access)
    assert set(git_server.authorizations) == {None}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, AccessError),
        (404, RepositoryNotFoundError),
        (429, RateLimitedError),
        (500, NetworkError),
        (503, NetworkError),
    ],
)
@pytest.mark.parametrize("when", ["status", "status_for_pack"])
def test_answers_of_servers(
    git_server: GitServer, clones: Path, status: int, error: type[CcingestError], when: str
) -> None:
    """With `status_for_pack`, the repository is deleted between resolve and fetch."""
    git_server.add("org/repo", FILES)
    setattr(git_server, when, status)
    with pytest.raises(error) as caught:
        paths_at(ref_of(git_server), clones)
    assert type(caught.value) is error
    assert "org/repo" in caught.value.message or git_server.host in caught.value.message
    assert list(clones.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}, 1.0),
        (429, {"Retry-After": "7"}, 7.0),
        (429, {}, 60.0),
    ],
)
def test_a_host_says_how_long_it_wants_to_be_left_alone(
    git_server: GitServer, clones: Path, status: int, headers: dict[str, str], pause: float
) -> None:
    git_server.add("org/repo", FILES)
    git_server.status, git_server.headers = status, headers
    with pytest.raises(RateLimitedError) as caught:
        paths_at(ref_of(git_server), clones)
    assert (caught.value.host, caught.value.pause) == (git_server.host, pause)


def test_a_repository_deleted_between_resolve_and_fetch(
    git_server: GitServer, clones: Path
) -> None:
    git_server.add("org/repo", FILES)
    ref = ref_of(git_server)
    resolved = resolve(ref, branch=None, revision=None, access=Access())
    shutil.rmtree(git_server.root / "org")
    with pytest.raises(RepositoryNotFoundError), temporary_clone(clones) as folder:
        fetch(ref, resolved, into=folder, access=Access())


def test_a_transfer_that_breaks_off(git_server: GitServer, clones: Path) -> None:
    git_server.add("org/repo", {"big.bin": os.urandom(300_000)})
    git_server.break_off = True
    with pytest.raises(NetworkError) as caught:
        paths_at(ref_of(git_server), clones)
    assert caught.value.retryable


def test_no_network() -> None:
    for url in ("http://127.0.0.1:9/org/repo", "https://no-such-host.invalid/org/repo"):
        with pytest.raises(NetworkError) as caught:
            resolve(parse_reference(url), branch=None, revision=None, access=Access())
        assert caught.value.kind == "network"


def test_progress_is_reported_and_can_stop_the_transfer(
    git_server: GitServer, clones: Path
) -> None:
    git_server.add("org/repo", {f"f{i}.py": f"x = {i}\n" for i in range(50)})
    ref = ref_of(git_server)
    resolved = resolve(ref, branch=None, revision=None, access=Access())
    events: list[Progress] = []
    with temporary_clone(clones) as folder:
        fetch(ref, resolved, into=folder, access=Access(), emit=events.append)
    last = events[-1]
    assert isinstance(last, TransferProgress)
    assert last.received_objects == last.total_objects > 50

    def stop(event: Progress) -> None:
        raise CancelledError("stop")

    with pytest.raises(CancelledError), temporary_clone(clones) as folder:
        fetch(ref, resolved, into=folder, access=Access(), emit=stop)
    assert list(clones.iterdir()) == []


def open_all(source: Source[Any], emit: Emit) -> list[bytes]:
    revision = source.resolve(branch=None, revision=None, emit=emit)
    with source.open(revision, emit) as snapshot:
        return [entry.path for entry in snapshot.entries()]


@pytest.mark.parametrize("silent", ["GET", "POST"])
def test_a_transfer_from_a_server_that_says_nothing_is_stopped_at_once(
    git_server: GitServer, settings: Settings, silent: str
) -> None:
    git_server.add("org/repo", {"f.py": "x = 1\n"})
    source = open_source(ref_of(git_server), settings, IngestOptions())
    begun = threading.Event()

    def emit(event: Progress) -> None:
        if begun.is_set():
            raise CancelledError("stop")

    git_server.is_silent = silent
    threading.Timer(0.3, begun.set).start()
    start = time.monotonic()
    with pytest.raises(CancelledError):
        open_all(source, emit)
    assert time.monotonic() - start < 20
    git_server.is_silent = ""
    assert open_all(source, discard) == [b"f.py"]


def test_the_clone_of_a_killed_process_is_removed(clones: Path) -> None:
    code = (
        "import sys, time, pathlib\n"
        "from ccingest.sources.git.clones import temporary_clone\n"
        "with temporary_clone(pathlib.Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half').write_bytes(b'x')\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(clones)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout
    assert child.stdout.readline() == "ready\n"
    assert remove_stale_clones(clones) == 0  # its process is alive
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert remove_stale_clones(clones) == 1
    assert list(clones.iterdir()) == []


def test_sizes_come_from_the_header(git_server: GitServer, clones: Path) -> None:
    git_server.add("org/repo", {"a.bin": b"\x00" * 100_000})
    ref = ref_of(git_server)
    with temporary_clone(clones) as folder:
        _, reader = snapshot_of(ref, folder)
        (entry,) = reader.entries()
        assert reader.size("", entry.content_id) == 100_000
        assert reader.read("", entry.content_id) == b"\x00" * 100_000
        assert reader.size("", "1" * 40) is None
        assert reader.read("", "1" * 40) is None


def test_a_tree_of_many_levels_is_walked_without_recursion(
    git_server: GitServer, clones: Path
) -> None:
    git_server.add("org/repo", {"d/" * 300 + "deep.py": "x\n", "d/" * 100 + "ok.py": "y\n"})
    _, paths = paths_at(ref_of(git_server), clones)
    assert paths == {b"d/" * 100 + b"ok.py", b"d/" * 256 + b"d"}
