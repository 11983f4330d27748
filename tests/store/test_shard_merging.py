"""Which merges are made: bounded, few in all, and an end to them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccingest.store.shards.merging import LARGEST, LARGEST_MEMBER, Held, Step, next_step
from effort import effort

Shard = list[tuple[int, int]]  # dataset, chunks


class Merged:
    """What merging makes of datasets that come and go, in numbers alone."""

    def __init__(self, most: int = LARGEST) -> None:
        self.most = most
        self.alone: Shard = []
        self.shards: list[Shard] = []
        self.deleted: set[int] = set()
        self.written = 0

    def held(self) -> list[Held]:
        return [
            Held(
                sum(size for _, size in shard),
                sum(size for number, size in shard if number not in self.deleted),
            )
            for shard in self.shards
        ]

    def next(self, *, is_thorough: bool = False) -> Step | None:
        sizes = [size for _, size in self.alone]
        return next_step(self.held(), sizes, most=self.most, is_thorough=is_thorough)

    def run(self, *, is_thorough: bool = False) -> int:
        steps = 0
        while step := self.next(is_thorough=is_thorough):
            steps += 1
            made = [self.alone[place] for place in step.datasets]
            for place in step.shards:
                made += [one for one in self.shards[place] if one[0] not in self.deleted]
            size = sum(size for _, size in made)
            assert size <= self.most
            self.written += size
            self.alone = [one for at, one in enumerate(self.alone) if at not in step.datasets]
            self.shards = [one for at, one in enumerate(self.shards) if at not in step.shards]
            self.shards += [made] if made else []
        return steps


@given(seed=st.integers(0, 2**32), count=st.integers(1, 400))
@settings(max_examples=effort(25, 300), deadline=None)
def test_datasets_come_and_go(seed: int, count: int) -> None:
    draw, merged = random.Random(seed), Merged()
    there: set[int] = set()
    total = 0
    for number in range(count):
        size = int(draw.lognormvariate(4, 2))
        total += size
        merged.alone.append((number, size))
        there.add(number)
        if draw.random() < 0.3:
            gone = draw.choice(sorted(there))
            there.discard(gone)
            merged.deleted.add(gone)
            merged.alone = [one for one in merged.alone if one[0] != gone]
        merged.run()
    small = [size for _, size in merged.alone if 0 < size <= LARGEST_MEMBER]
    assert len(small) < 16
    assert len(merged.shards) <= 16 + total // (LARGEST // 4)
    assert merged.written <= 6 * total + LARGEST
    assert all(2 * one.live >= one.chunks for one in merged.held())
    merged.run(is_thorough=True)
    assert all(one.live == one.chunks for one in merged.held())
    held = {number for shard in merged.shards for number, _ in shard}
    assert held | {number for number, _ in merged.alone} == there


def test_thousands_of_small_datasets() -> None:
    """As many as were never merged: in few steps, and into few shards."""
    merged = Merged()
    merged.alone = [(number, 60) for number in range(10_000)]
    assert merged.run() <= 30
    assert len(merged.shards) <= 8
    assert merged.written <= 4 * 600_000


@pytest.mark.parametrize("size", [0, LARGEST_MEMBER + 1])
def test_empty_and_large_datasets_stay_alone(size: int) -> None:
    merged = Merged()
    merged.alone = [(number, size) for number in range(100)]
    assert merged.run() == 0


def test_a_few_datasets_wait_for_more() -> None:
    merged = Merged()
    merged.alone = [(number, 100) for number in range(15)]
    assert merged.run() == 0
    merged.alone.append((15, 100))
    assert merged.run() == 1


def test_after_an_ingest_less_is_written() -> None:
    merged = Merged(most=1000)
    merged.alone = [(number, 90) for number in range(40)]
    assert merged.run() >= 3
    assert len(merged.alone) < 16
