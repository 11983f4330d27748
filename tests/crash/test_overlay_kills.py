"""kill -9 at every moment of an overlay's making leaves base and overlay whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.tree_kit import Tree, check, stored
from ccingest import Client
from ccingest.app.maintenance import remove_leftovers
from ccingest.app.search import HomeSearcher, SearchScope, make_question
from ccingest.queue.deletion import tables_in_use
from crash.overlay_process import MOMENTS
from queue_kit import module_path


def killed(home: Path, tree: Tree, moment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crash.overlay_process", str(home), str(tree.top), moment],
        env=os.environ | {"PYTHONPATH": module_path()},
        capture_output=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def texts(client: Client, tree: Tree) -> set[str]:
    """What is found without a look at the tree: the visible version."""
    scope = SearchScope("default", ("shop",), tree=str(tree.top))
    found = HomeSearcher(client._home).search(make_question("value numbers", k=50), scope)
    return {hit.text for hit in found.hits}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while_a_tree_is_looked_at(tmp_path: Path, moment: str) -> None:
    tree = Tree.make(tmp_path / "shop")
    home = tmp_path / "home"
    with Client(home) as client:
        tree.write("more.py", "def value():\n    return 'old'\n")
        tree.write("gone.py", "def numbers():\n    return 'gone'\n")
        check(client, tree)
        old, before = stored(client._home, tree), texts(client, tree)
        tree.write("more.py", "def value():\n    return 'new'\n")
        tree.write("sums.py", "def numbers():\n    return 'new'\n")
        (tree.top / "gone.py").unlink()
        killed(home, tree, moment)
        if moment == "after the commit":
            assert stored(client._home, tree) == tree.visible()
            assert not any("'old'" in text for text in texts(client, tree))
        else:
            assert (stored(client._home, tree), texts(client, tree)) == (old, before)
        check(client, tree)
        remove_leftovers(client._home)
        assert client._home.store.names() == tables_in_use(client._home.connection)
        assert all(
            one.ok for one in client.check(deep=True) if one.name in ("datasets", "overlays")
        )
        git_paths = {hit.path for hit in client.search("numbers", k=50)}
        assert "more.py" not in git_paths  # the base has nothing of the tree


def test_killed_before_the_first_overlay(tmp_path: Path) -> None:
    tree = Tree.make(tmp_path / "shop")
    home = tmp_path / "home"
    with Client(home) as client:
        client.ingest(str(tree.top))
        tree.write("sums.py", "def numbers():\n    return 'new'\n")
        killed(home, tree, "table written")
        assert len(client._home.store.names()) == 2
        assert client._home.store.names() == tables_in_use(client._home.connection)
        remove_leftovers(client._home)
        assert len(client._home.store.names()) == 1
        check(client, tree)
