"""Many jobs, few repositories, workers killed all the time: is anything lost or half shown?

    python benchmarks/soak.py [--jobs 200] [--repositories 20] [--workers 4] [--seed 1]

Repositories are served by `git http-backend` on loopback; jobs are queued, cancelled and datasets
deleted with the command line, while `ccingest worker` processes run, of which one is killed with
SIGKILL every few seconds, and new commits come in. All the while a reader looks at every dataset:
each look must find exactly the files of one commit. In the end `ccingest worker --drain` finishes
what is left, and everything is compared with fresh ingests. Prints one line of a Markdown table;
exits 1, with the reasons on stderr, when anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from ccingest.db.catalog import published_tables, searchable
from ccingest.db.connection import connect
from ccingest.errors import VersionGoneError
from ccingest.models import Dataset, PreparedVersion
from ccingest.pipeline import IngestRequest, ingest
from ccingest.queue.deletion import tables_in_use
from ccingest.queue.events import events_after
from ccingest.queue.history import history
from ccingest.settings import Settings
from ccingest.sources import open_source
from ccingest.sources.references import parse_reference
from ccingest.store import TableStore
from git_server import GitServer

FILES = 24
KILL_EVERY = (1.0, 4.0)  # seconds
LOOKS_AT_A_VERSION = 5  # a reader that is overtaken by a new version looks again


@dataclass
class Soak:
    """One run: what is made, what was done to it, and what was found wrong."""

    home: Path
    server: GitServer
    chance: random.Random
    trees: dict[str, dict[str, str]] = field(default_factory=dict)  # commit -> path -> text
    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)  # ids of jobs
    deleted: set[str] = field(default_factory=set)  # names of datasets
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "ccingest", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "CCINGEST_HOME": str(self.home)}

    def ccingest(self, *arguments: str) -> Any:
        """The document a command prints; None when it fails with its one sentence."""
        done = subprocess.run(
            self.command(*arguments, "--json"),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if "Traceback" in done.stderr or not done.stdout:
            self.wrong.append(f"{arguments}: {done.stderr}")
            return None
        return json.loads(done.stdout) if done.returncode == 0 else None

    def new_commit(self, name: str) -> None:
        """Another version of the repository; files come, change, stay and go."""
        version = self.chance.randrange(10**9)
        tree = {f"lib/{n}.py": f"def stays_{n}():\n    return {n}\n" for n in range(FILES // 3)}
        for n in range(self.chance.randrange(FILES // 3, FILES)):
            tree[f"src/{n}.py"] = f"def changes_{n}():\n    return '{name} {version}'\n"
        self.trees[self.server.commit(name, tree)] = tree


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--repositories", type=int, default=20)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        served = Path(folder) / "served"
        with GitServer(served).running() as server:
            soak = Soak(Path(folder) / "home", server, random.Random(asked.seed))
            run(soak, asked.jobs, asked.repositories, asked.workers)
            seconds = time.monotonic() - began
            statuses = judge(soak, Path(folder) / "fresh")
    told = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    done = soak.done
    print(
        f"| {asked.seed} | {sum(statuses.values())} | {told} | {done['kills']} | {done['cancels']} "
        f"| {done['deletes']} | {done['looks']:,} | {len(soak.wrong)} | {seconds:.0f} |"
    )
    for reason in soak.wrong[:20]:
        print(reason, file=sys.stderr)
    return 1 if soak.wrong else 0


def run(soak: Soak, jobs: int, repositories: int, workers: int) -> None:
    names = [f"org/r{n}" for n in range(repositories)]
    for name in names:
        soak.server.add(name, {"README.md": "# To be replaced\n"})
        soak.new_commit(name)
    others = [
        threading.Thread(target=keep_working, args=(soak, workers)),
        threading.Thread(target=keep_looking, args=(soak,)),
    ]
    for thread in others:
        thread.start()
    try:
        ask_for_work(soak, names, jobs)
    finally:
        soak.over.set()
        for thread in others:
            thread.join()
    drained = soak.ccingest("worker", "--drain", "--concurrency", str(workers))
    if drained is None:
        soak.wrong.append("the last drain failed")


def ask_for_work(soak: Soak, names: list[str], jobs: int) -> None:
    """Queue until so many different jobs were made; cancel and delete on the way."""
    made: set[str] = set()
    while len(made) < jobs:
        name = soak.chance.choice(names)
        if soak.chance.random() < 0.6:
            soak.new_commit(name)
        url = f"{soak.server.url}/{name}"
        force = ["--force"] if soak.chance.random() < 0.2 else []
        job = soak.ccingest("github", "add", url, "--detach", *force)
        made.add(job["jobId"])
        if soak.chance.random() < 0.15:
            active = [one["jobId"] for one in soak.ccingest("history")["jobs"]
                      if one["status"] in ("pending", "in_progress")]  # fmt: skip
            victim = soak.chance.choice(active or sorted(made))
            soak.cancelled.add(victim)
            soak.done["cancels"] += soak.ccingest("cancel", victim) is not None
        if soak.chance.random() < 0.05:
            dataset = soak.chance.choice(names).replace("/", "-")
            soak.deleted.add(dataset)
            soak.done["deletes"] += soak.ccingest("delete", "--dataset", dataset) is not None


def keep_working(soak: Soak, workers: int) -> None:
    """Workers, one of which is killed every now and then and replaced."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            soak.command("worker"),
            env=soak.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    chance = random.Random(soak.chance.random())
    running = [start() for _ in range(workers)]
    while not soak.over.wait(chance.uniform(*KILL_EVERY)):
        number = chance.randrange(workers)
        running[number].send_signal(signal.SIGKILL)
        running[number].wait()
        soak.done["kills"] += 1
        running[number] = start()
    for worker in running:
        worker.terminate()
        # The signal's own end is that of a process which had not begun yet.
        if worker.wait() not in (0, -signal.SIGTERM):
            soak.wrong.append(f"a worker that was told to stop ended with {worker.returncode}")


