from __future__ import annotations

import compileall
import gc
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from threading import Lock
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

import ccingest
from ccingest.db import sqlite
from ccingest.process import configure_process
from ccingest.settings import Settings
from databases import connection, database, kinds_for, postgres, shared_url
from effort import THOROUGH
from git_server import GitServer
from warm_start import WarmStart, warm_start

__all__ = ["connection", "database", "postgres", "shared_url"]

# The tests start hundreds of processes. Each would compile the package anew if the machine writes no
# bytecode (PYTHONDONTWRITEBYTECODE); pip compiles what it installs for the same reason.
sys.dont_write_bytecode = False
compileall.compile_dir(Path(ccingest.__file__).parent, quiet=2)

# As every entry point does, before a module of the tests imports numpy or pyarrow: they read their
# variables only then. With a second thread, OpenBLAS spins on the processor of another test.
configure_process()

# CI must not fail by chance. Everywhere else, each run tries other examples. Nowhere is there a limit
# of time: on a machine that does much else, any example may take long.
hypothesis_settings.register_profile("usual", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "usual")


@pytest.fixture
def git_server(tmp_path: Path) -> Iterator[GitServer]:
    """A git server on the loopback address, without a repository."""
    root = tmp_path / "served"
    root.mkdir()
    with GitServer(root).running() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a fresh home."""
    made = Settings(home=tmp_path / "home")
    made.create_home()
    return made


@pytest.fixture(scope="session", autouse=True)
def _new_databases_are_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where this process makes a database, it copies one: to run all steps of the schema takes 20 ms.
    tests/db/test_migrations.py runs them."""
    made = tmp_path_factory.mktemp("schema") / "ccingest.db"
    sqlite.connect(made).close()
    content, copying, opened = made.read_bytes(), Lock(), sqlite._open

    def open_copy(path: Path, *arguments: Any) -> sqlite.SqliteConnection:
        with copying:
            if path.stat().st_size == 0:
                path.write_bytes(content)
        return opened(path, *arguments)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sqlite, "_open", open_copy)
        yield


@pytest.fixture(scope="session", autouse=True)
def _processes_start_warm() -> Iterator[None]:
    """Processes of ccingest are forks of one that has imported it, except in a thorough run."""
    if THOROUGH:
        yield
        return
    with warm_start():
        yield


@pytest.fixture
def cold_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes begin anew, for a test of what a process gets from the one that starts it."""
    monkeypatch.setattr(WarmStart, "can_start", lambda *_: False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database will be."""
    return tmp_path / "home" / "ccingest.db"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and collected tests stay to the end: no garbage is looked for among them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        kinds = kinds_for(Path(metafunc.module.__file__))
        ids = kinds if len(kinds) > 1 else [pytest.HIDDEN_PARAM]
        metafunc.parametrize("database", kinds, indirect=True, ids=ids)
