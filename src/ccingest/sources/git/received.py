"""The pack that a transfer has received, as long as libgit2 has not finished it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pygit2

from ccingest.sources.git.deltas import check_no_duplicates
from ccingest.sources.git.library import READS_HEADERS
from ccingest.sources.git.packs import KINDS, check_sizes, opened

_log = logging.getLogger(__name__)


def check_received(repository: pygit2.Repository, beat: Callable[[], None]) -> None:
    """To be called when all objects have arrived, and before libgit2 resolves the deltas.

    Raises UnsupportedSourceError and DamagedSourceError for a pack that would take more memory than
    there may be. `beat` is called now and then.
    """
    found = list(_unfinished(repository))
    if len(found) != 1:
        _log.warning("The pack is not found among %d files, and not checked.", len(found))
        return
    with opened(found[0]) as pack:
        if check_sizes(pack, partial(_stored_size, repository.odb), beat):
            check_no_duplicates(pack, partial(_stored, repository.odb), beat)


def remove_unfinished(repository: pygit2.Repository) -> None:
    """Remove the packs of transfers that were killed. No other may be running."""
    for path in _unfinished(repository):
        path.unlink(missing_ok=True)


def _unfinished(repository: pygit2.Repository) -> Iterator[Path]:
    """libgit2 gives a pack its name when it is whole."""
    return (Path(repository.path) / "objects" / "pack").glob("pack_git2_*")


def _stored_size(odb: pygit2.Odb, object_id: bytes) -> int | None:
    if not READS_HEADERS:
        return None
    try:
        return int(odb.read_header(pygit2.Oid(raw=object_id))[1])
    except (KeyError, pygit2.GitError):  # of another object of the pack
        return None


def _stored(odb: pygit2.Odb, object_id: bytes) -> tuple[bytes, bytes] | None:
    try:
        kind, content = odb.read(pygit2.Oid(raw=object_id))
    except (KeyError, pygit2.GitError):  # the pack lacks it as well, which libgit2 tells
        return None
    return KINDS[int(kind)], bytes(content)
