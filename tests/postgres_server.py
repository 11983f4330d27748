"""A real Postgres server for tests, on the loopback address."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

# What a test writes need not survive a power failure.
_SETTINGS = (
    *("fsync=off", "full_page_writes=off", "autovacuum=off", "max_connections=200"),
    *("shared_buffers=16MB", "max_wal_size=256MB", "log_min_messages=fatal"),
    # Tests don't wait for workers that may come back, except one that says so.
    "ccingest.settling=0 seconds",
)
# initdb and the server refuse to run as root.
_USERS = ("postgres", "nobody")


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`; None where Postgres is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    program = found[-1] if found else shutil.which("postgres")
    return Path(program).resolve().parent if program else None


class PostgresServer:
    """A server, in which tests make databases."""

    def __init__(self, binaries: Path, folder: Path, address: str = "127.0.0.1") -> None:
        self._binaries = binaries
        self._address = address
        self._folder = folder
        self._data = folder / "data"
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _ordinary_user()
        if self._user:
            shutil.chown(folder, *self._user)
        self._run(
            "initdb", "-D", self._data, "-U", "tester", "--no-sync", "-E", "UTF8", "-A", "trust"
        )
        if address != "127.0.0.1":
            with (self._data / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {address}/24 trust\n")
        self.port = _free_port()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://tester@{self._address}:{self.port}/{database}"

    def start(self) -> None:
        settings = [f"-c{setting}" for setting in (*_SETTINGS, f"port={self.port}")]
        self._process = subprocess.Popen(
            [
                *(str(self._binaries / "postgres"), "-D", str(self._data), "-h", self._address),
                *("-k", str(self._folder), *settings),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=self._user and self._user[0],
            group=self._user and self._user[1],
        )
        end = time.monotonic() + 100
        while True:
            try:
                psycopg.connect(self.url()).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < end, "the server does not start"
                time.sleep(0.02)

    def stop(self, *, at_once: bool = True) -> None:
        """End the server: all connections at once, or as if it crashed."""
        assert self._process
        self._process.send_signal(signal.SIGINT if at_once else signal.SIGQUIT)
        self._process.wait(timeout=100)

    def new_database(self) -> str:
        """A fresh database, as its URL."""
        name = f"test{next(self._numbers)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [str(self._binaries / program), *map(str, arguments)],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._user and self._user[0],
            group=self._user and self._user[1],
        )


@contextmanager
def running_server(address: str = "127.0.0.1") -> Iterator[PostgresServer | None]:
    """A server that ends with the body; None where Postgres is not installed."""
    binaries = find_binaries()
    if binaries is None:
        yield None
        return
    # Not in pytest's folder, which only root may enter; and the path of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = PostgresServer(binaries, folder, address)
    server.start()
    try:
        yield server
    finally:
        server.stop(at_once=False)  # nobody needs what a slower end would write
        shutil.rmtree(folder)


def _ordinary_user() -> tuple[int, int] | None:
    if os.getuid() != 0:
        return None
    for name in _USERS:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    raise AssertionError("there is no ordinary user to run Postgres as")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
