"""What only Postgres does: losing its connection, refusing others' tables, numbering events."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from ccingest.database_address import PostgresAddress
from ccingest.db import sqlite
from ccingest.db.connection import connect, transaction
from ccingest.db.dialect import Connection
from ccingest.db.postgres import connection as postgres_connection
from ccingest.db.postgres import opening
from ccingest.db.postgres.connection import PostgresConnection
from ccingest.db.postgres.schema import TABLES, WRITER
from ccingest.errors import (
    CancelledError,
    ConnectionLostError,
    LeaseLostError,
    StoreBusyError,
    StoreError,
    UsageError,
)
from ccingest.models import PHASES, ManifestFile
from ccingest.queue import claim, enqueue
from ccingest.queue.events import events_after
from ccingest.queue.history import history
from ccingest.queue.publish import publish
from ccingest.queue.worker import run_job
from postgres_proxy import Proxy
from postgres_server import PostgresServer
from queue_kit import files, kill, next_line, output_of, quick, request, result, spawn


@pytest.fixture
def address(shared_url: str, tmp_path: Path) -> PostgresAddress:
    with psycopg.connect(shared_url, autocommit=True) as raw:
        raw.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY".encode())
    return PostgresAddress(shared_url, tmp_path)


@pytest.fixture
def proxy(address: PostgresAddress) -> Iterator[Proxy]:
    with Proxy(address.url).running() as running:
        yield running


@pytest.fixture
def through(proxy: Proxy, tmp_path: Path) -> Iterator[Connection]:
    with closing(connect(PostgresAddress(proxy.url, tmp_path))) as opened:
        yield opened


def jobs_of(address: PostgresAddress) -> list[str]:
    with closing(connect(address)) as connection:
        return [job.dataset for job in history(connection, limit=100)]


def test_both_schemas_have_the_same_tables_and_columns(
    address: PostgresAddress, tmp_path: Path
) -> None:
    with closing(sqlite.connect(tmp_path / "x.db")) as file, psycopg.connect(address.url) as raw:
        found = raw.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND table_name <> 'ccingest_schema'"
        ).fetchall()
        names = file.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE '%sqlite%'"
        ).fetchall()
        expected = {
            (table, row["name"])
            for (table,) in map(tuple, names)
            for row in file.execute(f"PRAGMA table_info({table})")
        }
    marks = {("last_commits", column) for column in ("client", "number", "at")}
    assert set(found) == expected | {("jobs", "rowid")} | marks
    assert {table for table, _ in expected | marks} == {
        *(*TABLES, "job_history", "published_datasets")
    }


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_commit_whose_answer_is_lost_is_done_once(
    address: PostgresAddress, through: Connection, proxy: Proxy, cut: str
) -> None:
    proxy.cut = cut  # type: ignore[assignment]
    queued = enqueue.enqueue(through, request())
    assert queued.created
    assert not proxy.cut
    assert jobs_of(address) == ["org-repo"]
    assert len(events_after(through, 0)) == 1


@pytest.mark.parametrize("cut", ["before", "after"])
def test_one_statement_whose_answer_is_lost_is_done_once(
    through: Connection, proxy: Proxy, cut: str
) -> None:
    through.execute("INSERT INTO maintenance_runs(name, at) VALUES ('x', '2026-01-01T00:00:00Z')")
    proxy.cut = cut  # type: ignore[assignment]
    through.execute("UPDATE maintenance_runs SET at = at + interval '1 day'")
    assert not proxy.cut
    row = through.execute("SELECT at FROM maintenance_runs").fetchone()
    assert row["at"] == "2026-01-02T00:00:00.000Z"


def test_one_statement_whose_connection_ends_before_its_commit_is_done_once(
    address: PostgresAddress,
) -> None:
    with psycopg.connect(address.url, autocommit=True) as raw:
        raw.execute("CREATE SEQUENCE IF NOT EXISTS tries")  # a rollback does not turn it back
        raw.execute("ALTER SEQUENCE tries RESTART")
    first = "CASE nextval('tries') WHEN 1 THEN pg_terminate_backend(pg_backend_pid()) END"
    with closing(connect(address)) as connection:
        # It ends in pg_sleep, so before the statement has an answer.
        connection.execute(
            f"INSERT INTO projects(name) SELECT concat('p', {first}, pg_sleep(0.05))"
        )
        assert not connection.in_transaction
        assert rows_of(connection, "projects") == 1
    with psycopg.connect(address.url, autocommit=True) as raw:
        raw.execute("DROP SEQUENCE tries")


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is sent to the server."""
    sent: list[str] = []
    real = PostgresConnection._send_by

    def noting(self: PostgresConnection, raw: Any, words: str, parameters: Any) -> Any:
        sent.append(words)
        return real(self, raw, words, parameters)

    monkeypatch.setattr(PostgresConnection, "_send_by", noting)
    return sent


