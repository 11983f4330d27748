"""`query --here` and `ccingest add`: what a person types without thinking of datasets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from git_server import git

from .conftest import FILES, Run


def work_tree(folder: Path, files: Mapping[str, str]) -> None:
    """A repository with a work tree, and one commit of these files."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository; the current folder is one of its folders."""
    work_tree(tmp_path / "shop", FILES)
    monkeypatch.chdir(tmp_path / "shop" / "shop")
    return tmp_path / "shop"


def test_a_question_here_adds_the_repository_and_follows_its_commits(
    here: Run, checkout: Path
) -> None:
    first = here("query", "--here", "total", "price", "of", "a", "basket", "--json")
    assert first.document["query"] == "total price of a basket"
    assert first.document["hits"][0]["path"] == "shop/checkout.go"
    assert "ccingest" not in first.out.splitlines()[-1][:8]

    again = here("search", "--here", "total price", "--json")  # another name of the same command
    assert again.document["hits"]
    assert again.err == ""  # no job: the dataset is current
    assert len(here("history", "--json").document["jobs"]) == 1

    (checkout / "refund.py").write_text("def refund(order):\n    return order.total\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "refunds")
    third = here("query", "--here", "refund order", "--json")
    assert third.document["hits"][0]["path"] == "refund.py"
    assert third.document["hits"][0]["state"] == "committed"
    assert len(here("history", "--json").document["jobs"]) == 1  # it is a part of the overlay


def test_a_question_here_is_about_the_branch_that_is_checked_out(here: Run, checkout: Path) -> None:
    here("query", "--here", "basket")
    git(checkout, "checkout", "-qb", "next")
    (checkout / "next.py").write_text("def next_step():\n    return 'soon'\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "next")
    assert here("query", "--here", "next_step", "--json").document["hits"][0]["path"] == "next.py"
    git(checkout, "checkout", "-q", "-")
    paths = [hit["path"] for hit in here("query", "--here", "next_step", "--json").document["hits"]]
    assert "next.py" not in paths


def test_here_is_only_the_repository_of_this_folder(
    here: Run, checkout: Path, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here("github", "add", shop, "--dataset", "other")
    hits = here("query", "--here", "basket", "--json").document["hits"]
    assert {hit["dataset"] for hit in hits} == {"shop"}
    assert here("query", "--here", "basket", "-d", "other").code == 2
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    done = here("query", "--here", "basket")
    assert (done.code, "is in no git repository; `git init` and a" in done.err) == (2, True)
    (tmp_path / "empty" / "a.md").write_text("# Basket\n")
    here("add", ".", "-d", "notes")
    done = here("query", "--here", "basket")
    assert (done.code, "no git repository; ask the dataset 'notes'," in done.err) == (2, True)


def test_here_says_once_that_there_is_no_commit(
    here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", "new")
    monkeypatch.chdir(tmp_path / "new")
    done = here("query", "--here", "basket")
    assert (done.code, done.err.count("no commit yet; make one and try again.")) == (1, 1)


def test_add_says_what_it_takes_a_folder_for(here: Run, checkout: Path) -> None:
    done = here("add", ".", "--json")
    assert done.document["dataset"] == "shop"
    assert done.err.startswith(f".: the repository in the folder {checkout}, which it is a part of")
    named = here("add", f"mine={checkout}", "--json")
    assert named.document["dataset"] == "mine"


def test_a_link_that_leads_nowhere(here: Run, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    done = here("add", str(tmp_path / "link"))
    assert (done.code, done.err) == (2, f"ccingest: '{tmp_path}/gone' is not there.\n")


def test_add_takes_a_folder_before_a_name_on_a_host(
    here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop: str
) -> None:
    work_tree(tmp_path / "org" / "repo", FILES)
    monkeypatch.chdir(tmp_path)
    assert here("add", "org/repo", "--json").document["repository"] == "repo"
    done = here("add", shop, "--json")
    assert done.document["repository"] == "org/shop"
    assert "org/shop on 127.0.0.1" in done.err
    assert "on github.com" in here("add", "org/elsewhere", "--detach").err


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("pallets", "ccingest github add-org ORG"),
        ("https://github.com/pallets", "ccingest github add-org ORG"),
        ("no//thing", "names no repository"),
    ],
)
def test_what_can_not_be_added(here: Run, home: Path, what: str, says: str) -> None:
    done = here("add", what)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert says in done.err
    assert not home.exists()


def test_other_names_of_commands(here: Run, checkout: Path) -> None:
    here("add", ".")
    assert here("ls").out == here("datasets").out
    assert here("rm", "shop", "--dataset", "shop", "--yes").code == 2
    assert here("rm", "shop", "--yes").out.startswith("deleted shop: ")
    assert here("delete", "shop", "--yes").code == 3
