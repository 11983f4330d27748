"""The files of a repository that libgit2 reads as a whole, looked at before it does.

They are small in every repository that git has made. One of gigabytes would fill the memory, and a
pipe in the place of one would be waited for without end.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

# Bytes of the list of packed refs: a million of them, with the usual names.
_LARGEST_REFS = 96 * 1024 * 1024
# Bytes of any other. Configurations have a section for each branch; a shallow clone lists commits.
_LARGEST = 16 * 1024 * 1024
_SMALL = ("config", "config.worktree", "shallow", "info/grafts", "objects/info/alternates")
_MOST_REFS = 1_000_000  # files of refs that are looked at
_LINK = b"gitdir:"


def why_unreadable(folder: Path) -> str | None:
    """What keeps a repository, given by its work tree or its own folder, from being read.

    It says nothing of what libgit2 says itself.
    """
    if folder.is_file():  # `.git` itself
        folder = folder.parent
    link = folder / ".git"
    if why := _wrong_file(link, _LARGEST):
        return why
    own = _own_folder(folder)
    if not own.is_dir():
        is_named = own not in (link, folder)
        return f"its file {link} names {own}, which is not there" if is_named else None
    if why := _wrong_file(own / "commondir", _LARGEST):
        return why
    common = _named_in(own / "commondir", b"") or own
    files = [(one / name, _LARGEST) for one in {own, common} for name in _SMALL]
    files += [(own / "HEAD", _LARGEST), (common / "packed-refs", _LARGEST_REFS)]
    files += ((path, _LARGEST) for path in _refs(common))
    return next((why for path, most in files if (why := _wrong_file(path, most))), None)


def _own_folder(folder: Path) -> Path:
    link = folder / ".git"
    return (_named_in(link, _LINK) or link) if os.path.lexists(link) else folder


def _named_in(file: Path, mark: bytes) -> Path | None:
    """The folder that a file names behind a mark, if it does."""
    try:
        text = file.read_bytes()
    except OSError:  # there is none, or a folder
        return None
    name = text.removeprefix(mark).strip()
    if not text.startswith(mark) or not name or b"\0" in name:
        return None
    return Path(os.path.normpath(file.parent / os.fsdecode(name)))


def _wrong_file(path: Path, most: int) -> str | None:
    try:
        status = path.stat()
    except (OSError, ValueError):  # there is none
        return None
    if stat.S_ISREG(status.st_mode):
        if status.st_size > most:
            return f"{path} has over {most // 2**20} MiB"
        return None
    return None if stat.S_ISDIR(status.st_mode) else f"{path} is no file"


def _refs(common: Path) -> Iterator[Path]:
    """Those that are files of their own. No link is followed, as one may lead in a circle."""
    count = 0
    for folder, _, names in os.walk(common / "refs"):
        for name in names:
            count += 1
            if count > _MOST_REFS:
                return
            yield Path(folder, name)
