"""Repositories whose own files are damaged, too large, or no files."""

from __future__ import annotations

import hashlib
import os
import shutil
import zlib
from pathlib import Path

import pygit2
import pytest

from ccingest.errors import RepositoryNotFoundError, UnsupportedSourceError
from ccingest.sources.git import Access
from ccingest.sources.git.control_files import why_unreadable
from ccingest.sources.git.index_file import read_index
from ccingest.sources.git.library import open_at, open_local, origin_of
from ccingest.sources.git.resolving import resolve
from ccingest.sources.git.worktree import WorkTree
from ccingest.sources.references import parse_reference
from ccingest.sources.tips import tip_of
from git_server import git

_MUCH = 17 * 1024 * 1024


@pytest.fixture
def work_tree(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.py").write_text("def a(): pass\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "a")
    return folder


@pytest.mark.parametrize("name", ["HEAD", "config", "packed-refs", "commondir", "shallow"])
def test_a_pipe_is_not_waited_for(work_tree: Path, name: str) -> None:
    path = work_tree / ".git" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with pytest.raises(RepositoryNotFoundError, match=f"{name} is no file"):
        open_at(work_tree)
    with pytest.raises(RepositoryNotFoundError, match=f"{name} is no file"):
        WorkTree(work_tree)
    assert origin_of(work_tree) is None
    tip_of(f"file://{work_tree}", "refs/heads/nope")


@pytest.mark.parametrize("name", ["HEAD", "config", "refs/heads/x"])
def test_a_file_of_much_is_not_read(work_tree: Path, name: str) -> None:
    path = work_tree / ".git" / name
    path.touch()
    os.truncate(path, _MUCH)
    with pytest.raises(RepositoryNotFoundError, match="has over 16 MiB"):
        open_at(work_tree)


def test_a_git_folder_that_is_not_there_is_named(work_tree: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(work_tree, "worktree", "add", "-q", str(linked), "-b", "topic")
    open_at(linked)
    open_at(linked / ".git")
    shutil.rmtree(work_tree)
    with pytest.raises(RepositoryNotFoundError, match=r"worktrees/linked, which is not there"):
        open_at(linked)


def test_a_work_tree_that_is_no_folder(work_tree: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    git(work_tree, "config", "core.worktree", str(tmp_path / "file"))
    validation = pygit2.settings.owner_validation
    pygit2.settings.owner_validation = True  # as before the settings are made
    try:
        with pytest.raises(RepositoryNotFoundError, match="could not stat"):
            open_at(work_tree)
        assert origin_of(work_tree) is None
    finally:
        pygit2.settings.owner_validation = validation


def test_an_index_of_gigabytes_is_not_read(work_tree: Path) -> None:
    os.truncate(work_tree / ".git" / "index", 2 * 1024**3)
    assert read_index(work_tree / ".git" / "index") is None
    (work_tree / ".git" / "index").unlink()
    os.mkfifo(work_tree / ".git" / "index")
    assert read_index(work_tree / ".git" / "index") is None


@pytest.mark.parametrize("kind", ["commit", "tag"])
def test_a_large_commit_or_tag_is_not_read(work_tree: Path, kind: str) -> None:
    reference = parse_reference(str(work_tree))
    # Its size is only said: reading it would fail otherwise.
    sha = _object(work_tree, f"{kind} {1 << 35}\0aa".encode())
    where = "heads/main" if kind == "commit" else "tags/large"
    (work_tree / ".git" / "refs" / where).write_text(f"{sha}\n")
    resolve(reference, branch=None, revision=None, access=Access())
    open_local(reference)
    if kind == "commit":
        with pytest.raises(UnsupportedSourceError, match="over 16 MiB"):
            WorkTree(work_tree).head()


def _object(folder: Path, content: bytes) -> str:
    sha = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    path = folder / ".git" / "objects" / sha[:2] / sha[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(content))
    return sha


def test_a_folder_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    assert why_unreadable(tmp_path / "gone") is None  # libgit2 says it
    with pytest.raises(RepositoryNotFoundError, match="gone is not there"):
        open_at(tmp_path / "gone")
