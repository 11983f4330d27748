"""kill -9 while a version is put into the store leaves the old version or the new one, whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ccingest.queue.claim import reclaim_lost
from git_server import commit
from queue_kit import module_path
from remote.conftest import FILES, Machine
from remote.test_cache import keys, remote_of
from remote.test_machines import found, lacking

NEW = {**FILES, "new.py": "def thing(): pass\n"}
LAST = 99  # it is not reached, so the version is published


@pytest.mark.parametrize("objects", [0, 3, LAST])
def test_a_worker_that_is_killed(
    machine: Machine, shop: Path, tmp_path: Path, objects: int
) -> None:
    first, second = machine("first"), machine("second")
    first.ingest(str(shop))
    old = keys(first)
    commit(shop, NEW)
    first.sync_later()
    killed = subprocess.run(
        [sys.executable, "-m", "remote.killed_worker", str(objects)],
        env=os.environ | {"PYTHONPATH": module_path(), "CCINGEST_HOME": str(tmp_path / "killed")},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    is_published = objects == LAST
    assert lacking(first) == ()
    if not is_published:
        assert len(keys(first) - old) == objects  # which nothing names, and a clean-up removes
    assert found(second) == set(NEW if is_published else FILES)
    # Its machine is gone. Another one takes the job over when its lease has run out.
    connection = first._home.connection
    connection.execute("UPDATE jobs SET lease_expires_at = '2020-01-01T00:00:00.000Z'")
    connection.execute("UPDATE jobs SET visible_at = '2020-01-01T00:00:00.000Z'")
    reclaim_lost(connection)
    connection.execute("UPDATE jobs SET visible_at = '2020-01-01T00:00:00.000Z'")
    second.run_worker(drain=True)
    assert found(first) == found(second) == set(NEW)
    assert lacking(first) == ()
    assert remote_of(first).tables.is_noted(first.datasets()[0].table_name)
