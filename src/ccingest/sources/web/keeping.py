"""Folders for the pages of sites: one for each site, which is kept for the next crawl, within a limit.

What is kept only saves requests. A crawl that can't lock or write its folder has a temporary one.
"""

from __future__ import annotations

import hashlib
import logging
import os
import uuid
from contextlib import ExitStack
from pathlib import Path

from ccingest.disk import folder_size, remove_folder
from ccingest.errors import StoreError
from ccingest.locks import folder_lock
from ccingest.models import Reference
from ccingest.values import dataclass

_log = logging.getLogger(__name__)

_TEMPORARY = "crawl-"


@dataclass(frozen=True, slots=True)
class SiteFolder:
    """A locked folder. It has to be closed, which removes a temporary one."""

    path: Path
    stack: ExitStack

    def close(self) -> None:
        self.stack.close()


def site_folder(sites: Path, site: Reference, *, keep: bool) -> SiteFolder:
    """The folder of a site, locked. Raises StoreError when none can be made."""
    with ExitStack() as stack:
        path = sites / _key(site)
        if keep:
            try:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
                stack.enter_context(folder_lock(path, wait=False))
                os.utime(path)
                return SiteFolder(path, stack.pop_all())
            except OSError as error:
                _log.info("The kept pages of %s are not used: %s", site.name, error)
        path = sites / f"{_TEMPORARY}{uuid.uuid4().hex}"
        try:
            path.mkdir(mode=0o700, parents=True)
            stack.callback(remove_folder, path)
            stack.enter_context(folder_lock(path))
        except OSError as error:
            raise StoreError(f"Can't make a folder in {sites}: {error.strerror}.") from error
        return SiteFolder(path, stack.pop_all())


def limit_sites(sites: Path, limit: int) -> int:
    """Remove what killed crawls left, and the sites that were crawled longest ago, until `limit`
    bytes are left; returns the bytes freed. Leaves what is in use."""
    kept, freed = [], 0
    for path in sites.iterdir() if sites.is_dir() else ():
        try:
            size = folder_size(path)
            if path.name.startswith(_TEMPORARY):
                freed += size if _remove(path) else 0
            elif path.is_dir():
                kept.append((path.stat().st_mtime, size, path))
        except OSError as error:
            _log.info("The kept pages in %s are not counted: %s", path, error)
    total = sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if total <= limit:
            break
        if _remove(path):
            total, freed = total - size, freed + size
    return freed


def forget_site(sites: Path, site: Reference) -> None:
    """Remove the kept pages of a site, if there are any and no process uses them."""
    _remove(sites / _key(site))


def _remove(path: Path) -> bool:
    try:
        with folder_lock(path, wait=False):
            return remove_folder(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        _log.info("The kept pages in %s are not removed: %s", path, error)
        return False


def _key(site: Reference) -> str:
    return hashlib.sha256(site.location.encode()).hexdigest()[:32]
