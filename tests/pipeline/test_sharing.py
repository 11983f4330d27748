"""A second branch as a dataset of its own costs what differs from the first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.tree_kit import Tree
from ccingest import Client
from ccingest.embedding.bundled import BundledModel
from ccingest.sources import tips
from git_server import git

FILES = {
    f"f{number}.py": f"def number_{number}(value):\n    return value + {number}\n"
    for number in range(40)
}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """The branch `other` has one file more, one less, one changed and one moved."""
    made = Tree.make(tmp_path / "shop", FILES)
    git(made.top, "checkout", "-qb", "other")
    made.write("f1.py", "def changed(value):\n    return 'another branch'\n")
    made.write("new.py", "def brand_new():\n    return 'another branch'\n")
    (made.top / "f2.py").unlink()
    (made.top / "f3.py").rename(made.top / "moved.py")
    made.commit()
    git(made.top, "checkout", "-q", "main")
    return made


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    real = BundledModel.embed_documents

    def noting(self: BundledModel, documents: list[str]) -> object:
        texts.extend(documents)
        return real(self, documents)

    monkeypatch.setattr(BundledModel, "embed_documents", noting)
    return texts


def content(client: Client, dataset: str) -> dict[str, str]:
    return {
        file.path: client.read(file.path, datasets=[dataset]).text
        for file in client.files(dataset).indexed
    }


def answers(client: Client, dataset: str) -> list[tuple[str, float]]:
    hits = client.search("another branch of the number", k=8, datasets=[dataset])
    return [(hit.path, round(hit.score, 5)) for hit in hits]


def test_what_is_the_same_is_shared(client: Client, tree: Tree, embedded: list[str]) -> None:
    client.ingest(str(tree.top))
    assert len(embedded) == 40
    embedded.clear()
    job = client.ingest(str(tree.top), branch="other", dataset="second")
    assert job.counts
    assert (job.counts.files_kept, job.counts.indexed_files) == (37, 40)
    assert len(embedded) == 3
    assert "37 files with the content that the dataset shop has" in str(client.job_log(job.id))
    fresh = client.ingest(str(tree.top), branch="other", dataset="fresh", force=True)
    assert fresh.counts
    assert fresh.counts.files_kept == 0
    assert content(client, "second") == content(client, "fresh")
    assert answers(client, "second") == answers(client, "fresh")
    assert content(client, "shop") == FILES
    client.delete("shop")
    assert content(client, "second") == content(client, "fresh")
    assert answers(client, "second") == answers(client, "fresh")


def test_another_worktree_and_another_project_share(client: Client, tree: Tree) -> None:
    client.ingest(str(tree.top))
    second = tree.top.parent / "second"
    git(tree.top, "worktree", "add", "-q", str(second), "other")
    one = client.ingest(str(second), project="elsewhere")
    assert one.counts
    assert one.counts.files_kept == 37


def test_a_worktree_may_come_first(client: Client, tree: Tree) -> None:
    second = tree.top.parent / "second one"
    git(tree.top, "worktree", "add", "-q", str(second), "other")
    client.ingest(str(second))
    counts = client.ingest(str(tree.top)).counts
    assert counts
    assert counts.files_kept == 37


def test_other_repositories_are_not_looked_at(
    client: Client, tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be thousands."""
    for name in ("one", "two"):
        client.ingest(str(Tree.make(tmp_path / name, {"a.py": "def a():\n    return 1\n"}).top))
    asked: list[str] = []
    real = tips.repository_at

    def noting(location: str) -> Path | None:
        asked.append(location)
        return real(location)

    monkeypatch.setattr(tips, "repository_at", noting)
    client.ingest(str(tree.top))
    assert set(asked) == {tree.top.as_uri()}


def test_nothing_is_shared_where_it_would_not_pay(client: Client, tree: Tree) -> None:
    client.ingest(str(tree.top))
    git(tree.top, "checkout", "-q", "--orphan", "pages")
    for number in range(25):
        (tree.top / f"f{number}.py").unlink()
    tree.commit()
    for job in (
        client.ingest(str(tree.top), branch="pages", dataset="pages"),
        client.ingest(str(tree.top), branch="other", dataset="part", include=["f1*"]),
    ):
        assert job.counts
        assert job.counts.files_kept == 0


def test_a_damaged_dataset_is_no_template(client: Client, tree: Tree, tmp_path: Path) -> None:
    client.ingest(str(tree.top))
    (data,) = (tmp_path / "home" / "lance").glob("*.lance/data/*.lance")
    data.write_bytes(data.read_bytes()[:-100] + bytes(100))
    job = client.ingest(str(tree.top), branch="other", dataset="second")
    assert job.counts
    assert job.counts.files_kept == 0
    assert len(content(client, "second")) == 40
