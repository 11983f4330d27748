"""Putting the indexes of many datasets together, so that a question about all of them stays quick."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccingest.app.home import Home
from ccingest.db.catalog import PublishedVersion, published_versions
from ccingest.errors import CcingestError

if TYPE_CHECKING:
    from ccingest.store.shards.building import Source
    from ccingest.store.shards.members import Description, Member
    from ccingest.store.shards.merging import Step

_log = logging.getLogger(__name__)

# Chunks that a command writes at most after its own work: about two seconds.
MOST_AFTER_INGEST = 32_768


def merge_shards(home: Home, *, most: int | None = None, steps: int | None = None) -> int:
    """Merge until nothing is to be done, or `steps` merges were made; returns how many.

    A merge writes at most `most` chunks. Another process that merges now makes this one do nothing.
    What fails is logged, and tried again by the next call: no question needs it.
    """
    from ccingest.store.rows import store_errors
    from ccingest.store.shards.merging import LARGEST

    shards = home.store.shards
    done = 0
    try:
        if not is_due(home):
            return 0
        with store_errors("merge shards"), shards.merging() as may_merge:
            if may_merge:
                shards.remove_leftovers()
                for _ in _merges(home, min(most or LARGEST, LARGEST)):
                    done += 1
                    if done == steps:
                        break
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


def is_due(home: Home) -> bool:
    """Whether a merge is to be done."""
    from ccingest.store.shards.merging import LARGEST

    return any(_step_of(state, LARGEST, frozenset()) for state in _states(home))


def _merges(home: Home, most: int) -> Iterator[None]:
    failed: set[Member] = set()
    is_done = False
    while not is_done:
        is_done = True
        for state in _states(home):
            step = _step_of(state, most, failed)
            if step:
                _run(home, state, step, failed)
                is_done = False
                yield


def _states(home: Home) -> list[_State]:
    from ccingest.store import Member

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
        )
        for embedder, members in found.items()
    ]


def _step_of(state: _State, most: int, failed: set[Member] | frozenset[Member]) -> Step | None:
    from ccingest.store.shards.merging import Held, next_step

    held = [
        Held(shard.chunks, sum(size for size, lives in _live(shard, state) if lives))
        for shard in state.shards
    ]
    alone = [0 if member in failed else dataset.chunks for member, dataset in state.alone]
    return next_step(held, alone, most=most)


def _live(shard: Description, state: _State) -> Iterator[tuple[int, bool]]:
    """Of each member, its chunks and whether it is published still."""
    for member, size in zip(shard.members, shard.sizes, strict=True):
        yield size, member in state.published


def _run(home: Home, state: _State, step: Step, failed: set[Member]) -> None:
    from ccingest.store.shards.building import write_shard

    shards = home.store.shards
    old = [state.shards[place] for place in step.shards]
    sources = [*_of_shards(home, state, old), *_of_datasets(home, state, step.datasets, failed)]
    by_size: dict[int, list[Source]] = {}
    for source in sources:
        by_size.setdefault(source.dimensions, []).append(source)
    for same in by_size.values():
        write_shard(shards.folder, state.embedder, same)
    shards.forget(old)


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
