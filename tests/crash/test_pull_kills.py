"""kill -9 at every moment of a pull leaves the old version or the new one, and no other files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ccingest import Client
from ccingest.app.maintenance import remove_leftovers
from ccingest.app.pulling import PullOptions, pull
from ccingest.queue.deletion import tables_in_use
from ccingest.queue.history import get_job
from git_server import make_repository
from queue_kit import module_path

OLD = {"old.py": "def old_thing():\n    return 'thing'\n"}
NEW = {f"src/{n}.py": f"def new_thing_{n}():\n    return 'thing {n}'\n" for n in range(9)}


@pytest.mark.parametrize("moment", ["index", "before the commit", "after the commit"])
def test_a_pull_that_is_killed(moment: str, tmp_path: Path) -> None:
    make_repository(tmp_path / "ci", NEW)
    with Client(tmp_path / "other") as ci:
        ci.ingest(str(tmp_path / "ci"), dataset="shop")
        bundle = ci.push("shop", tmp_path / "shop.ccbundle")
    make_repository(tmp_path / "shop", OLD)
    with Client(tmp_path / "home") as client:
        home = client._home
        client.ingest(str(tmp_path / "shop"))
        options = PullOptions(source=str(tmp_path / "shop"))
        queued = pull(home, bundle.location, options, lambda queued: [one.job for one in queued])
        killed = subprocess.run(
            [sys.executable, "-m", "crash.process", str(tmp_path / "home"), moment],
            env=os.environ | {"PYTHONPATH": module_path()},
            capture_output=True,
            timeout=250,
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        was_published = moment == "after the commit"
        remove_leftovers(home)
        assert {hit.path for hit in client.search("thing", k=20)} == set(
            NEW if was_published else OLD
        )
        client.run_worker(drain=True)
        assert get_job(home.connection, queued.job.id).status == "completed"
        assert {hit.path for hit in client.search("thing", k=20)} == set(NEW)
        remove_leftovers(home)
        assert home.store.names() == tables_in_use(home.connection)
