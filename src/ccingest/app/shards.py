"""Putting the indexes of many datasets together, so that a question about all of them stays quick."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccingest.app.home import Home
from ccingest.db.catalog import PublishedVersion, published_versions
from ccingest.db.stored import begin_merging, end_merging, replace_shards
from ccingest.errors import CcingestError, StoreBusyError
from ccingest.values import dataclass

if TYPE_CHECKING:
    from ccingest.app.remote_store import RemoteStore
    from ccingest.store.shards.building import Source
    from ccingest.store.shards.members import Description, Member
    from ccingest.store.shards.merging import Step

_log = logging.getLogger(__name__)

# Chunks that a command writes at most after its own work: about two seconds.
MOST_AFTER_INGEST = 32_768


def merge_shards(
    home: Home, *, most: int | None = None, steps: int | None = None, is_thorough: bool = False
) -> int:
    """Merge until nothing is to be done, or `steps` merges were made; returns how many.

    A merge writes at most `most` chunks. One that `is_thorough` leaves nothing of datasets that were
    deleted. Another process that merges now makes this one do nothing. What fails is logged, and tried
    again by the next call: no question needs it.
    """
    from ccingest.store.rows import store_errors
    from ccingest.store.shards.merging import LARGEST

    shards = home.store.shards
    run = _Run(home, min(most or LARGEST, LARGEST), is_thorough)
    done = 0
    try:
        with store_errors("merge shards"):
            if not (is_thorough and shards.folder.exists()) and not run.is_due():
                return 0
            with shards.merging() as may_merge, _alone(home, may_merge) as may_merge:
                if may_merge:
                    shards.remove_leftovers()
                    while done != steps and run.step():
                        done += 1
    except CcingestError as error:
        _log.warning("Shards are not merged now: %s", error.message)
    return done


@dataclass(frozen=True, slots=True)
class _State:
    """What there is of one embedder."""

    embedder: str
    shards: Sequence[Description]
    alone: Sequence[tuple[Member, PublishedVersion]]  # that no shard has
    published: frozenset[Member]
    places: Mapping[Member, tuple[Description, int]]


class _Run:
    """The merges of one call."""

    def __init__(self, home: Home, most: int, is_thorough: bool) -> None:
        self._home = home
        self._most = most
        self._is_thorough = is_thorough
        self._failed: set[Member] = set()

    def is_due(self) -> bool:
        """Whether a merge is to be done."""
        return any(map(self._step_of, _states(self._home)))

    def step(self) -> bool:
        """Merge once; False when nothing is to be done."""
        for state in _states(self._home):
            step = self._step_of(state)
            if step:
                _run(self._home, state, step, self._failed)
                return True
        return False

    def _step_of(self, state: _State) -> Step | None:
        from ccingest.store.shards.merging import Held, next_step

        held = [
            Held(shard.chunks, sum(size for size, lives in _live(shard, state) if lives))
            for shard in state.shards
        ]
        alone = [0 if member in self._failed else version.chunks for member, version in state.alone]
        return next_step(held, alone, most=self._most, is_thorough=self._is_thorough)


@contextmanager
def _alone(home: Home, may_merge: bool) -> Iterator[bool]:
    """Whether this machine may merge, where several share the shards of an object store."""
    if not (home.remote and may_merge):
        yield may_merge
        return
    if not begin_merging(home.connection):
        yield False
        return
    try:
        yield True
    finally:
        home.remote.shards.remove_staged()
        end_merging(home.connection)


def _states(home: Home) -> list[_State]:
    from ccingest.store import Member

    if home.mirror:
        home.mirror.sync_shards(home.connection)
    listing = home.store.shards.listing()
    found: dict[str, list[tuple[Member, PublishedVersion]]] = {}
    for one in published_versions(home.connection):
        member = Member(one.table, one.version, one.published)
        found.setdefault(one.embedder, []).append((member, one))
    for shard in listing.shards:
        found.setdefault(shard.embedder, [])
    return [
        _State(
            embedder,
            [shard for shard in listing.shards if shard.embedder == embedder],
            [one for one in members if one[0] not in listing.places],
            frozenset(member for member, _ in members),
            listing.places,
        )
        for embedder, members in found.items()
    ]


def _live(shard: Description, state: _State) -> Iterator[tuple[int, bool]]:
    """Of each member, its chunks and whether a question may use it here: it is published still, and
    no other shard has it, which was made of this one by a merge that was killed."""
    for member, size in zip(shard.members, shard.sizes, strict=True):
        is_here = state.places[member][0].name == shard.name
        yield size, is_here and member in state.published


def _run(home: Home, state: _State, step: Step, failed: set[Member]) -> None:
    from ccingest.store.shards.building import write_shard

    old = [state.shards[place] for place in step.shards]
    sources = [*_of_shards(home, state, old), *_of_datasets(home, state, step.datasets, failed)]
    by_size: dict[int, list[Source]] = {}
    for source in sources:
        by_size.setdefault(source.dimensions, []).append(source)
    shards, remote = home.store.shards, home.remote
    folder = remote.shards.staging if remote else shards.folder
    made = [write_shard(folder, state.embedder, same) for same in by_size.values()]
    if remote:
        _publish(home, remote, made, old)
    else:
        shards.forget(old)


def _publish(
    home: Home, remote: RemoteStore, made: Sequence[Description], old: Sequence[Description]
) -> None:
    """Put shards into the object store, and then name them in the database in place of old ones."""
    remote.claim(home.connection)
    for shard in made:
        remote.shards.upload(shard)
    sizes = {shard.name: shard.bytes for shard in made}
    if not replace_shards(home.connection, sizes, [shard.name for shard in old]):
        raise StoreBusyError("Another machine has merged the same shards.")
    if home.mirror:
        home.mirror.sync_shards(home.connection)


def _of_shards(home: Home, state: _State, old: Sequence[Description]) -> Iterator[Source]:
    from ccingest.store.shards.building import source_of_shard

    for description in old:
        is_live = [lives for _, lives in _live(description, state)]
        shard = home.store.shards.opened(description) if any(is_live) else None
        if shard:  # a damaged one is made again from the tables
            yield source_of_shard(shard, is_live)


def _of_datasets(
    home: Home, state: _State, places: Sequence[int], failed: set[Member]
) -> Iterator[Source]:
    from ccingest.store.shards.building import source_of_version

    for place in places:
        member, found = state.alone[place]
        try:
            reader = home.store.read(found.table, found.version, dataset=found.name)
            yield source_of_version(member, reader.index)
        except CcingestError as error:
            _log.warning("%s goes into no shard: %s", found.name, error.message)
            failed.add(member)
        finally:
            home.store.release(found.table)
