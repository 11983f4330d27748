"""The index, the tips of branches and the files of a work tree, beside what git says of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.tree_kit import Tree
from ccingest.selection.limits import MAX_BYTES, MAX_NOTEBOOK_BYTES
from ccingest.sources.git import TreeMemory, WorkTree
from ccingest.sources.git.index_file import is_racy, read_index, stamp_of
from ccingest.sources.git.tree_files import LARGEST_READ, blob_id
from ccingest.sources.tips import shares_repository, tip_of
from git_server import git


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree.make(tmp_path / "shop")


@pytest.mark.parametrize("version", ["2", "4"])
def test_the_index_is_what_git_says(tree: Tree, version: str) -> None:
    for number in range(50):
        tree.write(f"{'deep/' * (number % 7)}file {number} é.txt", f"{number}\n")
    tree.write("a" * 200 + "/" + "b" * 200, "long")
    git(tree.top, "add", "-A")
    tree.write("later.py", "x = 1\n")
    git(tree.top, "add", "-N", "later.py")
    git(tree.top, "update-index", "--index-version", version)
    found = read_index(tree.top / ".git" / "index")
    assert found
    listed = git(tree.top, "ls-files", "-s", "-z").split("\0")[:-1]
    expected = {}
    for line in listed:
        data, _, path = line.partition("\t")
        mode, oid, _ = data.split()
        expected[path] = (int(mode, 8), "" if path == "later.py" else oid)
    assert {path: (one.mode, one.content_id) for path, one in found.entries.items()} == expected
    assert all(
        one.is_of(stamp_of(os.lstat(tree.top / path)))
        for path, one in found.entries.items()
        if path != "later.py"
    )


def test_an_index_that_is_not_known(tree: Tree) -> None:
    index = tree.top / ".git" / "index"
    data, visible = index.read_bytes(), tree.visible()
    assert read_index(tree.top / "none") is not None
    for damaged in (data[:-30], b"", b"DIRC" + b"\0" * 40, data[:60] + b"x" + data[61:]):
        index.write_bytes(damaged)
        assert read_index(index) is None
        _, snapshot, _ = WorkTree(tree.top).look(TreeMemory(), without=tree.top.parent)
        assert {path for path, one in snapshot.files.items() if one.is_tracked} == visible
        index.write_bytes(data)
    git(tree.top, "update-index", "--split-index")
    assert read_index(index) is None


def test_a_file_of_the_same_tick_is_not_trusted() -> None:
    second = 10**9
    assert is_racy((5 * second + 7, 0, 1, 1), 5 * second + 8)
    assert not is_racy((5 * second + 7, 0, 1, 1), 6 * second)
    assert is_racy((5 * second, 4 * second, 1, 1), 6 * second)  # a file system that counts seconds


def test_a_memory_of_the_same_tick_is_not_used(tree: Tree) -> None:
    work_tree = WorkTree(tree.top)
    tree.write("sums.py", "first\n")
    _, _, seen = work_tree.look(TreeMemory(), without=tree.top.parent)
    # As if it were written in the same tick: same times, size and inode.
    memory = TreeMemory(seen.remembered)
    assert memory.files["sums.py"][0] == (0, 0, -1, 0)
    _, again, _ = work_tree.look(memory, without=tree.top.parent)
    assert again.content_id("sums.py") == blob_id(b"first\n")


def test_the_largest_file_that_is_read() -> None:
    assert max(MAX_BYTES, MAX_NOTEBOOK_BYTES) == LARGEST_READ


def test_our_own_folder_is_no_part_of_the_tree(tree: Tree) -> None:
    tree.write("own/file.py", "x = 1\n")
    _, snapshot, _ = WorkTree(tree.top).look(TreeMemory(), without=tree.top / "own")
    assert "own/file.py" not in snapshot.files


def test_tips(tree: Tree, tmp_path: Path) -> None:
    location = f"file://{tree.top}"
    head = git(tree.top, "rev-parse", "HEAD")
    git(tree.top, "branch", "other")
    assert tip_of(location, None) == tip_of(location, "refs/heads/other") == head
    git(tree.top, "pack-refs", "--all")
    assert tip_of(location, None) == tip_of(location, "refs/heads/other") == head
    assert tip_of(location, "refs/heads/none") is None
    assert tip_of(f"file://{tmp_path}/none", None) is None
    git(tree.top, "worktree", "add", "-q", str(tmp_path / "linked"), "other")
    new = Tree(tmp_path / "linked").commit()
    assert tip_of(f"file://{tmp_path}/linked", None) == tip_of(location, "refs/heads/other") == new
    assert shares_repository(location, tmp_path / "linked")
    assert not shares_repository(f"file://{tmp_path}/none", tmp_path / "linked")
    git(tmp_path, "clone", "-q", str(tree.top), str(tmp_path / "clone"))
    assert not shares_repository(location, tmp_path / "clone")