def test_a_job_costs_few_messages(address: PostgresAddress, messages: list[str]) -> None:
    """Each waits for the server, and costs a worker as much as reading a small file."""
    with closing(connect(address)) as connection:
        job = enqueue.enqueue(connection, request(), claim_as="w").job
        messages.clear()
        claim.advance(connection, job, "w", phase="embed", progress=20, current_file="a.py")
        assert claim.renew_lease(connection, job, "w")
        assert len(messages) == 2
        messages.clear()
        assert run_job(connection, address, job, "w", quick).status == "completed"
    assert len(messages) <= len(PHASES) + 12, messages


def test_late_progress_of_an_ended_job_changes_nothing(address: PostgresAddress) -> None:
    with closing(connect(address)) as connection:
        job = enqueue.enqueue(connection, request(), claim_as="w").job
        claim.release(connection, job, "w")
        with pytest.raises(LeaseLostError):
            claim.advance(connection, job, "w", phase="embed", progress=20, current_file=None)
        job = enqueue.enqueue(connection, request(), claim_as="w").job
        assert enqueue.cancel(connection, job.id).cancel_requested
        with pytest.raises(CancelledError):
            claim.advance(connection, job, "w", phase="embed", progress=20, current_file=None)
        assert history(connection)[0].phase is None


def rows_of(connection: Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def end_all(address: PostgresAddress) -> None:
    with psycopg.connect(address.url, autocommit=True) as raw:
        raw.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )


def test_a_commit_that_never_arrives_is_done_again(through: Connection, proxy: Proxy) -> None:
    """The server waits for it, and holds the locks, because it does not know that nobody is there."""
    proxy.cut = "left"
    began = time.monotonic()
    assert enqueue.enqueue(through, request()).created
    assert not proxy.cut
    assert len(events_after(through, 0)) == 1
    assert time.monotonic() - began < postgres_connection._PATIENCE


def test_what_an_interrupt_has_begun_is_undone(address: PostgresAddress) -> None:
    with closing(connect(address)) as connection:
        assert isinstance(connection, PostgresConnection)
        # As when Ctrl-C comes between the BEGIN and its answer.
        connection.raw().execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        assert enqueue.enqueue(connection, request()).created


