"""Many jobs, few repositories, workers killed all the time: is anything lost or half shown?

    python benchmarks/soak.py [--jobs 200] [--repositories 20] [--workers 4] [--seed 1]
        [--postgres] [--store s3] [--pace 1.0] [--minutes N]

Repositories are served by `git http-backend` on loopback; jobs are queued, cancelled and datasets
deleted with the library, while `ccingest worker` processes run, of which one is killed with
SIGKILL every few seconds, and new commits come in. All the while a reader looks at every dataset:
each look must find exactly the files of one commit. In the end `ccingest worker --drain` finishes
what is left, and everything is compared with fresh ingests. Prints one line of a Markdown table;
exits 1, with the reasons on stderr, when anything is wrong.

On a machine with much other work, `--pace 5` lets five times as much time pass between two kills,
and with `--minutes` there are as many jobs as were made in that time.

With `--postgres` the jobs are in a database of a real server, which crashes and starts again every
now and then. The workers are in three homes, as on three machines, that share the tables. Where the
machine allows it (Linux, as root), one of these is in a network of its own, which is cut off while one
of its workers has a job, until the lease has run out, and then joined again. A reader follows all
events meanwhile; in the end it must have seen each once.

With `--postgres --store s3` the homes share no tables: these are in an S3 server, which answers 503 for a
while every now and then, or is gone and comes back. Whoever looks has a home of its own. In the end the
store must have all that is published, and after two clean-ups nothing else.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from apart import HERE, machine_apart
from soak_blows import keep_crashing, keep_working
from soak_state import Soak
from soak_store import failing_store, judge_store, keep_failing, store_of

from ccingest import Client
from ccingest.db.catalog import published_tables, searchable
from ccingest.db.connection import connect
from ccingest.errors import (
    ConnectionLostError,
    NetworkError,
    NotFoundError,
    UsageError,
    VersionGoneError,
)
from ccingest.models import Dataset, PreparedVersion
from ccingest.pipeline.ingest import ingest
from ccingest.pipeline.request import IngestRequest
from ccingest.queue.deletion import tables_in_use
from ccingest.queue.events import events_after, follow
from ccingest.queue.history import history
from ccingest.settings import Settings
from ccingest.sources import open_source
from ccingest.sources.references import parse_reference
from ccingest.store import TableStore
from git_server import GitServer
from postgres_server import running_server

MOST_PENDING = 8  # jobs, so that workers are killed as long as jobs are made
LOOKS_AT_A_VERSION = 5  # a reader that is overtaken by a new version looks again


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--repositories", type=int, default=20)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--store", choices=["s3"])
    parser.add_argument("--pace", type=float, default=1.0)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    asked = parser.parse_args()
    if asked.store and not asked.postgres:
        parser.error("--store needs --postgres")
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
                os.environ["CCINGEST_DATABASE"] = soak.database_url
            if asked.store:
                soak.front, soak.store = stack.enter_context(failing_store(Path(folder), address))
                os.environ.update(soak.store)
            if postgres:
                soak.share_tables()
            soak.ends_at = began + 60 * asked.minutes
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
    if soak.store:
        print(
            f"{done['failures of the store']} times the store answered 503 for a while, "
            f"{done['answers with 503']} times in all, {done['restarts of the store']} times it was "
            f"gone; {done['objects removed']} objects of killed workers and of old versions",
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
    if soak.front:
        others.append(threading.Thread(target=keep_failing, args=(soak, soak.front)))
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
    with Client(soak.home) as client:
        while len(made) < jobs and not soak.is_late():
            if len(client.jobs(status="pending", limit=MOST_PENDING)) == MOST_PENDING:
                time.sleep(0.1)
                continue
            name = soak.chance.choice(names)
            if soak.chance.random() < 0.6:
                soak.new_commit(name)
            is_forced = soak.chance.random() < 0.2
            made.add(client.enqueue(f"{soak.server.url}/{name}", force=is_forced).id)
            if soak.chance.random() < 0.15:
                victim = soak.chance.choice(active_jobs(client) or sorted(made))
                soak.cancelled.add(victim)
                soak.done["cancels"] += succeeds(client.cancel, victim)
            if soak.chance.random() < 0.05:
                dataset = soak.chance.choice(names).replace("/", "-")
                soak.deleted.add(dataset)
                soak.done["deletes"] += succeeds(client.delete, dataset)


def active_jobs(client: Client) -> list[str]:
    return [job.id for job in client.jobs(limit=20) if not job.ended]


def succeeds(step: Callable[[str], object], name: str) -> bool:
    """Whether there was something to do: the job had not ended, there was such a dataset."""
    try:
        step(name)
    except (UsageError, NotFoundError):
        return False
    return True


def keep_following(soak: Soak) -> None:
    """All events, as a client of `watch` gets them, whatever becomes of the server."""
    for event in follow(soak.settings.database, since=0, stop=soak.judging):
        soak.followed.append(event.id)


def keep_looking(soak: Soak) -> None:
    """Every dataset shows the files of the commit it says it is at, and nothing else."""
    with closing(connect(soak.settings.database)) as connection:
        while not soak.over.is_set():
            try:
                for dataset_id in published_tables(connection):
                    look(soak, connection, dataset_id)
            except (ConnectionLostError, NetworkError) as error:
                print(error, file=sys.stderr)
            soak.over.wait(0.1 * soak.pace)


def look(soak: Soak, connection: Any, dataset_id: int) -> None:
    gone = ""
    for _ in range(LOOKS_AT_A_VERSION):
        version = next(iter(versions(connection, dataset_id)), None)
        if version is None:
            return  # deleted
        try:
            found = texts(soak.looking, version)
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
    reader = store_of(settings).read(version.table_name, version.table_version)
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
        if soak.store:
            judge_store(soak, connection, soak.looking)
        for version in versions(connection):
            if rows(soak.looking, version.table_name, version.table_version) != fresh_rows(
                soak, fresh / version.name, version
            ):
                soak.wrong.append(f"{version.name} is not what a fresh ingest gives")
        # With a store, what a home has is a cache.
        here, used = TableStore(soak.settings.tables).names(), tables_in_use(connection)
        left = here - used if soak.store else here ^ used
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
