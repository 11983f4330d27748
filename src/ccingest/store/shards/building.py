"""Making a shard: from versions of datasets, from other shards, or from both."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccingest.store.arrays import write_arrays
from ccingest.store.checksums import sync
from ccingest.store.content import Content, Texts, changes_named, write_content
from ccingest.store.indexing import VersionIndex
from ccingest.store.postings import FIELDS, Postings, merge_terms
from ccingest.store.shards.members import (
    CONTENT_SUFFIX,
    INDEX_SUFFIX,
    SUFFIXES,
    Description,
    Member,
    write_description,
)
from ccingest.store.shards.shard import MemberCounts, Shard
from ccingest.store.stamps import status_of
from ccingest.store.textindex import Documents
from ccingest.store.vectorcodes import VectorCodes


@dataclass(frozen=True, slots=True)
class Source:
    """What goes into a shard: the chunks of some members, one member after another, by row."""

    members: tuple[Member, ...]
    sizes: tuple[int, ...]  # chunks of each member
    postings: Sequence[Postings]
    rows: Sequence[NDArray[np.int32]]  # of each chunk of `postings[i]`; -1 for one that is left out
    vectors: Sequence[VectorCodes]  # one after the other
    contents: Sequence[Content]  # one after the other, without their texts
    texts: Sequence[Texts]
    documents: Documents
    counts: MemberCounts

    @property
    def size(self) -> int:
        return len(self.documents.lengths)

    @property
    def dimensions(self) -> int:
        return int(self.vectors[0].coarse.shape[1])


def source_of_version(member: Member, index: VersionIndex) -> Source:
    """The chunks of one version. Raises VersionGoneError."""
    documents = index.documents
    with changes_named(f"The index of the table {member.table}"):
        contents, texts = index.chunks.in_order()
    return Source(
        (member,),
        (index.size,),
        [segment.postings for segment in index.segments],
        index.row_of,
        [index.vectors.in_order()],
        contents,
        texts,
        documents,
        MemberCounts(
            np.array([0, len(documents.file_lengths)], dtype=np.int64),
            np.array([documents.lengths.sum(dtype=np.float64)]),
            np.array([documents.file_lengths.sum(dtype=np.float64)]),
        ),
    )


def source_of_shard(shard: Shard, is_live: Sequence[bool]) -> Source:
    """The chunks of those members that are still used. Raises VersionGoneError."""
    live = np.flatnonzero(np.array(is_live, dtype=np.bool_))
    sizes = np.diff(shard.starts)
    files = np.diff(shard.counts.file_starts)
    has_row = np.repeat(is_live, sizes)
    has_file = np.repeat(is_live, files)
    rows = np.where(has_row, np.cumsum(has_row) - 1, -1).astype(np.int32)
    file_number = np.cumsum(has_file) - 1
    with changes_named(f"The shard {shard.description.name}"):
        content, texts = shard.content.chosen(np.flatnonzero(has_row))
    known = shard.documents
    return Source(
        tuple(shard.description.members[number] for number in live.tolist()),
        tuple(sizes[live].tolist()),
        [shard.postings],
        [rows],
        [_vectors(shard.vectors, first, end) for first, end in _runs(has_row)],
        [content],
        texts,
        Documents(
            known.lengths[has_row],
            file_number[known.file_of[has_row]],
            known.chunks_of[has_file],
            known.file_lengths[has_file],
        ),
        MemberCounts(
            np.concatenate([[0], np.cumsum(files[live])]),
            shard.counts.lengths[live],
            shard.counts.file_lengths[live],
        ),
    )


def write_shard(folder: Path, embedder: str, sources: Sequence[Source]) -> Description:
    """Write a shard with the chunks of all sources; it is on the disk. Raises OSError.

    `sources` has at least one chunk.
    """
    name = uuid.uuid4().hex
    members = tuple(member for source in sources for member in source.members)
    sizes = tuple(size for source in sources for size in source.sizes)
    shard = Description(folder, name, embedder, members, sizes, {})
    folder.mkdir(exist_ok=True)
    contents = [content for source in sources for content in source.contents]
    texts = [text for source in sources for text in source.texts]
    write_content(shard.path(CONTENT_SUFFIX), contents, texts)
    vectors = [part for source in sources for part in source.vectors]
    write_arrays(
        shard.path(INDEX_SUFFIX),
        [
            *_arrays_of(_joined_postings(sources, sizes)),
            [np.arange(sum(sizes), dtype=np.uint32)],
            *(
                [getattr(part, field.name) for part in vectors]
                for field in fields(VectorCodes)
                if field.name != "chunks"
            ),
            *_arrays_of(_joined_documents(sources)),
            *_arrays_of(_joined_counts(sources)),
        ],
    )
    statuses = {}
    for suffix in SUFFIXES:
        sync(shard.path(suffix))
        status = status_of(shard.path(suffix))
        if status is None:
            raise FileNotFoundError(f"{shard.path(suffix)} was removed by another process.")
        statuses[suffix] = status
    sync(folder)
    described = replace(shard, files=statuses)
    write_description(described)
    sync(folder)
    return described


def _joined_postings(sources: Sequence[Source], sizes: Sequence[int]) -> Postings:
    bases = list(accumulate((source.size for source in sources), initial=0))
    lengths = np.zeros((bases[-1], len(FIELDS)), dtype=np.uint32)
    files = np.zeros(bases[-1], dtype=np.uint64)
    parts: list[Postings] = []
    numbers: list[NDArray[np.int32]] = []
    for source, base in zip(sources, bases, strict=False):
        for part, row_of in zip(source.postings, source.rows, strict=True):
            number = np.where(row_of >= 0, row_of + base, -1).astype(np.int32)
            here = number >= 0
            lengths[number[here]] = part.lengths[here]
            files[number[here]] = part.files[here]
            parts.append(part)
            numbers.append(number)
    return replace(
        merge_terms(parts, numbers),
        write_ids=np.arange(len(sizes), dtype=np.int64),
        starts=np.array([0, *accumulate(sizes)], dtype=np.int64),
        lengths=lengths,
        files=files,
    )


def _joined_documents(sources: Sequence[Source]) -> Documents:
    bases = accumulate((len(source.documents.chunks_of) for source in sources), initial=0)
    file_of = [
        (source.documents.file_of + base).astype(np.int32)
        for source, base in zip(sources, bases, strict=False)
    ]
    each = [source.documents for source in sources]
    return Documents(
        np.concatenate([one.lengths for one in each]),
        np.concatenate(file_of),
        np.concatenate([one.chunks_of for one in each]),
        np.concatenate([one.file_lengths for one in each]),
    )


def _joined_counts(sources: Sequence[Source]) -> MemberCounts:
    each = [source.counts for source in sources]
    files = np.concatenate([np.diff(one.file_starts) for one in each])
    return MemberCounts(
        np.concatenate([[0], np.cumsum(files)]).astype(np.int64),
        np.concatenate([one.lengths for one in each]),
        np.concatenate([one.file_lengths for one in each]),
    )


def _vectors(codes: VectorCodes, first: int, end: int) -> VectorCodes:
    return VectorCodes(*(getattr(codes, field.name)[first:end] for field in fields(codes)))


def _runs(chosen: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """The first place and the one after the last of each run of chosen ones."""
    edges = np.flatnonzero(np.diff(chosen.astype(np.int8), prepend=0, append=0))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _arrays_of(value: Any) -> list[list[NDArray[Any]]]:
    return [[getattr(value, field.name)] for field in fields(value)]
