"""Datasets that are damaged, or replaced while they are read, at the command line."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ccingest.app import doctor, places, read
from ccingest.app.home import Home
from ccingest.app.search import SearchScope
from ccingest.db.dialect import Connection
from ccingest.db.published import Published, published
from ccingest.settings import Settings
from ccingest.store.rows import store_errors
from cli.conftest import Run, added

# Commands about all datasets, whose output does not name them when there is one.
_OF_ALL = (
    ["query", "tax", "--format", "paths"],
    ["datasets", "--fields", "dataset,chunks"],
    ["files"],
    ["similar", "sums.py:1", "--format", "paths"],
)


def data_file(home: Path) -> Path:
    (path,) = home.glob("lance/*/data/*.lance")
    return path


def write_over(path: Path) -> None:
    """As a failing disk would: the size and the time of the file stay as they are."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = os.urandom(len(content) - len(content) // 2)
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "command",
    [["query", "tax"], ["show", "sums.py"], ["outline", "sums.py"], ["similar", "sums.py:1"]],
)
def test_a_damaged_dataset_is_named(here: Run, home: Path, shop: str, command: list[str]) -> None:
    """The index is enough to answer. Without it Lance is read, whose file is damaged."""
    added(here, shop)
    before = here(*command)
    write_over(data_file(home))
    assert here(*command).out == before.out
    for path in home.glob("lance/*/_index/*"):
        path.unlink()
    done = here(*command)
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert "of the dataset org-shop is damaged; `ccingest add WHAT --force` makes" in line


@pytest.mark.parametrize(
    "lost", ["", "data", "_versions", "data _index", "_versions _index", "_versions _stamp.json"]
)
def test_a_dataset_whose_files_are_lost_is_named(
    here: Run, home: Path, shop: str, lost: str
) -> None:
    added(here, shop, "--dataset", "other", "--force")
    added(here, shop)
    table = home / "lance" / table_of(home, "org-shop")
    for name in lost.split():
        shutil.rmtree(table / name) if (table / name).is_dir() else (table / name).unlink()
    if not lost:
        shutil.rmtree(table)
    done = here("query", "tax")
    if done.code:
        assert "the dataset org-shop" in done.err
        assert "add" in done.err
    done = here("doctor", "--json")
    (check,) = (one for one in done.document["checks"] if not one["ok"])
    assert check["damaged"] == ["org-shop"]
    added(here, shop, "--force")
    assert here("doctor", "--deep").code == 0
    assert here("query", "tax").code == 0


def test_a_damaged_dataset_is_made_again(here: Run, home: Path, shop: str) -> None:
    added(here, shop)
    write_over(data_file(home))
    added(here, shop)  # nothing changed at the source
    assert here("query", "tax").code == 0
    assert here("doctor", "--deep").code == 0


def test_doctor_reads_everything(here: Run, home: Path, shop: str) -> None:
    added(here, shop)
    # Made with force, it shares no files with the first.
    added(here, shop, "--dataset", "other", "--project", "p", "--force")
    assert "2, each read and whole" in here("doctor", "--deep").out
    damaged = home / "lance" / table_of(home, "org-shop")
    (data,) = (damaged / "data").iterdir()
    write_over(data)
    done = here("doctor", "--deep", "--json")
    assert done.code == 1
    (check,) = (one for one in done.document["checks"] if not one["ok"])
    assert check["name"] == "datasets"
    assert check["damaged"] == ["org-shop"]
    assert f"damaged files: data/{data.name}" in check["detail"]
    assert (
        check["advice"] == f"Add again with force: {shop}.git (dataset org-shop, project default)."
    )
    people = here("doctor", "--deep").out
    assert "1 of 2 are damaged: org-shop" in people
    assert "Add again with force" in people


