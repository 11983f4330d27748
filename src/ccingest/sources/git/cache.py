"""Clones that are kept. The next job fetches only what is new into them, instead of cloning again.

A kept clone only saves time. If another process uses it, or it is damaged, the job works without it.
When all kept clones together are too large, the least recently used are removed first.
"""

from __future__ import annotations

import hashlib
import logging
import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ccingest.disk import folder_size, remove_folder
from ccingest.locks import folder_lock
from ccingest.models import Reference
from ccingest.sources.git.clones import temporary_clone, unwritable
from ccingest.values import dataclass

_log = logging.getLogger(__name__)

# Every fetch adds a pack, and libgit2 searches all packs for each object.
_MOST_PACKS = 40


@dataclass(frozen=True, slots=True)
class CloneFolder:
    """The folder of a clone, new or kept."""

    path: Path
    was_kept: bool  # whether it holds what an earlier job fetched

    def replaced(self) -> CloneFolder:
        """A new, empty folder that replaces a kept one."""
        return CloneFolder(_new_generation(self.path.parent), was_kept=False)


@contextmanager
def clone_folder(ref: Reference, *, cache: Path, clones: Path, limit: int) -> Iterator[CloneFolder]:
    """The folder of the repository's kept clone, or a temporary one under `clones`.

    `limit` is how many bytes all kept clones may have together, which is checked at the end. 0 keeps
    none. Raises StoreError when neither folder can be written.
    """
    with ExitStack() as stack:
        folder = _kept_folder(stack, ref, cache) if limit and not ref.is_local else None
        if folder is None:
            yield CloneFolder(stack.enter_context(temporary_clone(clones)), was_kept=False)
            return
        generations = [path for path in folder.iterdir() if path.is_dir()]
        packs = sum(1 for _ in folder.glob("*/repository.git/objects/pack/*.pack"))
        if len(generations) == 1 and packs <= _MOST_PACKS:
            yield CloneFolder(generations[0], was_kept=(generations[0] / "repository.git").exists())
        else:
            yield CloneFolder(_new_generation(folder), was_kept=False)
        _mark_as_used(folder)
    limit_clone_cache(cache, limit)


def limit_clone_cache(cache: Path, limit: int) -> int:
    """Remove the least recently used clones until `limit` bytes are left; returns the bytes freed.

    Does not remove clones that are in use.
    """
    kept = []
    for folder in cache.iterdir() if cache.is_dir() else ():
        try:
            if folder.is_dir():
                kept.append((folder.stat().st_mtime, folder_size(folder), folder))
        except OSError as error:
            _log.info("The kept clone %s is not counted: %s", folder, error)
    total = sum(size for _, size, _ in kept)
    freed = 0
    for _, size, folder in sorted(kept):
        if total - freed <= limit:
            break
        freed += size if _remove(folder) else 0
    return freed


def remove_kept_clone(cache: Path, ref: Reference) -> None:
    """Remove the repository's kept clone, if there is one and no process uses it."""
    _remove(cache / _key(ref.location))


def _kept_folder(stack: ExitStack, ref: Reference, cache: Path) -> Path | None:
    """The folder, locked until the stack unwinds; None when it can't be locked or written."""
    folder = cache / _key(ref.location)
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        stack.enter_context(folder_lock(folder, wait=False))
    except OSError as error:
        _log.info("The kept clone of %s is not used: %s", ref.name, error)
        return None
    return folder


def _mark_as_used(folder: Path) -> None:
    try:
        os.utime(folder)
    except OSError as error:
        _log.info("The kept clone %s counts as not used lately: %s", folder, error)


def _remove(folder: Path) -> bool:
    try:
        with folder_lock(folder, wait=False):
            return remove_folder(folder)
    except FileNotFoundError:
        return False  # most repositories that are removed have no kept clone
    except OSError as error:
        _log.info("The kept clone %s is not removed: %s", folder, error)
        return False


def _new_generation(folder: Path) -> Path:
    """A new folder with a new name: libgit2 keeps packs open, and recognises them by their path."""
    for path in folder.iterdir():
        remove_folder(path)
    made = folder / uuid.uuid4().hex
    try:
        made.mkdir(mode=0o700)
    except OSError as error:
        raise unwritable(folder, error) from error
    return made


def _key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:32]
