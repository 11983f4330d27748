"""Many jobs, few repositories, workers killed all the time: is anything lost or half shown?

    python benchmarks/soak.py [--jobs 200] [--repositories 20] [--workers 4] [--seed 1]
        [--postgres] [--pace 1.0]

Repositories are served by `git http-backend` on loopback; jobs are queued, cancelled and datasets
deleted with the command line, while `ccingest worker` processes run, of which one is killed with
SIGKILL every few seconds, and new commits come in. All the while a reader looks at every dataset:
each look must find exactly the files of one commit. In the end `ccingest worker --drain` finishes
what is left, and everything is compared with fresh ingests. Prints one line of a Markdown table;
exits 1, with the reasons on stderr, when anything is wrong.

On a machine with much other work, `--pace 5` lets five times as much time pass between two kills.

With `--postgres` the jobs are in a database of a real server, which crashes and starts again every
now and then. The workers are in three homes, as on three machines, that share the tables. Where the
machine allows it (Linux, as root), one of these is in a network of its own, which is cut off while one
of its workers has a job, until the lease has run out, and then joined again. A reader follows all
events meanwhile; in the end it must have seen each once.
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
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from apart import HERE, Apart, machine_apart

from ccingest.db.catalog import published_tables, searchable
from ccingest.db.connection import connect
from ccingest.errors import ConnectionLostError, VersionGoneError
from ccingest.models import Dataset, Job, PreparedVersion
from ccingest.pipeline import IngestRequest, ingest
from ccingest.queue.deletion import tables_in_use
from ccingest.queue.events import events_after, follow
from ccingest.queue.history import get_job, history
from ccingest.settings import Settings
from ccingest.sources import open_source
from ccingest.sources.references import parse_reference
from ccingest.store import TableStore
from git_server import GitServer
from postgres_server import PostgresServer, running_server

FILES = 24
KILL_EVERY = (1.0, 4.0)  # seconds
CRASH_EVERY = (15.0, 30.0)  # seconds, of the server
HOMES = 3  # with a server
CUT_EVERY = (20.0, 40.0)  # seconds
CUT_FOR = (35.0, 50.0)  # seconds, whatever the pace: longer than a lease
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
    followed: list[int] = field(default_factory=list)  # ids of events
    judging: threading.Event = field(default_factory=threading.Event)
    postgres: PostgresServer | None = None
    apart: Apart | None = None  # the network of the last home
    database_url: str = ""
    pace: float = 1.0

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, database_url=self.database_url)

    def pause(self, chance: random.Random, seconds: tuple[float, float]) -> bool:
        """Wait until the next blow; returns whether all is over."""
        return self.over.wait(self.pace * chance.uniform(*seconds))

    @property
    def homes(self) -> list[Path]:
        """Of the workers. All but the first are there only with a server."""
        others = [self.home.with_name(f"home{number}") for number in range(1, HOMES)]
        return [self.home, *others] if self.postgres else [self.home]

    def share_tables(self) -> None:
        """Make the homes, with the tables of the first in each."""
        self.settings.create_home()
        for home in self.homes[1:]:
            home.mkdir(mode=0o700)
            (home / "lance").symlink_to(self.settings.tables)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "ccingest", *arguments]

    def environment(self, home: Path | None = None) -> dict[str, str]:
        given = {"CCINGEST_HOME": str(home or self.home), "CCINGEST_DATABASE": self.database_url}
        return {**os.environ, **given}

    def ccingest(self, *arguments: str) -> Any:
        """The document a command prints; None when it fails with its one sentence.

        A command that begins while the server is away says so, and is given again.
        """
        while True:
            done = self._run(*arguments)
            if "can't be reached" not in done.stderr:
                break
            self.done["refused"] += 1
        if "Traceback" in done.stderr or not done.stdout:
            self.wrong.append(f"{arguments}: {done.stderr}")
            return None
        return json.loads(done.stdout) if done.returncode == 0 else None

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments, "--json"),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

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
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--pace", type=float, default=1.0)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        served = Path(folder) / "served"
        apart = stack.enter_context(machine_apart("soak")) if asked.postgres else None
        address = HERE if apart else "127.0.0.1"
        postgres = stack.enter_context(running_server(address)) if asked.postgres else None
        with GitServer(served, address).running() as server:
            soak = Soak(Path(folder) / "home", server, random.Random(asked.seed), pace=asked.pace)
            if postgres:
                soak.postgres, soak.database_url = postgres, postgres.new_database()
                soak.apart = apart
                soak.share_tables()
            run(soak, asked.jobs, asked.repositories, asked.workers)
            seconds = time.monotonic() - began
            statuses = judge(soak, Path(folder) / "fresh")
    told = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
    done = soak.done
    if soak.postgres:
        print(
            f"{done['crashes']} crashes of the server, {done['cuts']} times cut off, "
            f"{done['taken over']} jobs of which were taken over, {len(soak.followed):,} events "
            f"followed, {done['lost']} lost",
            file=sys.stderr,
        )
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
    if soak.postgres:
        others.append(threading.Thread(target=keep_crashing, args=(soak, soak.postgres)))
    follower = threading.Thread(target=keep_following, args=(soak,))
    follower.start()
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
    time.sleep(1.0)
    soak.judging.set()
    follower.join()


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

    def start(number: int) -> subprocess.Popen[bytes]:
        home = number % len(soak.homes)
        is_apart = soak.apart and home == HOMES - 1
        return subprocess.Popen(
            [*(soak.apart.prefix if soak.apart and is_apart else ()), *soak.command("worker")],
            env=soak.environment(soak.homes[home]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    chance = random.Random(soak.chance.random())
    running = [start(number) for number in range(workers)]
    cutter = threading.Thread(target=keep_cutting, args=(soak, running))
    cutter.start()
    while not soak.pause(chance, KILL_EVERY):
        number = chance.randrange(workers)
        running[number].send_signal(signal.SIGKILL)
        running[number].wait()
        soak.done["kills"] += 1
        running[number] = start(number)
        for other, worker in enumerate(running):
            # One that was started while the server was away has ended, with a sentence.
            if soak.postgres and worker.poll() is not None:
                running[other] = start(other)
    cutter.join()
    for worker in running:
        worker.terminate()
        # The signal's own end is that of a process which had not begun yet.
        if worker.wait() not in (0, -signal.SIGTERM):
            soak.wrong.append(f"a worker that was told to stop ended with {worker.returncode}")


def keep_cutting(soak: Soak, running: list[subprocess.Popen[bytes]]) -> None:
    """The network of the last home is cut off while a worker there has a job."""
    if soak.apart is None:
        return
    chance = random.Random(soak.chance.random())
    with closing(connect(soak.settings.database)) as connection:
        while not soak.pause(chance, CUT_EVERY):
            job = None
            while job is None and not soak.over.wait(0.05):
                pids = {worker.pid for worker in running[HOMES - 1 :: HOMES]}
                job = held_by(connection, pids)
            soak.apart.cut_off()
            soak.over.wait(chance.uniform(*CUT_FOR))
            soak.apart.join()
            soak.done["cuts"] += 1
            if job and not soak.over.is_set():
                soak.done["taken over"] += get_job(connection, job.id).attempt > job.attempt


def held_by(connection: Any, pids: set[int]) -> Job | None:
    """A job that one of these processes runs."""
    try:
        jobs = history(connection, status="in_progress", limit=100)
    except ConnectionLostError:
        return None
    return next((job for job in jobs if int((job.worker_id or "::").split(":")[1]) in pids), None)


def keep_following(soak: Soak) -> None:
    """All events, as a client of `watch` gets them, whatever becomes of the server."""
    for event in follow(soak.settings.database, since=0, stop=soak.judging):
        soak.followed.append(event.id)


def keep_crashing(soak: Soak, postgres: PostgresServer) -> None:
    """The server crashes, or is stopped, and is back after a while."""
    chance = random.Random(soak.chance.random())
    while not soak.pause(chance, CRASH_EVERY):
        postgres.stop(at_once=chance.random() < 0.5)
        time.sleep(chance.uniform(0.1, 3.0))
        postgres.start()
        soak.done["crashes"] += 1


def keep_looking(soak: Soak) -> None:
    """Every dataset shows the files of the commit it says it is at, and nothing else."""
    with closing(connect(soak.settings.database)) as connection:
        while not soak.over.is_set():
            try:
                for dataset_id in published_tables(connection):
                    look(soak, connection, dataset_id)
            except ConnectionLostError as error:
                print(error, file=sys.stderr)


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
        for home in soak.homes:
            for folder in ("clones", "workers"):
                left |= {path.name for path in (home / folder).glob("*")}
        if left:
            soak.wrong.append(f"left over, or missing: {left}")
        written = [row[0] for row in connection.execute("SELECT id FROM job_events ORDER BY id")]
        soak.done["lost"] = len(set(written) - set(soak.followed))
        if written != soak.followed:
            soak.wrong.append(f"{len(written)} events were written, {len(soak.followed)} followed")
        if damage := connection.damage():
            soak.wrong.append(f"the database is damaged: {damage}")
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