def test_a_user_without_rights_is_told_so(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.new_database()
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE guest LOGIN")
    began = time.monotonic()
    with pytest.raises(StoreError, match="give the user the right"):
        connect(PostgresAddress(url.replace("tester@", "guest@"), tmp_path))
    assert time.monotonic() - began < postgres_connection._PATIENCE


def test_a_transaction_that_is_lost_changes_nothing(address: PostgresAddress) -> None:
    def write_and_lose(connection: Connection) -> None:
        with transaction(connection):
            connection.execute("INSERT INTO projects(name) VALUES ('p')")
            end_all(address)
            with pytest.raises(ConnectionLostError):
                connection.execute("INSERT INTO projects(name) VALUES ('q')")
            # Not even when the first error was passed over.
            connection.execute("INSERT INTO projects(name) VALUES ('r')")

    with closing(connect(address)) as connection:
        with pytest.raises(ConnectionLostError, match="nothing was stored"):
            write_and_lose(connection)
        assert not connection.in_transaction
        assert rows_of(connection, "projects") == 0
        end_all(address)
        with transaction(connection):  # it begins on a new connection
            connection.execute("INSERT INTO projects(name) VALUES ('s')")
        end_all(address)
        assert connection.execute("SELECT name FROM projects").fetchone()["name"] == "s"


def test_a_lost_transaction_is_not_taken_for_another_that_got_its_number(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    def write_and_crash(connection: PostgresConnection) -> None:
        with transaction(connection):
            connection.execute("INSERT INTO projects(name) VALUES ('lost')")
            assert connection._transaction
            lost.append(connection._transaction.number)
            postgres.stop(at_once=False)
            postgres.start()
            with psycopg.connect(address.url, autocommit=True) as raw:
                for number in range(50):
                    raw.execute("INSERT INTO projects(name) VALUES (%s)", (f"p{number}",))

    lost: list[str] = []
    address = PostgresAddress(postgres.new_database(), tmp_path)
    with closing(connect(address)) as connection:
        assert isinstance(connection, PostgresConnection)
        with pytest.raises(ConnectionLostError, match="nothing was stored"):
            write_and_crash(connection)
        status = connection.execute("SELECT pg_xact_status(?::text::xid8)", lost).fetchone()
        assert status is not None
        assert status[0] == "committed"  # the other one
        assert rows_of(connection, "projects") == 50


def test_marks_of_closed_connections_are_removed(address: PostgresAddress) -> None:
    for _ in range(2):
        with closing(connect(address)) as connection:
            enqueue.enqueue(connection, request())
            connection.execute("UPDATE last_commits SET at = at - interval '2 hours'")
    with closing(connect(address)) as connection:
        enqueue.enqueue(connection, request())
        assert rows_of(connection, "last_commits") == 1


def test_a_failed_statement_that_was_passed_over_is_not_committed(address: PostgresAddress) -> None:
    def write(connection: Connection) -> None:
        with transaction(connection):
            connection.execute("INSERT INTO projects(name) VALUES ('p')")
            with pytest.raises(StoreError):
                connection.execute("SELECT 1 / 0")

    with closing(connect(address)) as connection:
        with pytest.raises(StoreError, match="had failed before"):
            write(connection)
        assert rows_of(connection, "projects") == 0


def test_two_jobs_of_one_dataset_never_run_at_once(address: PostgresAddress) -> None:
    with closing(connect(address)) as connection:
        for branch in ("a", "b"):
            enqueue.enqueue(connection, request(branch=branch))
        with pytest.raises(StoreBusyError):  # whatever a claim is written like
            connection.execute("UPDATE jobs SET status = 'in_progress'")


def test_events_of_transactions_that_commit_late_are_seen(address: PostgresAddress) -> None:
    writers, rounds = 4, 40

    def write(number: int) -> None:
        # Without our transactions, as any other program would.
        with psycopg.connect(address.url) as raw:
            for progress in range(1, rounds + 1):
                raw.execute(
                    "UPDATE jobs SET progress = %s WHERE dataset_name = %s",
                    (progress, f"o-r{number}"),
                )
                raw.execute("SELECT pg_sleep(random() * 0.01)")
                raw.commit()

    with closing(connect(address)) as connection:
        for number in range(writers):
            enqueue.enqueue(connection, request(f"o/r{number}"))
        threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
        for thread in threads:
            thread.start()
        seen: list[int] = []
        while len(seen) < writers * (rounds + 1) and (
            any(thread.is_alive() for thread in threads) or len(seen) < writers
        ):
            seen += [event.id for event in events_after(connection, seen[-1] if seen else 0)]
        for thread in threads:
            thread.join()
        seen += [event.id for event in events_after(connection, seen[-1])]
    assert len(seen) == len(set(seen)) == writers * (rounds + 1)


def clients_of(connection: Connection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    )
    return int(row.fetchone()[0])


def test_workers_go_on_after_a_restart_of_the_server(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    address = PostgresAddress(postgres.new_database(), tmp_path)
    with psycopg.connect(address.url) as raw:
        raw.execute(f"ALTER DATABASE {raw.info.dbname} SET ccingest.settling = '1 minute'".encode())
    pause = threading.Event()
    with closing(connect(address)) as connection:
        enqueue.enqueue(connection, request("o/last"))  # until it has run, no worker ends
        connection.execute("UPDATE jobs SET visible_at = visible_at + interval '200 seconds'")
        workers = [spawn("drain", address, f"w{number}", 30, 0.1) for number in range(2)]
        while clients_of(connection) < 1 + len(workers):
            pause.wait(0.05)
        for number in range(15):
            enqueue.enqueue(connection, request(f"o/r{number}"))
        while not any(job.status == "completed" for job in history(connection, limit=100)):
            pause.wait(0.05)
        left = time.monotonic()
        postgres.stop(at_once=False)
        pause.wait(0.5)
        postgres.start()
        was_away = time.monotonic() - left
        enqueue.enqueue(connection, request("o/last"))  # now it is due
        ran = [job_id for worker in workers for job_id in output_of(worker)]
        jobs = history(connection, limit=100)
    assert [job.status for job in jobs] == ["completed"] * 16
    if was_away < postgres_connection._PATIENCE / 2:  # else a worker may not wait for it
        assert [job.crash_count for job in jobs] == [0] * 16
    # On a busy machine the server may be gone for longer than a statement waits: a retry, and counted.
    assert len(set(ran)) == 16
    assert len(ran) == 16 + sum(job.retry_count for job in jobs)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:s3cret@127.0.0.1:1/x",
        "postgresql://user@127.0.0.1:1/x?password=s3cret",
        "postgresql://user:s3cret%zz@127.0.0.1/x",
        "postgresql://user:s3cret@127.0.0.1:notaport/x",
        "postgresql://user:s3cret@[::1/x",
        "postgresql://user@127.0.0.1/x?sslpassword=s3cret&nonsense=1",
    ],
)
def test_no_error_shows_the_password(url: str, tmp_path: Path) -> None:
    with pytest.raises((StoreError, UsageError)) as caught:
        connect(PostgresAddress(url, tmp_path))
    assert "s3cret" not in f"{caught.value} {PostgresAddress(url, tmp_path)!r}"


def test_tables_of_another_program_are_left_alone(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.new_database()
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("CREATE TABLE jobs (id int)")
        with pytest.raises(StoreError, match=r"tables of something else \(jobs\)"):
            connect(PostgresAddress(url, tmp_path))
        raw.execute("DROP TABLE jobs")
        connect(PostgresAddress(url, tmp_path)).close()
        raw.execute("INSERT INTO ccingest_schema(name) VALUES ('p999_later')")
    with pytest.raises(StoreError, match="newer ccingest; upgrade this one"):
        connect(PostgresAddress(url, tmp_path))


def test_what_is_published_survives_a_crash_of_a_server_that_does_not_wait_for_its_disk(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    address = PostgresAddress(postgres.new_database(), tmp_path)

    def set_for_all(setting: str) -> None:
        with psycopg.connect(address.url, autocommit=True) as raw:
            raw.execute(
                f"ALTER DATABASE {raw.info.dbname} SET synchronous_commit = {setting}".encode()
            )

    def waits_for_disk() -> str:
        with closing(connect(address)) as connection:
            return str(
                connection.execute("SELECT current_setting('synchronous_commit')").fetchone()[0]
            )

    set_for_all("off")
    assert waits_for_disk() == "on"
    set_for_all("remote_apply")
    assert waits_for_disk() == "remote_apply"


def test_a_process_that_was_stopped_while_it_reads_keeps_nobody_from_writing(
    address: PostgresAddress,
) -> None:
    stopped = spawn("read_much", address)
    assert next_line(stopped) == "reading"
    time.sleep(0.2)  # until there is more to take than the system keeps for it
    stopped.send_signal(signal.SIGSTOP)
    try:
        with closing(connect(address)) as connection:
            assert enqueue.enqueue(connection, request()).created
        assert stopped.poll() is None
    finally:
        kill(stopped)


def test_a_version_of_so_many_files_that_to_compare_them_takes_long_is_published(
    address: PostgresAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(tuple[ManifestFile, ...]):
        def __iter__(self) -> Iterator[ManifestFile]:
            time.sleep(1.5)
            return super().__iter__()

    monkeypatch.setattr(opening, "LONGEST_PAUSE", 1)
    with closing(connect(address)) as connection:
        job = enqueue.enqueue(connection, request(), claim_as="w").job
        publish(connection, job, "w", replace(result(job), manifest=Slow(files(3))))
        assert rows_of(connection, "files") == 3


def test_who_waits_for_another_writer_is_not_cut_off_by_a_limit_for_statements(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    address = PostgresAddress(postgres.new_database(), tmp_path)
    with psycopg.connect(address.url, autocommit=True) as raw:
        raw.execute(f"ALTER DATABASE {raw.info.dbname} SET statement_timeout = '100ms'".encode())
    with psycopg.connect(address.url, autocommit=True) as raw, closing(connect(address)) as waiting:
        raw.execute("SELECT pg_advisory_lock(%s)", (WRITER,))
        alarm = threading.Timer(0.5, lambda: raw.execute("SELECT pg_advisory_unlock_all()"))
        alarm.start()
        assert enqueue.enqueue(waiting, request()).created
        alarm.join()


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
def test_machines_may_start_together_on_a_fresh_database(
    postgres: PostgresServer, tmp_path: Path, isolation: str
) -> None:
    address = PostgresAddress(postgres.new_database(), tmp_path)
    with psycopg.connect(address.url, autocommit=True) as raw:
        setting = f"default_transaction_isolation = '{isolation}'"
        raw.execute(f"ALTER DATABASE {raw.info.dbname} SET {setting}".encode())
    failed: list[StoreError] = []

    def open_once() -> None:
        try:
            connect(address).close()
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=open_once) for _ in range(4)]
    with psycopg.connect(address.url, autocommit=True) as raw:
        # All have seen that there are no tables yet, before the first one makes them.
        raw.execute("SELECT pg_advisory_lock(%s)", (WRITER,))
        for thread in threads:
            thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while raw.execute(waiting).fetchone() != (len(threads),):
            threads[0].join(0.02)
        raw.execute("SELECT pg_advisory_unlock_all()")
        for thread in threads:
            thread.join()
    assert not failed


def test_a_server_that_is_away_is_waited_for_only_if_it_was_there(
    address: PostgresAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connection, "_PATIENCE", 0.2)
    gone = address.url.replace(f":{urlsplit(address.url).port}/", ":1/")
    with pytest.raises(StoreError, match="can't be reached") as caught:
        connect(PostgresAddress(gone, tmp_path))
    assert not caught.value.retryable


def test_it_names_a_character_that_postgres_does_not_store(address: PostgresAddress) -> None:
    with closing(connect(address)) as connection:
        assert isinstance(connection, PostgresConnection)
        with pytest.raises(UsageError, match=r"NUL character"):
            connection.execute("INSERT INTO projects(name) VALUES (?)", ("a\0b",))
        with pytest.raises(UsageError, match=r"is no text in UTF-8"):
            connection.execute("INSERT INTO projects(name) VALUES (?)", ("a\udcff",))
        assert rows_of(connection, "projects") == 0


def test_without_the_library_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ccingest.db.postgres.connection")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UsageError, match=r"pip install 'ccingest\[postgres\]'"):
        connect(PostgresAddress("postgresql://user@host/x", tmp_path))
