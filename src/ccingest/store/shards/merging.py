"""Which datasets and shards are put together next. Decides, and touches no file.

Each step writes at most LARGEST chunks. Datasets that no shard has go into a small shard together.
Shards of about the same size become one four times as large, so each chunk is written about as often
as there are sizes, five times at most. A shard of which more than half is not used any more is written
again without that; a clean-up does so with every shard of which something is not used.
"""

from __future__ import annotations

from collections.abc import Sequence

from ccingest.values import dataclass

LARGEST = 131_072  # chunks of a shard; to merge more takes over 250 MB
LARGEST_MEMBER = 16_384  # chunks; a larger dataset costs more for its chunks than for being one
_MOST_ALONE = 16  # datasets without a shard
_MOST_ALONE_CHUNKS = 8192
_MOST_AT_ONCE = 32_768  # chunks of datasets: these are in memory as a whole
_SMALL = 4096  # chunks; smaller shards count as of one size
_FACTOR = 4


@dataclass(frozen=True, slots=True)
class Held:
    """A shard as it is used."""

    chunks: int
    live: int  # chunks of members that are still published


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes one shard: some shards and some datasets, by their places."""

    shards: tuple[int, ...] = ()
    datasets: tuple[int, ...] = ()


def next_step(
    shards: Sequence[Held],
    alone: Sequence[int],
    *,
    most: int = LARGEST,
    is_thorough: bool = False,
) -> Step | None:
    """The next merge; None when nothing is to be done.

    `alone` are the chunks of each dataset that no shard has, and `most` those that the new shard may
    have. One that `is_thorough` leaves nothing that is not used.
    """
    unused = tuple(place for place, shard in enumerate(shards) if not shard.live)
    if unused:
        return Step(shards=unused)
    fitting = [place for place, size in enumerate(alone) if 0 < size <= min(LARGEST_MEMBER, most)]
    total = sum(alone[place] for place in fitting)
    if len(fitting) >= _MOST_ALONE or (len(fitting) > 1 and total >= _MOST_ALONE_CHUNKS):
        datasets = _that_fit(fitting, alone, min(_MOST_AT_ONCE, most))
        size = sum(alone[place] for place in datasets)
        small = [place for place, shard in enumerate(shards) if shard.live < _SMALL]
        live = [shard.live for shard in shards]
        return Step(_that_fit(small, live, most - size), datasets)
    return _of_shards(shards, most) or _without_dead(shards, most, is_thorough=is_thorough)


def _of_shards(shards: Sequence[Held], most: int) -> Step | None:
    live = [shard.live for shard in shards]
    by_size: dict[int, list[int]] = {}
    for place, size in enumerate(live):
        by_size.setdefault(_size_class(size), []).append(place)
    for _, same in sorted(by_size.items()):
        if len(same) < _FACTOR:
            continue
        chosen = _that_fit(sorted(same, key=live.__getitem__), live, most)
        if len(chosen) > 1:
            return Step(chosen)
    return None


def _without_dead(shards: Sequence[Held], most: int, *, is_thorough: bool) -> Step | None:
    for place, shard in enumerate(shards):
        is_due = 2 * shard.live < shard.chunks or (is_thorough and shard.live < shard.chunks)
        if is_due and shard.live <= most:
            return Step((place,))
    return None


def _size_class(chunks: int) -> int:
    number, bound = 0, _SMALL
    while chunks >= bound:
        number, bound = number + 1, bound * _FACTOR
    return number


def _that_fit(places: Sequence[int], sizes: Sequence[int], most: int) -> tuple[int, ...]:
    """The first of these places whose sizes together are at most `most`."""
    chosen: list[int] = []
    for place in places:
        if sizes[place] <= most:
            chosen.append(place)
            most -= sizes[place]
    return tuple(chosen)
