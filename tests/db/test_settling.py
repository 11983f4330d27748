"""Leases that nobody could renew: the clock jumped, or the server was away. They are left alone at first."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from ccingest.database_address import PostgresAddress
from ccingest.db import settling, sqlite
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.db.postgres.connection import PostgresConnection
from ccingest.db.postgres.schema import WRITER
from ccingest.db.settling import Settling
from ccingest.queue import claim, enqueue
from postgres_server import PostgresServer
from queue_kit import request


def with_expired_lease(connection: Connection) -> None:
    enqueue.enqueue(connection, request(), claim_as="w")
    connection.execute("UPDATE jobs SET lease_expires_at = '2020-01-01T00:00:00.000Z'")


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_workers_may_renew_their_leases_after_the_clock_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    real = time.time
    with closing(connect(tmp_path / "db")) as connection:
        with_expired_lease(connection)
        monkeypatch.setattr(time, "time", lambda: real() + seconds)
        assert claim.claim(connection, "w2") is None
        assert claim.reclaim_lost(connection) == 0
        monkeypatch.setattr(sqlite, "_SETTLING", 0.0)  # it is over
        assert claim.reclaim_lost(connection) == 1


def test_workers_may_renew_their_leases_after_another_one_has_written_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "_LONG_WAIT", 0.3)
    path = tmp_path / "db"
    with (
        closing(connect(path)) as connection,
        closing(connect(path, check_same_thread=False)) as writer,
    ):
        with_expired_lease(connection)
        writer.begin(writing=True)
        alarm = threading.Timer(0.6, writer.commit)
        alarm.start()
        assert claim.reclaim_lost(connection) == 0
        alarm.join()
        monkeypatch.setattr(sqlite, "_SETTLING", 0.0)  # it is over
        assert claim.reclaim_lost(connection) == 1


def test_on_a_server_too(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "_LONG_WAIT", 0.3)
    address = PostgresAddress(postgres.new_database(), tmp_path)
    with psycopg.connect(address.url, autocommit=True) as raw, closing(connect(address)) as one:
        assert isinstance(one, PostgresConnection)
        with_expired_lease(one)
        raw.execute("SELECT pg_advisory_lock(%s)", (WRITER,))
        alarm = threading.Timer(0.6, lambda: raw.execute("SELECT pg_advisory_unlock_all()"))
        alarm.start()
        enqueue.enqueue(one, request("o/other"))
        alarm.join()
        assert not one._settling.is_over(30)


def test_workers_may_renew_their_leases_after_the_server_was_out_of_reach(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    address = PostgresAddress(postgres.new_database(), tmp_path)
    with psycopg.connect(address.url, autocommit=True) as raw:
        name = raw.info.dbname
        raw.execute(f"ALTER DATABASE {name} SET ccingest.settling = '2 seconds'".encode())
        with closing(connect(address)) as connection:
            assert isinstance(connection, PostgresConnection)
            with_expired_lease(connection)
            while not connection.is_settled():  # the server has just started
                time.sleep(0.1)
            raw.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )
            assert claim.reclaim_lost(connection) == 0
            connection._settling.see(0.0)
            assert not connection.is_settled()
            while not connection.is_settled():
                time.sleep(0.1)
            assert claim.reclaim_lost(connection) == 1


def test_a_clock_that_is_slightly_corrected_does_not_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        now = 100.0

        @staticmethod
        def monotonic() -> float:
            return Clock.now

    monkeypatch.setattr(settling, "time", Clock)
    seen = Settling()
    seen.see(5000.0)
    for clock in (5001.0, 4999.5):
        seen.see(clock)
        assert seen.is_over(30)
    seen.see(5003.0)
    assert not seen.is_over(30)
    Clock.now += 30
    seen.see(5033.0)
    assert seen.is_over(30)
    seen.see(4000.0)
    assert not seen.is_over(30)
