"""A connection to a Postgres server that finds its way back after the server was away.

What may be lost at any moment is the connection. A statement that only reads is sent again. A
transaction that did not come to its end has changed nothing: it raises ConnectionLostError, and
`db.connection.repeated` does it again. When the connection is lost while a transaction is committed, the
server is asked what became of it. So nothing is done twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from ccingest.database_address import PostgresAddress
from ccingest.db.postgres import commits, failures, schema
from ccingest.db.postgres.homes import machine_of
from ccingest.db.postgres.opening import open_raw, prepare
from ccingest.db.postgres.sql import in_batches, only_reads, texts_of, translated
from ccingest.db.postgres.watching import Changes
from ccingest.db.settling import Settling
from ccingest.errors import ConnectionLostError, StoreError, UsageError

_log = logging.getLogger(__name__)

_Result = TypeVar("_Result")

# The servers that this process has reached. One of them is waited for, if it can't be reached later;
# another may well be misspelt.
_reached: set[PostgresAddress] = set()

# How long a step waits for a server that is away, as while it is restarted.
_PATIENCE = 15.0  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0  # seconds between two tries
_LONGEST_COMMIT = 1.0  # seconds
# After a restart of the server, workers need this time to come back and renew their leases. A
# database may have another one: ALTER DATABASE name SET ccingest.settling = '1 minute'.
_IS_SETTLED = """
    SELECT statement_timestamp() > pg_postmaster_start_time() + time,
        CAST(extract(epoch FROM time) AS double precision)
    FROM (SELECT CAST(COALESCE(NULLIF(current_setting('ccingest.settling', TRUE), ''), '30 seconds')
        AS interval) AS time) AS settling