def keep_looking(soak: Soak) -> None:
    """Every dataset shows the files of the commit it says it is at, and nothing else."""
    with closing(connect(soak.settings.database)) as connection:
        while not soak.over.is_set():
            for dataset_id in published_tables(connection):
                look(soak, connection, dataset_id)


def look(soak: Soak, connection: Any, dataset_id: int) -> None:
    gone = ""
    for _ in range(LOOKS_AT_A_VERSION):
        version = next(iter(versions(connection, dataset_id)), None)
        if version is None:
            return  # deleted
        try:
            found = texts(soak.settings, version)
        except VersionGoneError as error:
            gone = f"{version.name} could not be read: {error}"
            continue
        soak.done["looks"] += 1
        if found != soak.trees[version.revision]:
            soak.wrong.append(f"{version.name} does not show the files of {version.revision}")
        return
    soak.wrong.append(gone)


def versions(connection: Any, dataset_id: int | None = None) -> list[Dataset]:
    if not published_tables(connection):
        return []
    found = searchable(connection, None)
    return [one for one in found if dataset_id in (None, one.dataset_id)]


def texts(settings: Settings, version: Dataset) -> dict[str, str]:
    reader = TableStore(settings.tables).read(version.table_name, version.table_version)
    return {chunk.path: chunk.text for chunk in reader.chunks()}


def judge(soak: Soak, fresh: Path) -> Counter[str]:
    """All that must hold in the end; returns how many jobs ended how."""
    with closing(connect(soak.settings.database)) as connection:
        jobs = history(connection, limit=1_000_000)
        for job in jobs:
            if not (
                (job.status == "completed" and job.revision in soak.trees)
                or (job.status == "cancelled" and job.dataset in soak.deleted)
                or (job.status == "cancelled" and job.id in soak.cancelled)
                or (job.status == "failed" and job.crash_count > job.max_retries)
            ):
                soak.wrong.append(f"{job.id} is {job.status}: {job.error}")
            judge_events(soak, connection, job.id, job.status)
        for version in versions(connection):
            if rows(soak.settings, version.table_name, version.table_version) != fresh_rows(
                soak, fresh / version.name, version
            ):
                soak.wrong.append(f"{version.name} is not what a fresh ingest gives")
        left = TableStore(soak.settings.tables).names() ^ tables_in_use(connection)
        left |= {path.name for path in soak.settings.clones.iterdir()}
        left |= {path.name for path in (soak.home / "workers").iterdir()}
        if left:
            soak.wrong.append(f"left over, or missing: {left}")
        if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            soak.wrong.append("SQLite finds the database damaged")
    return Counter(job.status for job in jobs)


def judge_events(soak: Soak, connection: Any, job_id: str, status: str) -> None:
    told = [event.status for event in events_after(connection, 0, job_id=job_id, limit=100_000)]
    ends = [one for one in told if one not in ("pending", "in_progress")]
    if (told[0], told[-1], ends) != ("pending", status, [status]):
        soak.wrong.append(f"the events of {job_id}, which is {status}, are {told}")


def rows(settings: Settings, table: str, version: int) -> dict[str, tuple[Any, ...]]:
    """A whole version, vectors too, by chunk id."""
    import lancedb

    opened = lancedb.connect(str(settings.tables)).open_table(table)
    opened.checkout(version)
    # Which write a row came with, a fresh ingest knows nothing of.
    found = opened.to_arrow().drop_columns(["batch", "position"])
    return {row.pop("id"): tuple(map(str, row.values())) for row in found.to_pylist()}


def fresh_rows(soak: Soak, home: Path, version: Dataset) -> dict[str, tuple[Any, ...]]:
    settings = Settings(home=home)
    settings.create_home()
    ref = parse_reference(f"{soak.server.url}/{version.repository}")
    request = IngestRequest("t", revision=version.revision)
    result = ingest(open_source(ref, settings), request, settings)
    assert isinstance(result, PreparedVersion)
    return rows(settings, result.table_name, result.table_version)


if __name__ == "__main__":
    sys.exit(main())
