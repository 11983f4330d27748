"""Questions over shards find what they find dataset by dataset."""

from __future__ import annotations

import gc
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccingest.embedding import load_embedder
from ccingest.models import Chunk, Dataset, EmbeddedChunk, OverlayFile, Question
from ccingest.models.overlays import view_of
from ccingest.ranking import Found
from ccingest.search import Searcher, open_tables, searcher
from ccingest.search.open_tables import member_of
from ccingest.store import TableStore
from ccingest.store.shards import folder as shard_folder
from ccingest.store.shards.building import (
    Source,
    source_of_shard,
    source_of_version,
    write_shard,
)
from ccingest.store.shards.members import INDEX_SUFFIX
from ccingest.store.shards.shard import open_shard
from effort import effort
from values import DATASET, reference

EMBEDDER = load_embedder("", cache=Path("/nonexistent"))
WORDS = ["parse", "retry", "getUser", "tax", "HTTPServer", "lease", "token", "walk", "x9", "commit"]
QUESTIONS = [
    Question("how is the tax parsed"),
    Question("retry the lease of a token", languages=("python",)),
    Question("getUser"),
    Question("where is src/readme.md", paths=("src/**", "!src/d*")),
    Question("walk commit HTTPServer", mode="text"),
    Question("server that retries", mode="vector", languages=("c",)),
]
SIZES = (3, 40, 25, 1, 60, 33, 12, 50, 8, 71, 20, 45)


def chunks_of(draw: random.Random, size: int) -> list[EmbeddedChunk]:
    """Chunks of few words: many are the same in other datasets."""
    chunks: list[Chunk] = []
    ordinals: list[int] = []
    while len(chunks) < size:
        folder, name = draw.choice(["src", "src/d", "docs"]), draw.choice([*WORDS, "README"])
        language = draw.choice(["python", "c"])
        path = f"{folder}/{name}.{'md' if name == 'README' else language}"
        if any(chunk.path == path for chunk in chunks):
            path = f"{folder}/{len(chunks)}/{name}.py"
        for ordinal in range(min(draw.randint(1, 4), size - len(chunks))):
            text = " ".join(draw.choices(WORDS, k=draw.randint(1, 6)))
            defines = tuple(draw.sample(WORDS, draw.randint(0, 2)))
            symbol = defines[0] if defines else ""
            start = 1 + 10 * ordinal
            chunks.append(
                Chunk(path, start, start + 9, language, symbol, "function", text, 0, defines)
            )
            ordinals.append(ordinal)
    vectors = EMBEDDER.embed_documents([chunk.text for chunk in chunks])
    return [EmbeddedChunk(*each) for each in zip(chunks, ordinals, vectors, strict=True)]