"""
_CLOCK = "SELECT CAST(extract(epoch FROM statement_timestamp()) AS double precision)"

_LISTEN = f"LISTEN {schema.CHANNEL}"
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


def connect(address: PostgresAddress, *, busy_timeout: float) -> PostgresConnection:
    """A connection whose schema is up to date. Raises what db.connection.connect does."""
    connection = PostgresConnection(address, busy_timeout)
    connection.raw()
    return connection


class PostgresConnection:
    """See db.dialect.Connection."""

    def __init__(self, address: PostgresAddress, busy_timeout: float) -> None:
        self.address = address
        self._busy_timeout = busy_timeout
        self._raw: psycopg.Connection[Any] | None = None
        self._is_closed = False
        self._opening = ""  # of a transaction whose BEGIN is not sent yet
        self._mark = commits.Mark.first()
        self._settling = Settling()
        self._transaction: commits.Begun | None = None  # the one that writes
        self.in_transaction = False
        self.listens = False

    @cached_property
    def machine(self) -> str:
        return machine_of(self.address.home)

    def execute(self, sql: str, parameters: Any = (), /) -> psycopg.Cursor[Any]:
        words = translated(sql)
        if self.in_transaction:
            return self._within(words, parameters)
        if only_reads(sql):
            return self._patiently(lambda: self._send(words, parameters))
        return self._alone(lambda: self._within(words, parameters))

    def executemany(self, sql: str, parameters: Any, /) -> psycopg.Cursor[Any]:
        def send() -> psycopg.Cursor[Any]:
            cursor = self._ready().cursor()
            for words, values in in_batches(sql, rows):
                cursor = self._within(words, values)
            return cursor

        rows: Sequence[Sequence[Any]] = list(parameters)
        return send() if self.in_transaction else self._alone(send)

    def stored_rows(self, sql: str, parameters: Any = (), /) -> list[Any]:
        return self.execute(sql, parameters).fetchall()  # it stores no text that is no UTF-8

    def update(self, sql: str, parameters: Any = (), /) -> int:
        if self.in_transaction:
            return self.execute(sql, parameters).rowcount
        words = f"{commits.WAIT_FOR_WRITER}; {translated(sql)}"
        cursor = self._patiently(lambda: self._send(words, parameters))
        cursor.nextset()
        return cursor.rowcount

    def begin(self, *, writing: bool) -> None:
        if writing:
            self._begin_writing(alone=False)
        else:
            self._begin(_BEGIN_READING)

    def commit(self) -> None:
        if self._opening:
            self._opening, self.in_transaction = "", False
            return
        transaction = self._transaction
        try:
            done = self._send("COMMIT", None)
        except ConnectionLostError as error:
            self.in_transaction = False
            if transaction is not None and not self._was_committed(transaction):
                raise error from None
            return
        self.in_transaction = False
        if done.statusmessage != "COMMIT":  # a statement failed, and the error was not passed on
            raise StoreError(f"{self.address} gave up a transaction that had failed before.")

    def rollback(self) -> None:
        if self._opening:
            self._opening, self.in_transaction = "", False
            return
        try:
            self._send("ROLLBACK", None)
        except ConnectionLostError as error:
            _log.info("The server has rolled back by itself: %s", error.message)
        finally:
            self.in_transaction = False

    def close(self) -> None:
        self._is_closed = True
        if self._raw is not None:
            self._raw.close()

    def changes(self) -> Changes:
        if not self.listens:
            self.listens = True  # a connection that is made from now on listens by itself
            if self._raw is not None:
                self._patiently(lambda: self._send(_LISTEN, None))
        return Changes(self)

    def state(self) -> str:
        # Each transaction that ends, in any database of the server, makes another snapshot.
        return str(_only_row(self.execute("SELECT pg_current_snapshot()::text"))[0])

    def is_settled(self) -> bool:
        self._settling.see(_only_row(self.execute(_CLOCK))[0])
        has_run, seconds = _only_row(self.execute(_IS_SETTLED))
        return bool(has_run) and self._settling.is_over(seconds)

    def damage(self) -> str | None:
        """Asks for a row of each table: a server tells of damage only where it reads."""
        for table in schema.TABLES:
            try:
                self.execute(f"SELECT 1 FROM {table} LIMIT 1")
            except StoreError as error:
                return error.message
        return None

    def raw(self) -> psycopg.Connection[Any]:
        """psycopg's connection, made again if it was lost. Raises ConnectionLostError."""
        return self._patiently(self._ready)

    def _begin_writing(self, *, alone: bool) -> None:
        self._mark = self._mark.next()
        self._begin(self._mark.begin(alone=alone))

    def _begin(self, words: str) -> None:
        self._opening, self._transaction = words, None
        self.in_transaction = True

    def _within(self, words: str, parameters: Any) -> psycopg.Cursor[Any]:
        """A statement of a transaction. With the first one goes what begins it."""
        if not self._opening:
            return self._send(words, parameters)
        return self._patiently(lambda: self._open_with(words, parameters))

    def _open_with(self, words: str, parameters: Any) -> psycopg.Cursor[Any]:
        raw, opening = self._ready(), self._opening
        self._opening = ""
        try:
            with self._settling.waiting():
                cursor = self._send_by(raw, f"{opening}; {words}", parameters)
        except ConnectionLostError:
            self._opening = opening
            raise
        cursor.nextset()
        if opening != _BEGIN_READING:
            _, process, number = _only_row(cursor)
            self._transaction = commits.Begun(self._mark, process, number)
            while cursor.nextset():  # to what `words` gives
                pass
        return cursor

    def _alone(self, send: Callable[[], psycopg.Cursor[Any]]) -> psycopg.Cursor[Any]:
        """One statement that writes, as a transaction: it is known whether it was committed."""
        end = time.monotonic() + _PATIENCE
        while True:
            self._begin_writing(alone=True)
            try:
                cursor = send()
                self.commit()
                return cursor
            except ConnectionLostError:
                self.in_transaction = False  # it ended with the connection
                if time.monotonic() > end:
                    raise
            except BaseException:
                if self.in_transaction:
                    self.rollback()
                raise

    def _was_committed(self, begun: commits.Begun) -> bool:
        """What became of a transaction whose COMMIT got no answer. Raises StoreError."""
        began = time.monotonic()
        running = (begun.process, begun.number)
        while time.monotonic() < began + _PATIENCE:
            try:
                if self.execute(commits.IS_RUNNING, running).fetchone() is None:
                    mark = (begun.mark.client, begun.mark.number)
                    return self.execute(commits.WAS_COMMITTED, mark).fetchone() is not None
                if time.monotonic() > began + _LONGEST_COMMIT:
                    # The COMMIT has not arrived, and the server does not know yet that none will.
                    self.execute(commits.END, running)
            except ConnectionLostError:
                continue
            time.sleep(0.05)
        raise StoreError(
            f"The connection to {self.address} was lost at the end of a step, and whether the step "
            "was stored is not known; look before you try again."
        )

    def _patiently(self, step: Callable[[], _Result]) -> _Result:
        """Do what changes nothing, again and again while the connection is lost."""
        end, pause = time.monotonic() + _PATIENCE, _FIRST_PAUSE
        while True:
            try:
                return step()
            except ConnectionLostError:
                if time.monotonic() + pause > end:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _ready(self) -> psycopg.Connection[Any]:
        if self._is_closed:
            raise StoreError(f"{self.address} is closed.")
        has_begun = self.in_transaction and not self._opening
        if self._raw and not has_begun and not _is_idle(self._raw):
            self._raw.close()  # Ctrl-C came before the answer to a BEGIN
        if self._raw is None or self._raw.closed:
            if has_begun:  # what comes next must not be done without what came before
                raise failures.lost(self.address, None)
            if self._raw is not None:
                self._settling.disturb()
            self._raw = self._opened()
        return self._raw

    def _opened(self) -> psycopg.Connection[Any]:
        try:
            raw = open_raw(self.address, self._busy_timeout)
        except psycopg.Error as error:
            if self.address in _reached or failures.may_pass(error):
                raise failures.lost(self.address, error) from error
            raise failures.unreachable(self.address, error) from error
        _reached.add(self.address)
        try:
            prepare(raw, self.address, self._busy_timeout, listens=self.listens)
            self._settling.see(_only_row(raw.execute(_CLOCK.encode()))[0])
        except psycopg.Error as error:
            found = failures.of_statement(error, self.address, raw)
            raw.close()
            raise found from error
        except BaseException:
            raw.close()
            raise
        return raw

    def _send(self, words: str, parameters: Any) -> psycopg.Cursor[Any]:
        return self._send_by(self._ready(), words, parameters)

    def _send_by(
        self, raw: psycopg.Connection[Any], words: str, parameters: Any
    ) -> psycopg.Cursor[Any]:
        try:
            return raw.execute(words.encode(), parameters)
        except psycopg.Error as error:
            if failures.is_lost(error, raw):
                raw.close()  # it may be open still, where only the server behind a pooler is gone
                raise failures.lost(self.address, error) from error
            if nul := next((text for text in texts_of(parameters) if "\0" in text), None):
                raise failures.nul_in(nul) from None
            raise failures.translated(error, self.address) from error
        except UnicodeEncodeError as error:  # of a value: bytes of an argument that are no UTF-8
            raise UsageError(f"{error.object[:100]!a} is no text in UTF-8.") from None


def _is_idle(raw: psycopg.Connection[Any]) -> bool:
    return bool(raw.pgconn.transaction_status == TransactionStatus.IDLE)


def _only_row(cursor: psycopg.Cursor[Any]) -> Any:
    row = cursor.fetchone()
    assert row is not None  # a SELECT without FROM gives one
    return row
