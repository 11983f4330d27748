"""Segments on the disk: which are read, how much of them is in memory, and what is mapped."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccingest.models import Chunk
from ccingest.store import segments as segments_module
from ccingest.store.arrays import ArrayFile, read_arrays
from ccingest.store.compacting import merge_small
from ccingest.store.content import content_of
from ccingest.store.counting import count_terms
from ccingest.store.integrity import CheckedFiles
from ccingest.store.segments import Segment, Segments
from ccingest.store.vectorcodes import quantize

WRITES, CHUNKS = 40, 50
WRITE_IDS = np.arange(1, WRITES + 1, dtype=np.int64)


@pytest.fixture
def written(tmp_path: Path) -> Segments:
    """One segment for each write."""
    segments = Segments(tmp_path, CheckedFiles(tmp_path))
    random = np.random.default_rng(1)
    for write_id in WRITE_IDS.tolist():
        chunks = [
            Chunk(f"{write_id}/{number}.py", 1, 2, "text", f"word{number} common", "", "block")
            for number in range(CHUNKS)
        ]
        vectors = random.normal(size=(CHUNKS, 1024)).astype(np.float32)
        segments.write(
            Segment(
                count_terms(write_id, chunks),
                quantize(vectors, np.arange(CHUNKS, dtype=np.uint32)),
                content_of([(0, chunk) for chunk in chunks]),
            )
        )
    return segments


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[Path]:
    """How often each file was read as a whole."""
    seen: Counter[Path] = Counter()

    def counted(path: Path, *arguments: Any, **more: Any) -> ArrayFile:
        seen[path] += 1
        return read_arrays(path, *arguments, **more)

    monkeypatch.setattr(segments_module, "read_arrays", counted)
    return seen


def files_of(segments: Segments) -> list[Path]:
    return list(segments.folder.glob("*.segment"))


def writes_in(found: list[Segment]) -> list[int]:
    return sorted(write_id for one in found for write_id in one.postings.write_ids.tolist())


def test_a_merge_reads_each_part_once(written: Segments, reads: Counter[Path]) -> None:
    there = written.outlines(WRITE_IDS)
    assert set(reads.values()) == {1}
    reads.clear()
    merged = merge_small(written, there)
    assert len(merged) <= 16
    assert set(reads.values()) == {1}
    assert sorted(one for outline in merged for one in outline.write_ids.tolist()) == [
        *range(1, WRITES + 1)
    ]


def test_what_was_merged_is_not_read(written: Segments, reads: Counter[Path]) -> None:
    merged = merge_small(written, written.outlines(WRITE_IDS))
    assert len(files_of(written)) > WRITES
    reads.clear()
    found = written.covering(WRITE_IDS)
    assert writes_in(found) == WRITE_IDS.tolist()
    assert set(reads) == {outline.path for outline in merged}


def test_of_a_new_table_merged_segments_are_removed_at_once(written: Segments) -> None:
    merged = merge_small(written, written.outlines(WRITE_IDS), is_new=True)
    assert {outline.path for outline in merged} == set(files_of(written))
    assert len(list(written.folder.iterdir())) == 2 * len(merged)
    assert writes_in(written.covering(WRITE_IDS)) == WRITE_IDS.tolist()


def test_the_parts_of_a_damaged_segment_are_used_instead(written: Segments) -> None:
    merged = merge_small(written, written.outlines(WRITE_IDS))
    largest = max(merged, key=lambda outline: outline.size).path
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.write_bytes(content)
    found = written.covering(WRITE_IDS)
    assert writes_in(found) == WRITE_IDS.tolist()
    assert largest not in {segment.path for segment in found}


def test_outlines_keep_no_segment_in_memory(written: Segments) -> None:
    size = sum(path.stat().st_size for path in files_of(written))
    written.outlines(WRITE_IDS)  # what is imported and kept once
    tracemalloc.start()
    try:
        there = written.outlines(WRITE_IDS)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(there) == WRITES
    assert kept < size / 10
    assert peak < size / 4


@pytest.mark.parametrize(("large", "mapped"), [(10**9, 0), (1, WRITES)])
def test_of_a_large_index_all_but_small_segments_are_mapped(
    written: Segments, large: int, mapped: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments_module, "_LARGE_INDEX", large)
    monkeypatch.setattr(segments_module, "_READ_OF_LARGE", 1000)
    found = written.covering(WRITE_IDS)
    assert sum(segment.mapping is not None for segment in found) == mapped
    monkeypatch.setattr(segments_module, "_READ_OF_LARGE", 10**6)
    assert not any(segment.mapping for segment in written.covering(WRITE_IDS))


@pytest.mark.parametrize("harm", ["a huge array", "no array", "cut short"])
def test_a_segment_whose_start_is_damaged_is_as_if_it_were_not_there(
    written: Segments, harm: str
) -> None:
    path = files_of(written)[0]
    content = path.read_bytes()
    path.write_bytes(
        {
            "a huge array": content.replace(b"'shape': (1,)", b"'shape': (9" + b"9" * 9 + b",)", 1)[
                : len(content)
            ],
            "no array": content[:64] + bytes(len(content) - 64),
            "cut short": content[:100],
        }[harm]
    )
    assert len(written.outlines(WRITE_IDS)) == WRITES - 1
    assert len(written.covering(WRITE_IDS)) == WRITES - 1
    assert written.unreadable() == [path, path.with_suffix(".content")]
