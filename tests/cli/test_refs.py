"""Which ref a dataset is of, and that it stays on it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli.conftest import Run
from git_server import GitServer, git


@pytest.fixture
def tagged(git_server: GitServer) -> str:
    """A repository with a tag `rel`, and a commit after it."""
    git_server.add("org/repo", {"a.py": "def on_tag(): pass\n"})
    git(git_server.root / "org" / "repo.git", "tag", "rel", "main")
    git_server.commit("org/repo", {"a.py": "def on_branch(): pass\n"})
    return f"{git_server.url}/org/repo"


def holds(here: Run, dataset: str) -> str:
    return "tag" if "on_tag" in here("show", "a.py", "-d", dataset).out else "branch"


@pytest.mark.parametrize("name", ["refs/tags/rel", "tags/rel", "rel"])
def test_full_names(here: Run, tagged: str, name: str) -> None:
    assert here("github", "add", tagged, "--branch", name, "-d", "t").code == 0
    assert holds(here, "t") == "tag"
    assert here("datasets", "--json").document["datasets"][0]["branch"] == "rel"


def test_a_dataset_of_a_tag_stays_on_it(here: Run, git_server: GitServer, tagged: str) -> None:
    for repository in (tagged, str(git_server.root / "org" / "repo.git")):
        dataset = f"d{len(repository)}"
        here("github", "add", repository, "--branch", "rel", "-d", dataset)
        git(git_server.root / "org" / "repo.git", "branch", "rel", "main")
        assert here("sync", dataset).code == 0
        assert holds(here, dataset) == "tag"
        here("github", "add", repository, "--branch", "rel", "-d", dataset)
        assert holds(here, dataset) == "tag"
        here("github", "add", repository, "--branch", "refs/heads/rel", "-d", dataset)
        assert holds(here, dataset) == "branch"
        assert here("sync", dataset).code == 0
        assert holds(here, dataset) == "branch"
        git(git_server.root / "org" / "repo.git", "branch", "-D", "rel")
        gone = here("sync", dataset)
        assert gone.code == 3
        assert holds(here, dataset) == "branch"


@pytest.mark.parametrize("of", ["tag", "branch"])
def test_a_dataset_of_an_earlier_version_stays_on_what_it_was_made_of(
    here: Run, git_server: GitServer, tagged: str, home: Path, of: str
) -> None:
    """It has the short name only, which both could have."""
    folder = git_server.root / "org" / "repo.git"
    if of == "branch":
        git(folder, "branch", "rel", "main")
    here("github", "add", tagged, "--branch", "rel", "-d", "old")
    with closing(sqlite3.connect(home / "ccingest.db")) as database, database:
        database.execute("UPDATE datasets SET wanted_branch = 'rel'")
    if of == "tag":
        git(folder, "branch", "rel", "main")
    for _ in range(2):  # the second time it has the full name
        assert here("sync", "old").code == 0
        assert holds(here, "old") == of
    with closing(sqlite3.connect(home / "ccingest.db")) as database:
        (kept,) = database.execute("SELECT wanted_branch FROM datasets").fetchone()
    assert kept == f"refs/{'tags' if of == 'tag' else 'heads'}/rel"


def test_a_ref_that_is_neither_branch_nor_tag(
    here: Run, git_server: GitServer, tagged: str
) -> None:
    folder = git_server.root / "org" / "repo.git"
    git(folder, "update-ref", "refs/pull/7/head", "rel")
    for repository in (tagged, str(folder)):
        done = here(
            "github",
            "add",
            repository,
            "--branch",
            "refs/pull/7/head",
            "-d",
            "pull-" + repository[:4].strip("/"),
        )
        assert done.code == 0
    assert here("sync").code == 0
