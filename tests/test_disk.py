from __future__ import annotations

import os
from pathlib import Path

import pytest

from ccingest.disk import folder_size, remove_folder, replace_file
from ccingest.errors import StoreError


def test_the_files_of_all_levels_count(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "one").write_bytes(b"x" * 10)
    (tmp_path / "a" / "b" / "two").write_bytes(b"x" * 300)
    assert folder_size(tmp_path) == 310


def test_links_are_not_followed(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "folder", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (elsewhere / "large").write_bytes(b"x" * 100_000)
    (folder / "to_file").symlink_to(elsewhere / "large")
    (folder / "to_folder").symlink_to(elsewhere)
    (folder / "to_nothing").symlink_to(tmp_path / "missing")
    assert folder_size(folder) < 1_000


def test_a_file_of_several_folders_counts_once_in_all(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "file").write_bytes(b"x" * 100)
    (tmp_path / "b" / "file").hardlink_to(tmp_path / "a" / "file")
    assert folder_size(tmp_path / "a") == folder_size(tmp_path / "b") == 50
    assert folder_size(tmp_path) == 100


def test_a_missing_folder_has_no_size(tmp_path: Path) -> None:
    assert folder_size(tmp_path / "missing") == 0


def test_a_folder_is_removed_with_its_content(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "file").write_bytes(b"x")
    assert remove_folder(folder)
    assert not folder.exists()
    assert remove_folder(folder)  # it is already gone


def test_a_file_in_the_place_of_a_folder_is_removed_too(tmp_path: Path) -> None:
    no_folder = tmp_path / "file"
    no_folder.write_bytes(b"x")
    assert remove_folder(no_folder)
    assert not no_folder.exists()


@pytest.mark.skipif(not Path("/proc/self/attr").is_dir(), reason="needs /proc")
def test_what_can_not_be_removed_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    kept = Path("/proc/self/attr")  # the kernel's
    assert not remove_folder(kept)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(kept) in caplog.text


def test_a_file_that_can_not_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()  # nothing can be moved over it
    with pytest.raises(StoreError, match="config can't be written: Is a directory"):
        replace_file(tmp_path / "config", b"x", mode=0o600)
    assert list(tmp_path.iterdir()) == [tmp_path / "config"]


def test_what_is_no_regular_file_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StoreError, match="it is a pipe"):
        replace_file(pipe, b"x", mode=0o600)
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]
    assert pipe.is_fifo()
