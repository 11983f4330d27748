"""The shards of a home: which there are, and those that are open."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from ccingest.locks import file_lock
from ccingest.store.checksums import sync
from ccingest.store.shards.members import SUFFIX, SUFFIXES, Description, Member, read_description
from ccingest.store.shards.shard import Shard, open_shard

_log = logging.getLogger(__name__)

_DAMAGE = (ValueError, TypeError, KeyError)

# A shard costs as much as so many datasets, and one more for each so many rows. So a question about
# fewer of its datasets goes to their own segments.
_LEAST_MEMBERS, _ROWS_PER_MEMBER = 4, 8192
# A file that was written within so many ns of the last look may have been missed: times of files go
# on in steps.
_TICK = 100_000_000
# The process has no more of something; the shard is as it was.
_OF_THE_PROCESS = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN)
# How long a shard that is not listed any more may still be read, in seconds.
READER_GRACE = 600.0


@dataclass(frozen=True)
class Listing:
    """The shards that are there, and where each member is."""

    shards: tuple[Description, ...] = ()
    places: Mapping[Member, tuple[Description, int]] = field(default_factory=dict)

    @staticmethod
    def of(shards: Sequence[Description]) -> Listing:
        places: dict[Member, tuple[Description, int]] = {}
        # A killed merge leaves members in the large shard and in those it was made of.
        largest_first = sorted(shards, key=lambda shard: (-shard.chunks, shard.name))
        for shard in largest_first:
            for number, member in enumerate(shard.members):
                places.setdefault(member, (shard, number))
        return Listing(tuple(largest_first), places)


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a question is answered: by these shards, and for `rest` by the datasets' own segments."""

    shards: Sequence[tuple[Shard, Mapping[int, int]]]  # member's number -> place of the dataset
    rest: Sequence[int]  # places


class ShardFolder:
    """The shards in one folder. For any number of threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Description | None] = {}  # None: damaged
        self._open: dict[str, Shard] = {}
        self._listing = Listing()
        self._looked_at: int | None = None
        self._lock = Lock()

    def listing(self) -> Listing:
        """The same object while nothing changes. Raises OSError."""
        with self._lock:
            try:
                modified = self.folder.stat().st_mtime_ns
            except FileNotFoundError:
                modified = 0
            if modified != self._looked_at:
                is_settled = time.time_ns() - modified > _TICK
                self._look()
                self._looked_at = modified if is_settled else None
            return self._listing

    def choose(self, wanted: Sequence[Member]) -> Chosen:
        """How to search these members. Raises OSError."""
        listing = self.listing()
        by_shard: dict[str, tuple[Description, dict[int, int]]] = {}
        for place, member in enumerate(wanted):
            found = listing.places.get(member)
            if found:
                by_shard.setdefault(found[0].name, (found[0], {}))[1][found[1]] = place
        shards: list[tuple[Shard, Mapping[int, int]]] = []
        rest = set(range(len(wanted)))
        for description, places in by_shard.values():
            if len(places) <= _LEAST_MEMBERS + description.chunks // _ROWS_PER_MEMBER:
                continue
            shard = self.opened(description)
            if shard:
                shards.append((shard, places))
                rest.difference_update(places.values())
        return Chosen(shards, sorted(rest))

    def opened(self, description: Description) -> Shard | None:
        """The shard, opened once; None for one that is damaged. It is not listed any more then."""
        with self._lock:
            shard = self._open.get(description.name)
            if shard and shard.is_unchanged():
                return shard
            try:
                self._open[description.name] = shard = open_shard(description)
            except FileNotFoundError:
                _log.info("The shard %s was removed by another process.", description.name)
            except (OSError, *_DAMAGE) as error:
                if isinstance(error, OSError) and error.errno in _OF_THE_PROCESS:
                    return None
                _log.warning(
                    "The shard %s is damaged and is made again: %s", description.name, error
                )
            else:
                return shard
            self._open.pop(description.name, None)
            self._known[description.name] = None
            self._look()
            return None

    @contextmanager
    def merging(self) -> Iterator[bool]:
        """Whether this process may merge: one does at a time. Raises OSError."""
        self.folder.mkdir(exist_ok=True)
        try:
            lock = file_lock(self.folder / "lock", wait=False)
            lock.__enter__()
        except BlockingIOError:
            yield False
            return
        try:
            yield True
        finally:
            lock.__exit__(None, None, None)

    def forget(self, shards: Sequence[Description]) -> None:
        """These are not used any more. Their files stay for those who read them. Raises OSError."""
        for shard in shards:
            shard.path(SUFFIX).unlink(missing_ok=True)
        sync(self.folder)

    def remove_leftovers(self, grace: float | None = None) -> int:
        """Remove files of no shard that are older than `grace` seconds, or READER_GRACE; returns their
        bytes. Call it within `merging`. Raises OSError."""
        oldest = time.time() - (READER_GRACE if grace is None else grace)
        listed = {shard.name for shard in self.listing().shards}
        freed = 0
        for path in self.folder.iterdir():
            is_ours = path.suffix in (*SUFFIXES, SUFFIX, ".tmp")
            if not is_ours or (path.stem in listed and path.suffix != ".tmp"):
                continue
            status = path.stat()
            if max(status.st_mtime, status.st_ctime) <= oldest:
                path.unlink(missing_ok=True)
                freed += status.st_size
        return freed

    def problems(self, *, deep: bool = False) -> tuple[int, list[str]]:
        """How many shards there are, and which of them can't be used. A `deep` look reads all of
        each. Raises OSError."""
        paths = sorted(self.folder.glob(f"*{SUFFIX}"))
        damaged = []
        for path in paths:
            try:
                description = read_description(path)
                if not description.is_whole():
                    raise ValueError("a file of it is missing or cut short")
                if deep:
                    open_shard(description, is_checked=True)
            except (OSError, *_DAMAGE) as error:
                if path.exists():  # else a merge has replaced it meanwhile
                    damaged.append(f"{path.stem} ({error})")
        return len(paths), damaged

    def _look(self) -> None:
        try:
            names = {path.stem for path in self.folder.glob(f"*{SUFFIX}")}
        except FileNotFoundError:
            names = set()
        self._known = {
            name: self._known[name] if name in self._known else self._read(name) for name in names
        }
        found = [one for one in self._known.values() if one]
        if {one.name for one in found} != {one.name for one in self._listing.shards}:
            self._listing = Listing.of(found)
            self._open = {
                name: shard for name, shard in self._open.items() if self._known.get(name)
            }

    def _read(self, name: str) -> Description | None:
        path = self.folder / f"{name}{SUFFIX}"
        try:
            description = read_description(path)
            if description.is_whole():
                return description
            reason = "a file of it is missing or cut short"
        except (OSError, *_DAMAGE) as error:
            reason = str(error)
        _log.warning("The shard %s can't be used and is made again: %s", name, reason)
        return None
