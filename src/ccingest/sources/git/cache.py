"""Clones that are kept: the next job fetches into them what is new, instead of cloning again.

A kept clone is nothing but a saving. One that is in use by another process, or that turns out to be
damaged, is done without; the least recently used go first when all together are too large.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ccingest.locks import folder_lock
from ccingest.models import Reference
from ccingest.sources.git.clones import temporary_clone, unwritable

# Every fetch adds a pack, and each is looked at for each object.
_MOST_PACKS = 40


@dataclass(frozen=True, slots=True)
class CloneFolder:
    """Where a clone goes, or is."""

    path: Path
    was_kept: bool  # it holds what an earlier job fetched

    def replaced(self) -> CloneFolder:
        """A new folder in the place of a kept one."""
        return CloneFolder(_new_generation(self.path.parent), was_kept=False)


@contextmanager
def clone_folder(ref: Reference, *, cache: Path, clones: Path, limit: int) -> Iterator[CloneFolder]:
    """The folder of the repository's kept clone, or a temporary one under `clones`.

    `limit` is how many bytes all kept clones may have together, looked at in the end; 0 keeps
    none. Raises StoreError when neither folder can be written to.
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
        with suppress(OSError):
            os.utime(folder)
    limit_clone_cache(cache, limit)


def limit_clone_cache(cache: Path, limit: int) -> int:
    """Remove the least recently used clones until `limit` bytes are left; returns the bytes freed.

    Those in use are spared.
    """
    kept = []
    for folder in cache.iterdir() if cache.is_dir() else ():
        with suppress(OSError):  # removed by another process meanwhile
            if folder.is_dir():
                kept.append((folder.stat().st_mtime, _size(folder), folder))
    total = sum(size for _, size, _ in kept)
    freed = 0
    for _, size, folder in sorted(kept):
        if total - freed <= limit:
            break
        freed += size if _remove(folder) else 0
    return freed


def remove_kept_clone(cache: Path, ref: Reference) -> None:
    """Remove the repository's kept clone, if there is one and nobody uses it."""
    _remove(cache / _key(ref.location))


def _kept_folder(stack: ExitStack, ref: Reference, cache: Path) -> Path | None:
    """Locked until the stack unwinds; None when another process has it, or nothing can be kept."""
    folder = cache / _key(ref.location)
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        stack.enter_context(folder_lock(folder, wait=False))
    except OSError:
        return None
    return folder


def _remove(folder: Path) -> bool:
    try:
        with folder_lock(folder, wait=False):
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return False
    return True


def _new_generation(folder: Path) -> Path:
    """Of another name than those before it: libgit2 keeps packs open, and knows them by path."""
    for path in folder.iterdir():
        shutil.rmtree(path, ignore_errors=True)
    made = folder / uuid.uuid4().hex
    try:
        made.mkdir(mode=0o700)
    except OSError as error:
        raise unwritable(folder, error) from error
    return made


def _size(folder: Path) -> int:
    return sum(
        os.lstat(f"{root}/{file}").st_size for root, _, files in os.walk(folder) for file in files
    )


def _key(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:32]
