"""An agent that edits files in a work tree, and asks about them next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from git_server import git
from server.mcp.conftest import Served, serving

CODE = 'def add_numbers(first, second):\n    """Add two numbers."""\n    return first + second\n'
EDITED = CODE.replace("add_numbers", "multiply_matrices").replace("Add two numbers", "Times")


def make_tree(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "sums.py").write_text(CODE)
    (folder / "README.md").write_text("# Till\n\nCounts money.\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tree(tmp_path_factory.mktemp("trees") / "till")


@pytest.fixture(scope="module")
def agent(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("home")) as served:
        asked = {"url_or_path": str(tree), "wait_seconds": 60}
        assert served.call("add_repository", asked).document["job"]["status"] == "completed"
        yield served


def test_a_folder_that_is_no_repository_is_named_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "notes" / "inner").mkdir(parents=True)
    (tmp_path / "notes" / "inner" / "till.md").write_text("# Till\n\nBalance the till at night.\n")
    asked = {"url_or_path": str(tmp_path / "notes"), "wait_seconds": 60}
    with serving(tmp_path / "home") as agent:
        assert agent.call("add_repository", asked).document["job"]["status"] == "completed"
        for path in ("notes", "notes/inner", "notes/inner/till.md"):
            named = {"query": "balance at night", "repos": [str(tmp_path / path)]}
            (source,) = agent.call("search", named).document["datasets"]
            assert source["dataset"] == "notes"
        beside = agent.call("search", {"query": "x", "repos": [f"{tmp_path}/note"]})
        assert beside.error["kind"] == "dataset_not_found"
        assert agent.call("list_repositories", {"match": "notes"}).text.endswith("; 1 file")


def test_what_is_asked_of_the_end_of_a_file_is_named_as_it_was_asked(agent: Served) -> None:
    called = agent.call("read", {"repo": "till", "path": "sums.py", "start": 9})
    assert "sums.py has 3 lines; 'sums.py:9' is outside of them" in called.text


def test_an_edit_is_in_the_next_answer_and_marked(agent: Served, tree: Path) -> None:
    before = agent.call("search", {"query": "add two numbers"}).document
    assert before["hits"][0]["state"] == "committed"
    (tree / "sums.py").write_text(EDITED)
    (tree / "new.py").write_text("def brand_new_thing():\n    return 1\n")
    for repos in ([], ["till"], [str(tree)], [str(tree / "sub" / "..")]):
        called = agent.call("search", {"query": "multiply_matrices", "repos": repos})
        hit, (source,) = called.document["hits"][0], called.document["datasets"]
        assert (hit["path"], hit["symbol"]) == ("sums.py", "multiply_matrices")
        assert hit["state"] == "modified"
        assert "sums.py:1-3 multiply_matrices [modified, not committed]" in called.text
        assert (source["tree"], source["uncommitted"]) == (str(tree), 2)
        assert f"with the files on disk of {tree}, 2 not as committed" in called.text
    new = agent.call("search", {"query": "brand_new_thing", "limit": 1}).document["hits"][0]
    assert (new["path"], new["state"]) == ("new.py", "untracked")
    lines = agent.call("read", {"repo": "till", "path": "sums.py"}).document
    assert lines["text"] == EDITED
    symbols = agent.call("outline", {"repo": "till", "path": "sums.py"}).document["symbols"]
    assert symbols == [{"symbol": "multiply_matrices", "line": 1}]
    found = agent.call("similar", {"repo": "till", "path": "sums.py", "line": 1}).document
    assert "new.py" in {hit["path"] for hit in found["hits"]}


def test_another_work_tree_is_answered_as_it_is(agent: Served, tree: Path) -> None:
    """By its path, and with nothing of the first one's edits."""
    other = tree.parent / "other"
    git(tree, "worktree", "add", "-q", "-b", "side", str(other))
    (other / "sums.py").write_text(CODE.replace("add_numbers", "subtract_vectors"))
    called = agent.call("search", {"query": "subtract_vectors", "repos": [str(other)]})
    hit = called.document["hits"][0]
    assert (hit["symbol"], hit["state"]) == ("subtract_vectors", "modified")
    assert called.document["datasets"][0]["tree"] == str(other)
    called = agent.call("search", {"query": "multiply_matrices", "repos": [str(other)]})
    assert "multiply_matrices" not in called.text


def test_a_folder_that_has_no_dataset_is_added_when_it_is_asked(
    agent: Served, tmp_path: Path
) -> None:
    tree = make_tree(tmp_path / "fresh")
    called = agent.call("search", {"query": "counts money", "repos": [str(tree)]})
    assert called.document["hits"][0]["path"] == "README.md"
    assert called.document["datasets"][0]["dataset"] == "fresh"


def test_a_server_that_only_reads_adds_nothing(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "fresh")
    with serving(tmp_path / "home", "--read-only") as served:
        called = served.call("search", {"query": "money", "repos": [str(tree)]})
        assert called.error["kind"] == "dataset_not_found"
        assert served.call("list_repositories").document["repositories"] == []