def publish(store: TableStore, draw: random.Random, number: int, size: int) -> list[Dataset]:
    """Two versions of a dataset; the second lacks some files of the first, and has others."""
    writer = store.create(f"t{number}", EMBEDDER.dimensions)
    chunks = chunks_of(draw, size)
    writer.add(chunks)
    versions = [writer.finish()]
    writer = store.continue_from(f"t{number}", versions[0][0])
    paths = sorted({one.chunk.path for one in chunks})
    writer.remove_files(draw.sample(paths, len(paths) // 3))
    writer.add(
        [replace(one, chunk=replace(one.chunk, path=f"new/{one.chunk.path}")) for one in chunks[:5]]
    )
    versions.append(writer.finish())
    dataset = replace(
        DATASET,
        dataset_id=number,
        name=f"d{number:02}",
        source=reference(f"org/d{number}"),
        embedder="other" if number % 5 == 4 else "first",
        table_name=f"t{number}",
    )
    return [
        replace(
            dataset,
            table_version=version,
            chunks=count,
            indexed_at=DATASET.created_at + timedelta(seconds=version),
        )
        for version, count in versions
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[Dataset]]]:
    """A store, and the versions of its datasets."""
    folder = tmp_path_factory.mktemp("shards") / "tables"
    folder.mkdir()
    store, draw = TableStore(folder), random.Random(7)
    return folder, [publish(store, draw, number, size) for number, size in enumerate(SIZES)]


@pytest.fixture(autouse=True)
def _shards_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for few datasets, and with few candidates, so that many are cut off."""
    monkeypatch.setattr(open_tables, "_FEW", 0)
    monkeypatch.setattr(shard_folder, "_LEAST_MEMBERS", 0)
    monkeypatch.setattr(searcher, "_CANDIDATES", 20)


def source(store: TableStore, dataset: Dataset) -> Source:
    reader = store.read(dataset.table_name, dataset.table_version)
    return source_of_version(member_of(dataset), reader.index)


def answers(store: TableStore, datasets: Sequence[Dataset]) -> list[Any]:
    asked = Searcher(store, lambda: tuple(datasets), lambda _: EMBEDDER)
    found = []
    for question in QUESTIONS:
        candidates = asked.candidates(question)
        rarity = None if candidates.rarity is None else candidates.rarity.tolist()
        words = [] if candidates.words is None else candidates.words.tolist()
        each = zip_longest(candidates.found, words)
        found.append(([facts(one, counts) for one, counts in each], rarity))
    return found


def facts(found: Found, words: list[list[int]] | None) -> tuple[Any, ...]:
    one = found.candidate
    scores = (one.similarity, one.bm25, one.file_bm25, found.title)
    return (
        (found.dataset.name, found.dataset.table_name, one.ordinal, one.chunk, one.is_named),
        (words, found.file_chunks, found.said, found.defined),
        pytest.approx(scores, rel=1e-4, abs=1e-5),
    )


def plain(found: list[Any]) -> list[Any]:
    """The other side of a comparison: numbers instead of what is compared with them."""
    return [
        ([(*exact, scores.expected) for *exact, scores in of_question], rarity)
        for of_question, rarity in found
    ]


@given(seed=st.integers(0, 2**32))
@settings(max_examples=effort(8, 60), deadline=None)
def test_the_same_candidates_as_dataset_by_dataset(
    home: tuple[Path, list[list[Dataset]]], tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """Whichever versions the shards have, in whatever order, and whatever is asked."""
    tables, versions = home
    draw, store = random.Random(seed), TableStore(tables)
    store.shards = shard_folder.ShardFolder(tmp_path_factory.mktemp("made"))
    datasets = [draw.choice(of_dataset) for of_dataset in versions]
    asked = with_view(draw, draw.sample(datasets, draw.randint(2, len(datasets))))
    expected = answers(store, asked)
    for embedder in ("first", "other"):
        there = [one for of in versions for one in of if one.embedder == embedder]
        make_shards(store, embedder, draw.sample(there, draw.randint(1, len(there))), draw)
    assert plain(answers(store, asked)) == expected
    assert plain(answers(TableStore(tables), asked)) == expected


def with_view(draw: random.Random, datasets: Sequence[Dataset]) -> list[Dataset]:
    """The datasets, one of them perhaps as a work tree has it, with an overlay."""
    if draw.random() < 0.5:
        return list(datasets)
    base, *rest = datasets
    hidden = frozenset({"src/tax.python", "docs/walk.c", "src/d/README.md"})
    states = {"src/new.py": OverlayFile("src/new.py", "", "python", 1, "modified", False)}
    overlay = view_of(base, tree="/tree", states=states)
    other = rest[-1]
    return [
        view_of(base, tree="/tree", hidden=hidden),
        replace(overlay, table_name=other.table_name, table_version=other.table_version),
        *rest,
    ]


def make_shards(
    store: TableStore, embedder: str, held: Sequence[Dataset], draw: random.Random
) -> None:
    """One or two shards, or one that was merged of two without what is dead by then."""
    shards, cut = store.shards.folder, draw.randint(0, len(held))
    parts = [part for part in (held[:cut], held[cut:]) if part]
    made = [write_shard(shards, embedder, [source(store, one) for one in part]) for part in parts]
    if draw.random() < 0.5:
        live = [(one, [draw.random() < 0.8 for _ in one.members]) for one in made]
        sources = [source_of_shard(open_shard(one), of) for one, of in live if any(of)]
        if sources:
            write_shard(shards, embedder, sources)
        store.shards.forget(made)


def test_a_shard_that_is_cut_short_while_it_is_used(
    home: tuple[Path, list[list[Dataset]]], tmp_path: Path
) -> None:
    """Who cuts it waits until nobody uses it any more."""
    tables, versions = home
    datasets = [of[0] for of in versions if of[0].embedder == "first"]
    store = TableStore(tables)
    store.shards = shard_folder.ShardFolder(tmp_path)
    made = write_shard(tmp_path, "first", [source(store, one) for one in datasets])
    asked = Searcher(store, lambda: tuple(datasets), lambda _: EMBEDDER)
    expected = [asked.answer(question).hits for question in QUESTIONS]
    cutting = Thread(target=os.truncate, args=(made.path(INDEX_SUFFIX), 100))
    cutting.start()
    cutting.join(0.1)
    assert [asked.answer(question).hits for question in QUESTIONS] == expected
    del asked
    store.shards = shard_folder.ShardFolder(tmp_path)
    gc.collect()
    cutting.join(60)
    assert not cutting.is_alive()
    assert answers(store, datasets)  # without the shard


def test_tables_that_share_their_files_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    store, draw = TableStore(tmp_path / "tables"), random.Random(3)
    first = publish(store, draw, 0, 40)[1]
    store.share(first.table_name, first.table_version, "u")
    writer = store.continue_from("u", first.table_version, is_new=True)
    writer.remove_files([next(store.read("t0", first.table_version).chunks()).path])
    writer.add(chunks_of(draw, 4))
    version, count = writer.finish()
    copy = {"dataset_id": 1, "name": "d01", "table_name": "u"}
    second = replace(first, **copy, table_version=version, chunks=count)  # type: ignore[arg-type]
    expected = answers(store, [first, second])
    store.shards = shard_folder.ShardFolder(tmp_path)
    write_shard(tmp_path, "first", [source(store, one) for one in (first, second)])
    assert plain(answers(store, [first, second])) == expected
