"""What a branch of a repository on this disk is at, read from its files: without loading libgit2.

A question looks at each local dataset, and must not take longer for it.
"""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

_ID_LENGTH = 40
_ID = re.compile(rf"[0-9a-f]{{{_ID_LENGTH}}}")
_MOST_LINKS = 5  # of symbolic refs
_MOST_TREES = 500
_LARGEST = 16 * 1024 * 1024  # bytes of packed refs


def tip_of(location: str, full_branch: str | None) -> str | None:
    """The id that the ref is at, or HEAD for None; of an annotated tag that of its object.

    None when it can't be read like this.
    """
    folder = git_folder_of(folder_at(location))
    if folder is None:
        return None
    name = full_branch or "HEAD"
    for _ in range(_MOST_LINKS):
        text = _text_of(folder / name) or _shared_ref(folder, name)
        if text is None:
            return None
        if not text.startswith("ref: "):
            return text if _ID.fullmatch(text) else None
        name = text.removeprefix("ref: ").strip()
    return None


def folder_at(location: str) -> Path:
    """The folder of a local repository's URL."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(location).path)))


def git_folder_of(top: Path) -> Path | None:
    """The git folder of a work tree or of a bare repository, without opening it; None if none."""
    dot = top / ".git"
    if dot.is_dir():
        return dot
    text = _text_of(dot)
    if text is None:
        return top if (top / "HEAD").is_file() else None
    return top / text.removeprefix("gitdir:").strip() if text.startswith("gitdir:") else None


def common_folder(git_folder: Path) -> Path:
    """The folder that all work trees of a repository share, of the git folder of one of them."""
    return (git_folder / _common_from(git_folder)).resolve()


def repository_at(location: str) -> Path | None:
    """The folder that all work trees of the local repository at this URL share; None without one."""
    folder = git_folder_of(folder_at(location))
    return common_folder(folder) if folder else None


def places_of_repository(location: str) -> tuple[str, ...]:
    """The URLs of the local repository at this one: of its git folder and of its work trees.

    They are those that git keeps a list of. One whose git folder was put elsewhere by hand is not there.
    """
    common = repository_at(location)
    if common is None:
        return ()
    found = [common, *([common.parent] if common.name == ".git" else [])]
    for listed in islice(common.glob("worktrees/*/gitdir"), _MOST_TREES):
        text = _text_of(listed)
        if text:
            found.append((listed.parent / text).parent.resolve())
    return tuple(location_of(folder) for folder in found)


def location_of(folder: Path) -> str:
    """The URL of a folder, whose path is resolved: the other way round than `folder_at`."""
    return "file://" + quote(os.fsencode(folder), safe="/")


def shares_repository(location: str, top: Path) -> bool:
    """Whether the local repository at this URL is that of the work tree."""
    folder = git_folder_of(top)
    return folder is not None and repository_at(location) == common_folder(folder)


def _common_from(git_folder: Path) -> str:
    """Where its common folder is, seen from the git folder."""
    return _text_of(git_folder / "commondir") or ""


def _shared_ref(git_folder: Path, name: str) -> str | None:
    """What a ref is at that all work trees share."""
    common = git_folder / _common_from(git_folder)
    own = _text_of(common / name) if common != git_folder else None
    return own or _packed(common, name)


def _packed(common: Path, name: str) -> str | None:
    """The id of a ref in the file of packed refs, of which there may be tens of thousands."""
    packed = _read(common / "packed-refs", _LARGEST)
    named, start = f" {name}".encode(), 0
    while (at := packed.find(named, start)) >= 0:
        start = at + len(named)
        line = packed.rfind(b"\n", 0, at) + 1
        if at - line == _ID_LENGTH and packed[start : start + 1] in (b"\n", b"\r", b""):
            return packed[line:at].decode("ascii", "replace")
    return None


def _text_of(path: Path, most: int = 4096) -> str | None:
    try:
        return _read(path, most).decode("utf8").strip() or None
    except ValueError:
        return None


def _read(path: Path, most: int) -> bytes:
    """At most so many bytes; empty when it can't be read."""
    try:
        # To ask for more than there is would take five times as long.
        with open(path, "rb", buffering=0, opener=_at_once) as file:
            return file.read(min(most, os.fstat(file.fileno()).st_size))
    except OSError:
        return b""


def _at_once(path: str, flags: int) -> int:
    """Open without waiting for the other end of what may be a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)