def test_doctor_compares_chunks_with_the_manifest(here: Run, home: Path, shop: str) -> None:
    added(here, shop)
    with Home(Settings(home=home)) as opened:
        opened.connection.execute("UPDATE files SET chunks = chunks + 1 WHERE path = 'sums.py'")
    (check,) = (c for c in here("doctor", "--deep", "--json").document["checks"] if not c["ok"])
    assert "other than the manifest says in sums.py" in check["detail"]
    assert check["damaged"] == ["org-shop"]
    assert here("doctor").code == 0  # which only counts


@pytest.mark.parametrize("command", ["show", "outline", "similar"])
def test_a_version_that_is_replaced_while_it_is_read(
    here: Run, shop: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    added(here, shop)
    find_place = places.find_place
    replaced: list[str] = []

    def find_and_replace(home: Home, place: str, scope: SearchScope) -> places.Place:
        found = find_place(home, place, scope)
        if len(replaced) < 2:
            added(here, shop, "--force")
            replaced.append(found.dataset.table_name)
        return found

    monkeypatch.setattr(read, "find_place", find_and_replace)
    done = (
        here(command, "sums.py:1", "--json") if command != "outline" else here(command, "sums.py")
    )
    assert done.code == 0, done.err
    assert len(set(replaced)) == 2


@pytest.mark.parametrize("how", ["replaced", "deleted"])
@pytest.mark.parametrize("command", [["doctor"], ["doctor", "--deep"]])
def test_a_version_that_is_replaced_while_it_is_checked(
    here: Run, shop: str, monkeypatch: pytest.MonkeyPatch, command: list[str], how: str
) -> None:
    added(here, shop)
    changed: list[str] = []

    def list_and_change(connection: Connection, project: str | None = None) -> Published:
        found = published(connection, project)
        if how == "deleted":
            assert here("delete", "org-shop").code == 0
        else:
            added(here, shop, "--force", "--include", "sums.py")
        changed.append(how)
        return found

    monkeypatch.setattr(doctor, "published", list_and_change)
    done = here(*command)
    assert changed
    assert done.code == 0, done.out


@pytest.mark.parametrize("error", [MemoryError(), OSError(errno.EMFILE, "Too many open files")])
def test_what_the_process_lacks_is_no_damage(
    here: Run, shop: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    added(here, shop)

    def fail(*_: object) -> list[str]:
        with store_errors("count chunks"):
            raise error

    monkeypatch.setattr(doctor, "_count_problems", fail)
    done = here("doctor", "--json")
    assert done.code == 1
    (check,) = (one for one in done.document["checks"] if not one["ok"])
    assert check["name"] == "datasets"
    assert "no more" in check["detail"]
    assert check["advice"] == ""
    assert check["damaged"] == []


def table_of(home: Path, dataset: str) -> str:
    with Home(Settings(home=home)) as opened:
        row = opened.connection.execute(
            "SELECT table_name FROM published_datasets WHERE name = ?", (dataset,)
        ).fetchone()
        return f"{row[0]}.lance"


def test_lost_files_are_noticed(here: Run, home: Path, shop: str) -> None:
    added(here, shop)
    assert here("show", "nothing.py").code == 3  # there is no such file, and none was lost
    with Home(Settings(home=home)) as opened:
        opened.connection.execute("DELETE FROM files WHERE path = 'sums.py'")
    for command in (["show", "sums.py"], ["show", "org-shop:sums.py"], ["files", "org-shop"]):
        done = here(*command)
        assert done.code == 1
        assert "files of the dataset org-shop is damaged" in done.err
        assert "--force` makes a damaged dataset again" in done.err
    assert here("push", "org-shop", str(home / "bundle")).code == 1
    (check,) = (one for one in here("doctor", "--json").document["checks"] if not one["ok"])
    assert check["damaged"] == ["org-shop"]
    assert "a manifest of" in check["detail"]
    done = here("add", shop)  # which compares
    assert "All files are read again" in done.err
    assert here("doctor", "--deep").code == 0
    assert here("show", "sums.py").code == 0


def test_a_process_that_gets_little_memory(here: Run, home: Path, shop: str) -> None:
    """Native code would abort it."""
    added(here, shop)
    program = [sys.executable, "-m", "ccingest", "doctor", "--json"]
    for kilobytes in (300_000, 500_000):
        command = ["bash", "-c", f'ulimit -v {kilobytes}; exec "$@"', "bash", *program]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        checks = json.loads(done.stdout)["checks"]
        assert done.returncode == 1
        (found,) = (one["detail"] for one in checks if one["name"] == "datasets")
        assert found.startswith("The process gets no more memory: its limit leaves")


@pytest.mark.parametrize("name", ["", "lance", "clones", "workers", "ccingest.db"])
def test_a_home_that_can_not_be_written(
    here: Run, home: Path, shop: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(here, shop)
    closed, access = home / name, os.access
    monkeypatch.setattr(  # root may write to everything
        os, "access", lambda path, mode: Path(path) != closed and access(path, mode)
    )
    done = here("doctor", "--json")
    assert done.code == 1
    found = {one["name"]: one for one in done.document["checks"] if not one["ok"]}
    assert found["home"]["detail"] == f"{closed} can't be written to"
    assert "Nothing can be added" in found["home"]["advice"]


def test_a_file_in_the_place_of_the_workers_folder(here: Run, home: Path, shop: str) -> None:
    added(here, shop)
    (home / "workers").rmdir()
    (home / "workers").touch()
    done = here("doctor")
    assert done.code == 1
    assert f"{home / 'workers'} is no folder" in done.out


def test_values_that_nobody_wrote(here: Run, home: Path, shop: str) -> None:
    added(here, shop)
    with Home(Settings(home=home)) as opened:
        opened.connection.execute("UPDATE datasets SET table_version = table_version - 128")
    commands = [["query", "tax"], ["datasets"], ["files", "org-shop"], ["add", shop], ["sync"]]
    for command in [*commands, ["push", "org-shop", str(home / "bundle")]]:
        done = here(*command)
        assert done.code == 1
        assert "damaged in the database: table_version of a row of datasets is -12" in done.err
    checks = here("doctor", "--json").document["checks"]
    (check,) = (one for one in checks if one["name"] == "database")
    assert "1 value of table_version in datasets can't be right" in check["detail"]
    assert "add the repositories again" in check["advice"]


@pytest.mark.parametrize(
    "damage",
    [
        "table_version = -3",
        "source = '{'",
        "indexed_at = '2026-99-99'",
        "branch = CAST(x'72ff62' AS TEXT)",
    ],
)
def test_a_damaged_row_hides_no_other_dataset(
    here: Run, home: Path, shop: str, damage: str
) -> None:
    added(here, shop)
    before = {tuple(command): here(*command).out for command in _OF_ALL}
    added(here, shop, "--dataset", "bad")
    with Home(Settings(home=home)) as opened:
        opened.connection.execute(f"UPDATE datasets SET {damage} WHERE name = 'bad'")
    sentence = "ccingest: The dataset bad (project default) is damaged in the database: "
    for command in _OF_ALL:
        done = here(*command)
        assert (done.code, done.err.count(sentence)) == (1, 1), command
        assert done.out == before[tuple(command)]
    done = here("sync")
    assert done.code == 1
    assert sentence in done.err
    assert "org-shop: up to date" in done.out
    named = (["query", "tax"], ["similar", "sums.py:1"])
    for command in (["sync", "bad"], *([*one, "--dataset", "bad"] for one in named)):
        done = here(*command)
        assert (done.code, done.out, done.err.startswith(sentence)) == (1, "", True), command
    for command in (["sync", "org-shop"], *([*one, "--dataset", "org-shop"] for one in named)):
        assert here(*command).code == 0, command
    assert here("show", "sums.py").code == 0
    assert sentence in here("show", "nothing.py").err
    checks = here("doctor", "--json").document["checks"]
    (check,) = (one for one in checks if one["name"] == "datasets")
    assert check["damaged"] == ["bad"]
    assert check["detail"].startswith("1 of 2 are damaged: The dataset bad")
    assert here("cleanup").code == 0
    assert here("add", shop, "--force").code == 0
    assert here("delete", "bad", "--yes").code == 0
    assert here("query", "tax").code == 0


@pytest.mark.parametrize("others", [1, 5])
def test_a_damaged_table_hides_no_other_dataset(
    here: Run, home: Path, shop: str, others: int
) -> None:
    commands = (["query", "tax", "--format", "paths"], ["similar", "org-shop:sums.py:1"])
    added(here, shop)
    for number in range(others - 1):
        added(here, shop, "--dataset", f"other-{number}")
    before = [here(*command).out for command in commands]
    added(here, shop, "--dataset", "bad", "--force")
    table = home / "lance" / table_of(home, "bad")
    shutil.rmtree(table / "data")
    shutil.rmtree(table / "_index")
    for command, expected in zip(commands, before, strict=True):
        done = here(*command)
        assert (done.code, done.out) == (1, expected)
        (line,) = done.err.splitlines()
        assert "the dataset bad" in line
        assert line.endswith("; add it again with force.")
        named = here(*command, "--dataset", "bad")
        assert (named.code == 0, named.out) == (False, "")
    assert here("query", "tax", "--dataset", "org-shop").code == 0
    added(here, shop, "--dataset", "bad", "--force")
    assert here("query", "tax").code == 0


def test_all_datasets_are_damaged(here: Run, home: Path, shop: str) -> None:
    added(here, shop)
    with Home(Settings(home=home)) as opened:
        opened.connection.execute("UPDATE datasets SET files = -1")
    for command in (["query", "tax"], ["show", "sums.py"], ["datasets"], ["sync"]):
        done = here(*command)
        assert done.code == 1
        assert "The dataset org-shop (project default) is damaged" in done.err


def test_a_database_that_lost_its_content(here: Run, home: Path, shop: str) -> None:
    """As a new one it would have no dataset, and a clean-up would remove the tables."""
    added(here, shop)
    (home / "ccingest.db").write_bytes(b"")
    for file in home.glob("ccingest.db-*"):
        file.unlink()
    for command in (["datasets"], ["query", "tax"], ["add", shop], ["cleanup"], ["sync"]):
        done = here(*command)
        assert done.code == 1
        assert "ccingest.db is empty, and there are tables of datasets beside it" in done.err
    (check,) = (
        one for one in here("doctor", "--json").document["checks"] if one["name"] == "database"
    )
    assert "is empty" in check["detail"]
    assert list(home.glob("lance/*.lance"))
    (home / "ccingest.db").unlink()  # without it, the home is a new one
    added(here, shop)


def test_a_lost_project(here: Run, home: Path, shop: str) -> None:
    added(here, shop)
    with Home(Settings(home=home)) as opened:
        opened.connection.execute("PRAGMA foreign_keys = OFF")
        opened.connection.execute("DELETE FROM projects")
    for command in (["datasets"], ["query", "tax"], ["add", shop], ["show", "sums.py"]):
        done = here(*command)
        assert done.code == 1
        assert "is damaged" in done.err
    assert "belongs to one of projects that is missing" in here("doctor").out


def test_a_folder_in_the_way_of_the_database(here: Run, home: Path, shop: str) -> None:
    added(here, shop)
    for file in home.glob("ccingest.db-*"):
        file.unlink()
    (home / "ccingest.db-shm").mkdir()
    assert "ccingest.db-shm is a folder" in here("add", shop).err
    (check,) = (one for one in here("doctor", "--json").document["checks"] if not one["ok"])
    assert (check["name"], check["advice"]) == ("database", "Move it away.")
    assert "ccingest.db-shm is a folder" in check["detail"]
