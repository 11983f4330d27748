"""Every step of jobs, with its connection cut at each of its messages: it is done exactly once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

import ccingest
from ccingest.database_address import PostgresAddress
from ccingest.db.catalog import find_dataset, list_datasets
from ccingest.db.connection import connect, reading, repeated
from ccingest.db.dialect import Connection
from ccingest.db.overlays import begin_table, remove_overlay, reserve_overlay
from ccingest.db.postgres import connection as postgres_connection
from ccingest.db.postgres.connection import PostgresConnection
from ccingest.db.postgres.schema import TABLES
from ccingest.errors import NetworkError
from ccingest.models import Every, Job, Unchanged
from ccingest.models.submissions import Push
from ccingest.queue import claim, deletion, enqueue, retention, schedules, sync
from ccingest.queue.events import events_after
from ccingest.queue.history import history
from ccingest.queue.logs import add_log
from ccingest.queue.maintaining import in_maintenance
from ccingest.queue.publish import complete_unchanged, publish
from ccingest.queue.pushes import receive
from postgres_proxy import HOWS, How, Proxy
from postgres_server import PostgresServer
from queue_kit import request, result

W = "host:1:w"
NOWHERE = Path("/nowhere")
SOURCE = Path(ccingest.__file__).parent
OPENING = (b"SET TimeZone", b"ccingest_schema")  # a connection
Step: TypeAlias = Callable[["Life"], object]


@repeated
def names_now(connection: Connection) -> list[str]:
    with reading(connection):
        return [dataset.name for dataset in list_datasets(connection, None)]


@dataclass
class Life:
    """A connection, and the jobs that the steps work on, by the names of their datasets."""

    connection: Connection
    jobs: dict[str, Job] = field(default_factory=dict)

    def begin(self) -> None:
        """Make the jobs that are there before the first step."""
        for name in "bcdef":
            self.enqueue(name)
        for name in "bcde":
            self.claim(name)

    def enqueue(self, name: str) -> bool:
        queued = enqueue.enqueue(self.connection, request(f"o/{name}"))
        self.jobs[name] = queued.job
        return queued.created

    def claim(self, name: str) -> bool:
        job = claim.claim(self.connection, W, job_id=self.jobs[name].id)
        self.jobs[name] = job or self.jobs[name]
        return job is not None

    def advance(self, name: str) -> None:
        claim.advance(
            self.connection, self.jobs[name], W, phase="embed", progress=40, current_file="a.py"
        )

    def fail(self, name: str) -> None:
        error = NetworkError("The host is away.")
        claim.fail(self.connection, self.jobs[name], W, error, chance=lambda: 1.0)

    def publish(self, name: str) -> None:
        publish(self.connection, self.jobs[name], W, result(self.jobs[name]))

    def complete(self, name: str) -> None:
        done = Unchanged(result(self.jobs[name]).revision, "nothing to do")
        complete_unchanged(self.connection, self.jobs[name], W, done)

    def maintain(self, name: str) -> bool:
        chosen = find_dataset(self.connection, "default", f"o-{name}")
        assert chosen
        with in_maintenance(self.connection, chosen.dataset_id) as maintenance:
            return maintenance is not None and maintenance.move_version(2)

    def overlay(self, name: str) -> list[str]:
        dataset = find_dataset(self.connection, "default", f"o-{name}")
        assert dataset
        overlay = reserve_overlay(self.connection, dataset, "/tree")
        begin_table(self.connection, overlay, "t")
        return remove_overlay(self.connection, overlay)

    def renew(self, name: str) -> bool:
        return claim.renew_lease(self.connection, self.jobs[name], W, 60)

    def expire(self) -> int:
        self.connection.execute("UPDATE jobs SET lease_expires_at = '2026-01-01T00:00:00Z'")
        return claim.reclaim_lost(self.connection)

    def read(self) -> tuple[int, int]:
        return len(history(self.connection, limit=100)), len(events_after(self.connection, 0))


# In this order, each on what those before it have left.
STEPS: dict[str, Step] = {
    "enqueue": lambda life: life.enqueue("a"),
    "enqueue the same": lambda life: life.enqueue("a"),
    "enqueue all": lambda life: len(enqueue.enqueue_all(life.connection, [request("o/g")])),
    "claim": lambda life: life.claim("a"),
    "advance": lambda life: life.advance("a"),
    "renew": lambda life: life.renew("a"),
    "log": lambda life: add_log(life.connection, life.jobs["a"].id, "info", "a line"),
    "publish": lambda life: life.publish("a"),
    "fail": lambda life: life.fail("b"),
    "release": lambda life: claim.release(life.connection, life.jobs["c"], W),
    "cancel a running one": lambda life: (
        enqueue.cancel(life.connection, life.jobs["d"].id).cancel_requested
    ),
    "end as cancelled": lambda life: claim.mark_cancelled(life.connection, life.jobs["d"], W),
    "retry": lambda life: enqueue.retry(life.connection, life.jobs["d"].id).status,
    "cancel a pending one": lambda life: enqueue.cancel(life.connection, life.jobs["f"].id).status,
    "release all": lambda life: claim.release_all(life.connection, W),
    "sync": lambda life: len(sync.enqueue_sync(life.connection, None)),
    "claim the next": lambda life: life.enqueue("a") or life.claim("a"),
    "complete unchanged": lambda life: life.complete("a"),
    "push": lambda life: receive(life.connection, Push("one", "o/a", "github.com", "main")).outcome,
    "push again": lambda life: (
        receive(life.connection, Push("one", "o/a", "github.com", "main")).outcome
    ),
    "claim again": lambda life: life.claim("c"),
    "lose the lease": lambda life: life.expire(),
    "schedule": lambda life: schedules.add_schedule(life.connection, request("o/s"), Every(3600))[
        1
    ],
    "enqueue what is due": lambda life: len(schedules.enqueue_due(life.connection)),
    "due only once": lambda life: len(schedules.enqueue_due(life.connection)),
    "remove the schedule": lambda life: (
        schedules.remove_schedule(life.connection, "default", "o-s") is not None
    ),
    "once a day": lambda life: retention.begin_if_due(life.connection, "cleanup", 24),
    "maintain": lambda life: life.maintain("a"),
    "overlay": lambda life: life.overlay("a"),
    "read": lambda life: life.read(),
    "read at one moment": lambda life: names_now(life.connection),
    "watch": lambda life: life.connection.changes() is not None,
    "delete": lambda life: len(deletion.delete_datasets(life.connection, "default", name="o-a")),
    "clean up": lambda life: retention.delete_old_jobs(life.connection, 0),
}
# What a clock, a random number or a sequence that never goes back makes.
_CHANGING = {
    *("id", "at", "singleton_key", "next_at", "last_job_id", "dataset_id", "job_ids", "project_id"),
    *("table_name", "maintenance_until", "number", "rowid", "lease_expires_at", "client"),
}


@pytest.fixture(scope="module")
def url(postgres: PostgresServer) -> str:
    return postgres.new_database()


@pytest.fixture(scope="module")
def raw(url: str) -> Iterator[psycopg.Connection[Any]]:
    connect(PostgresAddress(url, NOWHERE)).close()
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as opened:
        yield opened


def emptied(raw: psycopg.Connection[Any]) -> None:
    raw.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY".encode())


def state(raw: psycopg.Connection[Any]) -> dict[str, list[dict[str, Any]]]:
    """What every table holds, without what differs from run to run."""
    jobs = raw.execute("SELECT id FROM jobs ORDER BY rowid").fetchall()
    names = {row["id"]: f"job {number}" for number, row in enumerate(jobs)}
    return {table: [_stable(row, names) for row in _rows(raw, table)] for table in TABLES}


def _rows(raw: psycopg.Connection[Any], table: str) -> list[dict[str, Any]]:
    order = {"jobs": "rowid", "files": "path", "skipped_files": "path"}.get(table, "1")
    return raw.execute(f"SELECT * FROM {table} ORDER BY {order}".encode()).fetchall()


def _stable(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    kept = {
        name: names.get(value, value) if name == "job_id" else value
        for name, value in row.items()
        if name not in _CHANGING and not name.endswith("_at")
    }
    return {**kept, **{name: row[name] is None for name in row if name.endswith("_at")}}


@pytest.fixture(scope="module")
def expected(url: str, raw: psycopg.Connection[Any]) -> dict[str, tuple[object, Any]]:
    """What each step returns and leaves when no connection is lost."""
    found = {}
    with closing(connect(PostgresAddress(url, NOWHERE))) as connection:
        life = Life(connection)
        life.begin()
        for name, step in STEPS.items():
            found[name] = step(life), state(raw)
    return found


@pytest.mark.parametrize("how", HOWS)
def test_each_step_is_done_once(
    url: str,
    raw: psycopg.Connection[Any],
    expected: dict[str, tuple[object, Any]],
    how: How,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres_connection, "_FIRST_PAUSE", 0.001)
    emptied(raw)
    with (
        Proxy(url).running() as proxy,
        closing(connect(PostgresAddress(proxy.url, NOWHERE))) as connection,
    ):
        assert isinstance(connection, PostgresConnection)
        life = Life(connection)
        life.begin()
        for number, (name, step) in enumerate(STEPS.items()):
            # What opens a connection is always the same, so it is cut for the first step only.
            with proxy.sweeping(how, spares=OPENING if number else ()) as sweep:
                returned = step(life)
            assert (name, returned, state(raw)) == (name, *expected[name])
            assert sweep.cuts
            assert not connection.in_transaction
            assert connection.raw().info.transaction_status == TransactionStatus.IDLE


def test_all_transactions_are_repeated() -> None:
    """Whatever begins one, or reads as of one moment, can lose its connection there."""
    once = [
        f"{path.relative_to(SOURCE)}: {function.name}"
        for path in sorted(SOURCE.rglob("*.py"))
        if (text := path.read_text()).count("transaction(") + text.count("reading(")
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef) and _begins(function)
        if not any(ast.unparse(one) == "repeated" for one in function.decorator_list)
    ]
    # The first is repeated where it is called; a copy is begun anew by whoever wants it.
    assert once == ["app/catalogue.py: _datasets", "db/postgres/copying.py: _copy_all"]


def _begins(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(inner, ast.With)
        and any(
            ast.unparse(item.context_expr).startswith(("transaction(", "reading("))
            for item in inner.items
        )
        for inner in ast.walk(function)
    )
