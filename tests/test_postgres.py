"""Everything over a Postgres server: two homes, as on two machines, that share the tables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from ccingest import Client, Event
from ccingest.database_address import PostgresAddress
from ccingest.db.connection import connect
from cli.conftest import FILES
from git_server import make_repository

# The server trusts whoever comes from this machine, whatever the password is.
SECRET = "s3cret"


@pytest.fixture
def homes(shared_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    connection = connect(PostgresAddress(shared_url, tmp_path))
    connection.execute("DELETE FROM jobs")
    for table in ("datasets", "schedules", "maintenance_runs"):
        connection.execute(f"DELETE FROM {table}")
    connection.close()
    monkeypatch.setenv("CCINGEST_DATABASE", shared_url.replace("tester@", f"tester:{SECRET}@"))
    first, second = tmp_path / "first", tmp_path / "second"
    (tmp_path / "tables").mkdir()
    for home in (first, second):
        home.mkdir(mode=0o700)
        (home / "lance").symlink_to(tmp_path / "tables")
    return first, second


def command(home: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", *arguments],
        env={**os.environ, "CCINGEST_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_one_machine_asks_and_another_does_the_work(
    homes: tuple[Path, Path], tmp_path: Path
) -> None:
    make_repository(tmp_path / "shop", FILES)
    seen: list[Event] = []
    with Client(homes[0]) as asking, Client(homes[1]) as working:
        job = asking.enqueue(str(tmp_path / "shop"))
        reader = threading.Thread(
            target=lambda: seen.extend(asking.events(job_id=job.id, follow=True))
        )
        reader.start()
        working.run_worker(threading.Event(), drain=True)
        reader.join(timeout=60)
        assert [hit.path for hit in asking.search("total price of a basket", k=1)] == [
            "shop/checkout.go"
        ]
        assert asking.job(job.id).status == "completed"
        assert not (homes[0] / "ccingest.db").exists()
    assert (seen[0].status, seen[-1].status) == ("pending", "completed")
    shown = command(homes[0], "doctor") + command(homes[0], "config", "list")
    assert re.search(r"postgresql://(\w+@)?127\.0\.0\.1", shown)
    assert SECRET not in shown


def test_an_event_is_told_at_once(homes: tuple[Path, Path], tmp_path: Path) -> None:
    make_repository(tmp_path / "shop", FILES)
    delays: list[float] = []
    stop = threading.Event()
    with Client(homes[0]) as asking, Client(homes[1]) as watching:

        def watch() -> None:
            for event in watching.events(None, follow=True, stop=stop):
                delays.append(time.time() - event.at.timestamp())

        reader = threading.Thread(target=watch)
        reader.start()
        while len(delays) < 5:
            job = asking.enqueue(str(tmp_path / "shop"), force=True)
            asking.cancel(job.id)
            time.sleep(0.05)
        stop.set()
        reader.join(timeout=60)
    assert sorted(delays)[len(delays) // 2] < 1.0  # 150 ms where the machine is not busy


def test_two_machines_keep_house_together(
    homes: tuple[Path, Path], shared_url: str, tmp_path: Path
) -> None:
    """Each schedule gives one job and each clean-up is one machine's, whose leftovers are no other's."""
    names = ["one", "two", "three"]
    with Client(homes[0]) as client:
        for name in names:
            make_repository(tmp_path / name, {**FILES, f"{name}.py": f"def {name}(): pass\n"})
            client.add_schedule(str(tmp_path / name), every="1h")
        old = client.enqueue(str(tmp_path / "one"), dataset="old")
        client.cancel(old.id)
        with closing(connect(PostgresAddress(shared_url, tmp_path))) as connection:
            connection.execute("UPDATE jobs SET completed_at = '2026-01-01T00:00:00.000Z'")
            connection.execute("DELETE FROM maintenance_runs")
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "ccingest", "worker", "--drain"],
            env={**os.environ, "CCINGEST_HOME": str(home)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for home in homes
    ]
    told = [worker.communicate(timeout=250)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert sum("clean-up: deleted 1 job" in text for text in told) == 1, told
    for home in homes:
        with Client(home) as client:
            jobs = client.jobs(limit=100)
            assert sorted(job.dataset for job in jobs) == sorted(names)
            assert {job.status for job in jobs} == {"completed"}
            # What one machine put away is nothing that the other has published.
            assert all(check.ok for check in client.check(deep=True) if check.name == "datasets")
            for name in names:
                assert client.search(f"def {name}", k=1, datasets=[name])[0].path == f"{name}.py"
