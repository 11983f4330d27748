"""A pipe, a device or a link in the place of a file or a folder of the store; and what nobody may read.

Each of them is damage, or of no account; none is waited for, or read without end.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ccingest.disk import NotRegularError, open_regular, read_regular, remove_folder
from ccingest.errors import StoreError
from ccingest.store import TableStore
from store.test_integrity import answer, publish

SECONDS = 15  # after which it hangs


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    path.symlink_to(path)


def folder(path: Path) -> None:
    path.mkdir()


def huge(path: Path) -> None:
    """100 GB, of which nothing is on the disk."""
    with path.open("wb") as file:
        file.truncate(10**11)


STRANGE = [pipe, endless, loop, folder, huge]


@pytest.fixture(autouse=True)
def no_hang() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    folder = tmp_path_factory.mktemp("whole")
    return folder, publish(TableStore(folder), 40)


@pytest.mark.parametrize("put", STRANGE)
def test_in_the_place_of_a_file_of_a_table(
    tmp_path: Path, whole: tuple[Path, int], put: Callable[[Path], None]
) -> None:
    original, version = whole
    expected = answer(TableStore(original).read("t", version))
    for file in original.rglob("*.*"):
        if not file.is_file():
            continue
        home = tmp_path / file.name
        shutil.copytree(original, home)
        place = home / file.relative_to(original)
        place.unlink()
        put(place)
        store = TableStore(home)
        assert answer(store.read("t", version)) == expected
        is_index = place.parent.name == "_index"
        with suppress(StoreError):
            assert store.problems("t", version, {}), place
        for look in (store.check, store.continue_from):
            if is_index:
                look("t", version)
            else:
                with suppress(StoreError):  # an old version may need no such file
                    look("t", version)
        with suppress(StoreError):
            store.share("t", version, "u")
        store.drop("t")
        store.empty_trash()
        assert store.names() <= {"u"}
        store.drop("u")
        assert list(home.glob("*.trash")) == []


@pytest.mark.parametrize("put", STRANGE[:4])
def test_beside_the_files_of_a_table(
    tmp_path: Path, whole: tuple[Path, int], put: Callable[[Path], None]
) -> None:
    original, version = whole
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    table = tmp_path / "t.lance"
    for name in ("x", "data/x.lance", "_index/x.content", "_index/x.segment", "_index/7.rows"):
        put(table / name)
    put(tmp_path / "x.lance")
    put(tmp_path / "x.trash")
    store = TableStore(tmp_path)
    store.check("t", version)
    writer = store.continue_from("t", version)
    version, _ = writer.finish()
    answer(TableStore(tmp_path).read("t", version))
    store.drop("x")
    store.empty_trash()
    assert store.names() == {"t"}
    assert not list(tmp_path.glob("*.trash"))


@pytest.mark.parametrize("put", [pipe, endless])
def test_a_later_manifest_is_removed(
    tmp_path: Path, whole: tuple[Path, int], put: Callable[[Path], None]
) -> None:
    original, version = whole
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    later = tmp_path / f"t.lance/_versions/{version + 1}.manifest"
    put(later)
    TableStore(tmp_path).continue_from("t", version)
    assert not os.path.lexists(later)


@pytest.mark.parametrize("put", [pipe, endless, loop])
def test_in_the_place_of_a_folder(
    tmp_path: Path, whole: tuple[Path, int], put: Callable[[Path], None]
) -> None:
    original, version = whole
    for name in ("t.lance", "t.lance/data", "t.lance/_versions", "t.lance/_index"):
        home = tmp_path / name.replace("/", "-")
        shutil.copytree(original, home)
        shutil.rmtree(home / name)
        put(home / name)
        store = TableStore(home)
        for look in (store.check, lambda *a, s=store: answer(s.read(*a))):
            with suppress(StoreError):
                look("t", version)
        store.size("t")
        store.versions("t")
        store.drop("t")
        assert store.names() == frozenset()
        assert not list(home.glob("*.trash"))


@pytest.mark.parametrize("put", STRANGE[:4])
def test_only_a_file_is_opened(tmp_path: Path, put: Callable[[Path], None]) -> None:
    put(tmp_path / "x")
    with pytest.raises(OSError, match="x") as raised:
        open_regular(tmp_path / "x")
    assert isinstance(raised.value, NotRegularError) == (put is not loop)
    remove_folder(tmp_path / "x")
    assert not os.path.lexists(tmp_path / "x")


@pytest.mark.parametrize("number", [errno.EACCES, errno.ELOOP])
def test_a_folder_that_nobody_may_read(
    tmp_path: Path, whole: tuple[Path, int], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    original, version = whole
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    lstat = os.lstat

    def refuse(path: Path) -> os.stat_result:
        if "t.lance" in str(path):
            raise OSError(number, os.strerror(number), str(path))
        return lstat(path)

    monkeypatch.setattr(os, "lstat", refuse)
    store = TableStore(tmp_path)
    for look in (store.read, store.check, store.continue_from, store.repair_index):
        with pytest.raises(StoreError, match=rf"^Could not .*{os.strerror(number)}: /"):
            look("t", version)


def test_only_so_much_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert read_regular(tmp_path / "x", 5) == b"12345"
    with pytest.raises(ValueError, match="too large"):
        read_regular(tmp_path / "x", 4)
