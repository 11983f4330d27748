"""Searching some datasets of a shard, as if each was searched by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ccingest.models import Candidate, Chunk
from ccingest.store.content import changes_named
from ccingest.store.filters import EVERYTHING, RowFilter
from ccingest.store.finding import Lookup, candidates_of, find, named_rows, uses_of
from ccingest.store.parts import Counted
from ccingest.store.scored import Scored
from ccingest.store.shards.shard import Shard
from ccingest.store.statistics import QuestionStatistics
from ccingest.store.textindex import WordCounts

_ROW_BITS = 32
_Rows = NDArray[np.int64]


class ShardReader:
    """Searches those members of a shard that `places` has: the member's number -> the dataset's place
    among all that the question searches.

    Its methods raise VersionGoneError when a file of the shard was removed or written to.
    """

    def __init__(self, shard: Shard, places: Mapping[int, int]) -> None:
        self._shard = shard
        self._place_of = np.full(len(shard.description.members), -1, dtype=np.int64)
        members = np.array(sorted(places), dtype=np.int64)
        self._place_of[members] = [places[member] for member in members.tolist()]
        self._counted = None if (self._place_of >= 0).all() else _counted(shard, members)
        self._allowed: dict[RowFilter, NDArray[np.bool_]] = {}

    @property
    def dimensions(self) -> int:
        """Of the vectors."""
        return self._shard.dimensions

    def places(self, rows: _Rows) -> _Rows:
        """The place of the dataset of each row."""
        return self._place_of[self._shard.member_of(rows)]

    def order(self, rows: _Rows) -> _Rows:
        """Numbers by which the rows come dataset by dataset, as the question has these, and of each by
        path and position in the file."""
        return (self.places(rows) << _ROW_BITS) + self._shard.chunks.order(rows)

    def statistics(self, terms: Sequence[str]) -> QuestionStatistics:
        """As `TableReader.statistics`, over all datasets."""
        return self._shard.text.statistics(terms, self._counted)

    def search(self, wanted: Lookup, limit: int, where: RowFilter = EVERYTHING) -> Scored:
        """As `TableReader.search`; `limit` is for all datasets together."""
        shard, allowed = self._shard, self._mask(where)
        named = named_rows(shard.text, shard.chunks, wanted, allowed, self._first)
        return find(shard.text, shard, wanted, named, limit, allowed, self.order)

    def words_in(self, words: Sequence[Sequence[str]], scored: Scored) -> WordCounts:
        """As `TableReader.words_in`."""
        return self._shard.text.words_in(words, scored.rows, self._counted)

    def uses_of(self, candidates: Sequence[Candidate], rows: _Rows) -> NDArray[np.int64]:
        """As `TableReader.uses_of`, each in its dataset. `rows` are those of the candidates."""
        member = self._shard.member_of(rows)
        starts = self._shard.starts[member], self._shard.starts[member + 1]

        def counts_of(keys: NDArray[np.uint64], owner: _Rows) -> NDArray[np.int64]:
            return self._shard.postings.count_within(keys, starts[0][owner], starts[1][owner])

        return uses_of(candidates, counts_of)

    def read(self, scored: Scored) -> list[Candidate]:
        """The chunks of these rows, with their scores."""
        if not len(scored.rows):
            return []
        with changes_named(f"The shard {self._shard.description.name}"):
            return candidates_of(scored, self._shard.chunks.chunks(scored.rows))

    def _first(self, rows: _Rows, most: int) -> _Rows:
        """The first so many of ascending rows, of each dataset, by path and position in the file."""
        if len(rows) <= most:
            return rows
        member = self._shard.member_of(rows)
        if np.bincount(member).max() <= most:
            return rows
        order = np.lexsort((self._shard.chunks.order(rows), member))
        begins = np.searchsorted(member, member)  # ascending rows come member by member
        return np.sort(rows[order][np.arange(len(rows)) - begins < most])

    def _mask(self, where: RowFilter) -> NDArray[np.bool_] | None:
        """Which rows belong to a dataset that is searched and pass the filter. None: all do."""
        columns = where.columns()
        if not columns:
            return None if self._counted is None else self._counted.rows
        mask = self._allowed.get(where)
        if mask is None:
            size = self._shard.size
            mask = np.ones(size, dtype=np.bool_) if not self._counted else self._counted.rows.copy()
            for name in columns:
                mask &= self._shard.chunks.allowed(name, partial(where.allows, name))
            self._allowed = {where: mask}  # most often the next question has the same filter
        return mask


def files_of_member(shard: Shard, member: int, paths: Sequence[str]) -> dict[str, list[Chunk]]:
    """The chunks of each of these files of a dataset, in their order. A file without any is left
    out. Raises VersionGoneError."""
    first, end = shard.starts[member], shard.starts[member + 1]
    shared = shard.content.shared[first:end, 0]
    wanted, values = set(paths), shard.content.values
    found = {}
    with changes_named(f"The shard {shard.description.name}"):
        for place in np.unique(shared, return_counts=True)[0].tolist():
            if values[place] in wanted:
                rows = first + np.flatnonzero(shared == place)
                found[values[place]] = shard.chunks.file(rows)
    return found


def _counted(shard: Shard, members: _Rows) -> Counted:
    """What is searched of the shard: these members."""
    is_searched = np.zeros(len(shard.description.members), dtype=np.bool_)
    is_searched[members] = True
    sizes, files = np.diff(shard.starts), np.diff(shard.counts.file_starts)
    return Counted(
        np.repeat(is_searched, sizes),
        int(sizes[members].sum()),
        float(shard.counts.lengths[members].sum()),
        int(files[members].sum()),
        float(shard.counts.file_lengths[members].sum()),
    )
