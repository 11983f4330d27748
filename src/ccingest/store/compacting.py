"""Keeping the segments of a table few: merging small ones, and removing what no version needs."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ccingest.store.content import kept
from ccingest.store.postings import drop_dead_postings, merge
from ccingest.store.segments import Outline, Segment, Segments, whole_content
from ccingest.store.vectorcodes import drop_dead_vectors

_log = logging.getLogger(__name__)

# A question looks into each segment, so there should be few.
_MOST_OF_A_SIZE = 8
_LARGEST_MERGED = 65_536  # chunks; to merge more takes over 100 MB


def merge_small(
    segments: Segments, there: Sequence[Outline], *, is_new: bool = False
) -> Sequence[Outline]:
    """Merge segments of about the same size until there are few. Raises StoreError and OSError.

    Returns those that then hold the writes of `there`. The merged files stay, because readers may have
    them open; `prune` removes them later. A table that `is_new` has no readers: of a large one, they
    would take as much disk again.
    """
    while small := _too_many_of_a_size(there):
        merged = segments.checked(_write_merged(segments, small))
        if merged is None:  # the log says why
            return there
        if is_new:
            segments.remove(small)
        there = [*(one for one in there if one not in small), merged]
    return there


def prune(
    segments: Segments,
    version: int,
    rows: Mapping[int, NDArray[np.int32]],
    grace: timedelta,
    covering: Sequence[Outline],
) -> None:
    """Remove what this version does not need, unless it was written within `grace`.

    `rows` has the positions in each write that the version still has, and `covering` has its
    segments. One of which more than half was deleted is written again without that.
    Raises StoreError and OSError.
    """
    for outline in covering:
        live = _live_chunks(outline, rows)
        if 2 * live.sum() < outline.size:
            _drop_dead(segments, outline, live)
    wanted = {outline.path.stem for outline in covering} | {str(version)}
    oldest = time.time() - grace.total_seconds()
    for path in segments.folder.glob("*"):
        try:
            if path.stem not in wanted and path.stat().st_mtime < oldest:
                path.unlink()
        except FileNotFoundError:
            _log.info("The index file %s was removed by another process meanwhile.", path)


def _write_merged(segments: Segments, small: Sequence[Outline]) -> Path:
    parts = [segments.read(one) for one in small]
    bases = accumulate((len(one.postings.lengths) for one in parts), initial=0)
    vectors = [one.vectors.shifted(base) for one, base in zip(parts, bases, strict=False)]
    contents = [whole_content(one) for one in parts]
    return segments.write_parts(merge([one.postings for one in parts]), vectors, contents)


def _too_many_of_a_size(segments: Sequence[Outline]) -> list[Outline]:
    """Segments of about the same size to merge; none when there are few of each size."""
    by_size: dict[int, list[Outline]] = {}
    for segment in segments:
        if segment.size < _LARGEST_MERGED:
            by_size.setdefault(segment.size.bit_length() // 3, []).append(segment)
    for same_size in by_size.values():
        if len(same_size) > _MOST_OF_A_SIZE:
            return same_size[:_MOST_OF_A_SIZE]
    return []


def _live_chunks(outline: Outline, rows: Mapping[int, NDArray[np.int32]]) -> NDArray[np.bool_]:
    """Which chunks of the segment the version still has, shape (chunks,). `rows`: see `prune`."""
    is_live = np.zeros(outline.size, dtype=np.bool_)
    for write_id, start in zip(outline.write_ids.tolist(), outline.starts.tolist(), strict=False):
        is_live[start + rows.get(write_id, np.zeros(0, dtype=np.int32))] = True
    return is_live


def _drop_dead(segments: Segments, outline: Outline, live: NDArray[np.bool_]) -> None:
    """Write the segment again with its live chunks alone, unless it has few others."""
    segment = segments.read(outline)
    # Vectors of chunks that were dropped before are not there any more.
    if 2 * live[segment.vectors.chunks].sum() < len(segment.vectors.chunks):
        segments.write(_without_dead(segment, live))
        outline.path.unlink(missing_ok=True)


def _without_dead(segment: Segment, live: NDArray[np.bool_]) -> Segment:
    return Segment(
        drop_dead_postings(segment.postings, live),
        drop_dead_vectors(segment.vectors, live),
        kept(whole_content(segment), live),
    )
