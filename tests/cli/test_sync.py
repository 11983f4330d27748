"""Datasets follow their branches."""

from __future__ import annotations

import shutil

import pytest

from cli.conftest import FILES, Run
from git_server import GitServer, git


def test_in_json(here: Run, git_server: GitServer, shop: str) -> None:
    git_server.add("org/lib", {"a.py": "def a(): return 1\n", "b.md": "# B\n"}, "dev")
    lib = f"{git_server.url}/org/lib"
    pinned = git_server.add("org/pinned", FILES)
    here("github", "add", shop)
    here("github", "add", lib, "--branch", "dev", "--include", "*.py", "--scope", "global")
    here("github", "add", f"{git_server.url}/org/pinned", "--sha", pinned)
    assert here("cleanup", "--days", "0", "--json").document["deletedJobs"] == 3

    newest = git_server.commit("org/lib", {"a.py": "def a(): return 2\n", "c.md": "# C\n"}, "dev")
    git_server.commit("org/pinned", {"new.py": "x = 1\n"})
    done = here("sync", "--json")
    assert done.code == 0
    found = {one["dataset"]: one for one in done.document["datasets"]}
    assert {name: one["outcome"] for name, one in found.items()} == {
        "org-lib": "updated",
        "org-pinned": "skipped",
        "org-shop": "up_to_date",
    }
    updated = found["org-lib"]
    assert (updated["sha"], updated["job"]["sha"]) == (newest, newest)
    assert updated["fromSha"] != newest
    assert (updated["job"]["filesChanged"], updated["job"]["indexedFiles"]) == (1, 1)
    assert updated["job"]["scope"] == "global"
    assert found["org-pinned"]["job"] is None
    assert "at one commit" in found["org-pinned"]["reason"]
    assert (found["org-pinned"]["sha"], found["org-shop"]["reason"]) == (pinned, None)
    (one,) = here("sync", "org-lib", "--json").document["datasets"]
    assert (one["outcome"], one["fromSha"]) == ("up_to_date", newest)


def test_a_project_with_nothing_to_bring_up_to_date(here: Run, shop: str) -> None:
    assert here("sync", "--project", "shops").code == 0
    here("github", "add", shop, "--project", "shop")
    for flags in ([], ["--dry-run"], ["--detach"]):
        done = here("sync", "--project", "shops", *flags)
        assert (done.code, done.out) == (3, "")
        assert "Project 'shops' has no datasets, did you mean 'shop'" in done.err


def test_for_people(here: Run, git_server: GitServer, shop: str) -> None:
    assert "No datasets found" in here("sync").out
    git_server.add("org/gone", FILES)
    here("github", "add", shop, f"{git_server.url}/org/gone")
    shutil.rmtree(git_server.root / "org" / "gone.git")
    # The default branch has another name now.
    git_server.commit("org/shop", {"README.md": FILES["README.md"]}, "trunk")
    git(git_server.root / "org" / "shop.git", "symbolic-ref", "HEAD", "refs/heads/trunk")
    done = here("sync", "--all")
    assert done.code == 3
    shown = done.out.splitlines()
    assert shown[0].startswith("org-gone: failed: ")
    assert shown[1].startswith("org-shop: updated, ")
    assert "0 files added, 0 changed, 0 moved, 2 removed" in shown[1]
    assert shown[2] == "1 failed, 1 updated"
    assert "ccingest: " in done.err
    (gone, kept) = here("datasets", "--json").document["datasets"]
    assert (kept["branch"], gone["branch"]) == ("trunk", "main")
    assert here("query", "tax", "--dataset", "org-gone", "-k", "1", "--json").code == 0


def test_detached(here: Run, shop: str) -> None:
    here("github", "add", shop, "--project", "one")
    assert here("sync", "--detach", "--json").document == {"datasets": []}
    done = here("sync", "--project", "one", "--detach")
    assert "org-shop: queued as job" in done.out
    (one,) = here("sync", "--all", "--detach", "--json").document["datasets"]
    assert (one["outcome"], one["job"]["status"]) == ("queued", "pending")
    assert one["job"]["jobId"] in done.out
    assert here("worker", "--drain", "--json").document == {"jobs": {"completed": 1}}


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["nothing"], 3, "dataset_not_found"),
        (["--all", "nothing"], 2, "usage"),
        (["--all", "--project", "one"], 2, "usage"),
        (["--project"], 2, "usage"),
    ],
)
def test_wrong_command_lines(here: Run, arguments: list[str], code: int, kind: str) -> None:
    done = here("sync", "--json", *arguments)
    assert (done.code, done.document["error"]["kind"]) == (code, kind)
    assert done.err == f"ccingest: {done.document['error']['message']}\n"


def test_a_dry_run_says_what_a_sync_would_embed(
    here: Run, git_server: GitServer, shop: str
) -> None:
    for name in ("lib", "gone"):
        git_server.add(f"org/{name}", {"a.py": "def a(): return 1\n", "b.md": "# B\n"})
    pinned = git_server.add("org/pinned", FILES)
    places = [f"{git_server.url}/org/{name}" for name in ("lib", "gone")]
    here("github", "add", shop, *places)
    here("github", "add", f"{git_server.url}/org/pinned", "--sha", pinned)
    changed = {"a.py": "def a(): return 2\n", "b.md": "# B\n"}
    newest = git_server.commit("org/lib", changed)
    shutil.rmtree(git_server.root / "org" / "gone.git")
    before = here("history", "--json").out, here("datasets", "--json").out

    done = here("sync", "--dry-run", "--json")
    assert done.code == 3
    found = {one["dataset"]: one for one in done.document["estimates"]}
    assert found.keys() == {"org-lib", "org-shop"}
    assert found["org-shop"]["upToDate"]
    lib = found["org-lib"]
    assert (lib["sha"], lib["files"], lib["chunks"], lib["filesKept"]) == (newest, 1, 1, 1)
    assert done.document["chunks"] == 1
    assert [one["dataset"] for one in done.document["skipped"]] == ["org-pinned"]
    (gone,) = done.document["failed"]
    assert (gone["dataset"], gone["kind"]) == ("org-gone", "repository_not_found")

    shown = here("sync", "--dry-run").out.splitlines()
    assert shown[0].startswith("org-gone: 127.0.0.1:")
    assert shown[1].startswith("org-lib: 1 files, 1 chunks, about ")
    assert shown[2].startswith("org-pinned: skipped, it was added at one commit")
    assert shown[3].startswith("org-shop: up to date at ")
    assert shown[4].startswith("together: 1 files, 1 chunks")
    chosen = here("sync", "org-lib", "--dry-run", "--fields", "dataset,chunks").document
    assert chosen == {"estimates": [{"dataset": "org-lib", "chunks": 1}]}
    # Nothing was queued, and no dataset has changed.
    assert (here("history", "--json").out, here("datasets", "--json").out) == before
