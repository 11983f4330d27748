"""Answers say which revision they are from, and whether the source has moved on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.tree_kit import Tree
from ccingest import Client
from ccingest.app.refreshing import parse_age
from ccingest.errors import UsageError
from ccingest.models import Freshness
from git_server import git


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree.make(tmp_path / "shop")


def only(client: Client) -> Freshness:
    (found,) = client.ask("add numbers").freshness
    return found


def test_a_local_repository_that_moves_on(client: Client, tree: Tree) -> None:
    job = client.ingest(str(tree.top))
    first = only(client)
    assert (first.revision, first.source_revision, first.is_stale) == (job.revision,) * 2 + (False,)
    git(tree.top, "pack-refs", "--all")
    assert only(client).is_stale is False
    tree.write("more.py", "def more():\n    return 1\n")
    tree.commit()
    newest = tree.commit()
    moved = only(client)
    assert (moved.behind, moved.ahead, moved.is_stale) == (2, 0, True)
    assert moved.source_revision == newest
    assert moved.indexed_at == first.indexed_at
    git(tree.top, "checkout", "-q", "-b", "other")  # it follows what is checked out
    tree.commit()
    assert only(client).behind == 3
    git(tree.top, "checkout", "-q", "main")
    git(tree.top, "reset", "-q", "--hard", "HEAD~2")
    git(tree.top, "commit", "-q", "--allow-empty", "--amend", "-m", "rewritten")
    rewritten = only(client)
    assert (rewritten.behind, rewritten.ahead, rewritten.is_stale) == (1, 1, True)


def test_a_sync_that_finds_nothing_looked_all_the_same(client: Client, tree: Tree) -> None:
    client.ingest(str(tree.top))
    first = only(client)
    client.sync()
    second = only(client)
    assert second.looked_at > first.looked_at
    assert second.indexed_at == first.indexed_at


def test_a_dataset_at_one_commit_follows_nothing(client: Client, tree: Tree) -> None:
    sha = git(tree.top, "rev-parse", "HEAD")
    client.ingest(str(tree.top), revision=sha)
    tree.commit()
    found = only(client)
    assert (found.revision, found.source_revision, found.is_stale) == (sha, None, None)


def test_a_tag_is_no_other_commit(client: Client, tree: Tree) -> None:
    git(tree.top, "tag", "-a", "v1", "-m", "one")
    client.ingest(str(tree.top), branch="v1")
    tree.commit()
    assert only(client).is_stale is False


def test_a_source_that_is_gone_is_not_known(client: Client, tree: Tree) -> None:
    client.ingest(str(tree.top))
    tree.top.rename(tree.top.with_name("elsewhere"))
    assert (only(client).source_revision, only(client).is_stale) == (None, None)


def test_many_datasets(client: Client, tree: Tree) -> None:
    for number in range(12):
        client.ingest(str(tree.top), dataset=f"shop{number}")
    found = client.ask("add numbers", k=3)
    assert {one.dataset for one in found.freshness} == {hit.dataset for hit in found.hits}
    assert len(client.freshness()) == 12


@pytest.mark.parametrize(("text", "age"), [("30m", 30), ("1h", 60), ("1d", 1440)])
def test_ages(text: str, age: int) -> None:
    assert parse_age(text) == timedelta(minutes=age)


def test_no_age() -> None:
    with pytest.raises(UsageError, match="max_age is 'soon'"):
        parse_age("soon")
