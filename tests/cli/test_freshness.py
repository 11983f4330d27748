"""`--max-age`, `--here` of the other commands, and what is said on screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.tree_kit import Tree
from ccingest.db.connection import connect

from .conftest import Run


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    made = Tree.make(tmp_path / "shop")
    monkeypatch.chdir(made.top)
    return made


def made_old(home: Path) -> None:
    connection = connect(home / "ccingest.db")
    connection.execute("UPDATE datasets SET updated_at = '2020-01-01T00:00:00.000Z'")
    connection.close()


def test_older_than_asked_for_is_synced_first(here: Run, tree: Tree, home: Path) -> None:
    here("add", ".")
    tree.write("late.py", "def late_thing():\n    return 1\n")
    tree.commit()
    stale = here("query", "late thing", "--json")
    assert stale.document["freshness"][0]["stale"] is True
    assert stale.document["freshness"][0]["behind"] == 1
    assert "shop is 1 commit behind its source" in here("query", "late thing").err
    assert here("query", "--max-age", "1h", "late thing", "--json").document["freshness"][0][
        "stale"
    ]
    made_old(home)
    done = here("query", "--max-age", "1h", "late thing", "--json").document
    assert done["hits"][0]["path"] == "late.py"
    assert done["freshness"][0]["stale"] is False
    assert here("query", "late thing").err == ""


def test_what_can_not_be_synced_is_searched_with_a_note(here: Run, tree: Tree, home: Path) -> None:
    here("add", ".")
    made_old(home)
    tree.top.rename(tree.top.with_name("elsewhere"))
    done = here("query", "--max-age", "1d", "add numbers", "--json")
    assert (done.code, bool(done.document["hits"])) == (0, True)
    (fresh,) = done.document["freshness"]
    assert fresh["stale"] is True
    assert fresh["note"].startswith("shop could not be synced: ")


def test_an_age_that_is_none(here: Run, tree: Tree) -> None:
    done = here("query", "--max-age", "soon", "add")
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_other_commands_here(here: Run, tree: Tree) -> None:
    tree.write("more.py", "def more_numbers():\n    return 1\n")
    shown = here("show", "--here", "more.py", "--json").document
    assert (shown["state"], shown["url"], shown["text"]) == (
        "untracked",
        None,
        "def more_numbers():\n    return 1\n",
    )
    assert here("show", "more.py").code == 3
    outline = here("outline", "--here", "more.py", "--json").document
    assert [one["symbol"] for one in outline["symbols"]] == ["more_numbers"]
    similar = here("similar", "--here", "more.py:1", "--json").document
    assert "sums.py" in {hit["path"] for hit in similar["hits"]}
    done = here("open", "--here", "more.py:1", "--json", EDITOR="true", VISUAL="")
    assert done.document["file"] == str(tree.top / "more.py")
    assert here("show", "--here", "more.py", "-d", "shop").code == 2
    text = here("query", "--here", "more numbers").out
    assert "more.py:1-2 (untracked)" in text
    assert (
        "### more.py:1-2 (untracked)"
        in here("query", "--here", "more numbers", "--format", "markdown").out
    )
