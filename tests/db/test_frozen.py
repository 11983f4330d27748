"""Who opened the database on a full disk, and runs on, sees what is written when there is room again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ccingest.db import room
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.errors import StorageFullError
from ccingest.queue import claim, enqueue
from ccingest.queue.history import history
from queue_kit import request


class Disk:
    """The tests' own, which is full or not."""

    is_full = True

    def has_room(self, _: Path | str) -> bool:
        return not self.is_full


@pytest.fixture
def disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    with closing(connect(path)) as connection:
        enqueue.enqueue(connection, request("o/first"))
    disk = Disk()
    monkeypatch.setattr(room, "_has_room_to_share", disk.has_room)
    return disk


@pytest.fixture
def opened(disk: Disk, path: Path) -> Iterator[Connection]:
    assert disk.is_full
    with closing(connect(path)) as connection:
        yield connection


def names(connection: Connection) -> list[str]:
    return [job.dataset for job in history(connection)]


def test_what_is_written_later_is_seen_and_can_be_written(
    disk: Disk, opened: Connection, path: Path
) -> None:
    assert names(opened) == ["o-first"]
    with pytest.raises(StorageFullError):
        claim.claim(opened, "w")
    before = opened.state()
    assert opened.state() == before
    disk.is_full = False
    with closing(connect(path)) as other:
        enqueue.enqueue(other, request("o/second", priority=1))
        assert names(opened) == ["o-second", "o-first"]
        assert opened.state() != before
        job = claim.claim(opened, "w")
        assert job
        assert job.dataset == "o-second"
        watch = opened.changes()
        enqueue.enqueue(other, request("o/third"))
        watch.wait(30)
        assert names(opened)[0] == "o-third"


def test_rows_that_are_being_read_stay_readable(disk: Disk, opened: Connection) -> None:
    rows = iter(opened.execute("SELECT value FROM json_each('[1, 2, 3]')"))
    assert next(rows)[0] == 1
    disk.is_full = False
    enqueue.enqueue(opened, request("o/second"))
    assert [row[0] for row in rows] == [2, 3]


def test_what_others_could_write_is_seen_while_the_disk_is_full_for_this_one(
    disk: Disk, opened: Connection, path: Path
) -> None:
    assert names(opened) == ["o-first"]
    disk.is_full = False  # as it is for root
    with closing(connect(path)) as other:
        enqueue.enqueue(other, request("o/second"))
    disk.is_full = True
    assert names(opened) == ["o-second", "o-first"]
