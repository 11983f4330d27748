"""Many threads ask one Searcher while datasets are published; each gets its own answer."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ccingest.embedding import Embedder, load_embedder
from ccingest.models import Chunk, Dataset, EmbeddedChunk, Hit, Question
from ccingest.search import Searcher
from ccingest.search.titles import TitleVectors
from ccingest.store import TableStore, columns
from values import DATASET, reference

EMBEDDER = load_embedder("", cache=Path("/nonexistent"))
THREADS = 8
ROUNDS = 2  # of all questions, for each thread; more until so much has been published
CHANGES = 2
VERBS = "read close send lock push receive".split()
NOUNS = "basket invoice customer session ticket parcel".split()
QUESTIONS = (
    Question("read an invoice"),
    Question("close the session of a customer", k=7),
    Question("send_ticket"),
    Question("shop/parcel.py"),
    Question("lock a ticket", languages=("python",)),
    Question("lock a ticket", languages=("go",)),
    Question("push the basket", paths=("*.go",)),
    Question("push the basket", paths=("*.py", "!*_test.py"), context=3),
    Question("release a session", mode="vector"),
    Question("receive a parcel", mode="text", k=9),
    Question("revision of the invoice", k=3),
)
Versions = tuple[Dataset, ...]


def files(dataset: str, revision: int) -> dict[str, str]:
    """Source files by path. The files of one noun differ between revisions."""
    found = {}
    for noun in NOUNS:
        bodies = [
            f"def {verb}_{noun}({dataset}):\n    return {dataset}.{verb}({noun!r})\n"
            for verb in VERBS
        ]
        if noun == NOUNS[revision % len(NOUNS)]:
            bodies.append(f"def revision_of_{noun}():\n    return {revision}\n")
        found[f"shop/{noun}.py"] = "\n".join(bodies)
        found[f"shop/{noun}_test.py"] = f"def test_{noun}():\n    assert read_{noun}({dataset})\n"
        found[f"server/{noun}.go"] = f"func Read{noun.title()}() int {{ return {revision} }}\n"
    return found


def embedded(texts: dict[str, str]) -> list[EmbeddedChunk]:
    chunks = []
    for path, text in texts.items():
        language, line = ("go" if path.endswith(".go") else "python"), 1
        for ordinal, body in enumerate(text.split("\n\n")):
            name = body.split("(")[0].split()[-1]
            end = line + body.count("\n")
            chunk = Chunk(path, line, end, language, name, "function", body, defines=(name,))
            chunks.append((chunk, ordinal))
            line = end + 2
    vectors = EMBEDDER.embed_documents([chunk.text for chunk, _ in chunks])
    return [
        EmbeddedChunk(chunk, ordinal, vector)
        for (chunk, ordinal), vector in zip(chunks, vectors, strict=True)
    ]


@dataclass
class Catalogue:
    """Datasets in a store, and the answers that one thread gets of each state they have been in."""

    store: TableStore
    published: Versions
    expected: dict[Versions, list[list[Hit]]]

    @classmethod
    def of(cls, store: TableStore, names: Sequence[str]) -> Catalogue:
        versions = []
        for number, name in enumerate(names, start=1):
            dataset = replace(
                DATASET,
                dataset_id=number,
                name=name,
                source=reference(f"org/{name}"),
                embedder=EMBEDDER.name,
                table_name=f"t{number}",
                table_version=0,
            )
            versions.append(_written(store, dataset, revision=0))
        catalogue = cls(store, (), {})
        catalogue.publish(tuple(versions))
        return catalogue

    def publish(self, versions: Versions) -> None:
        alone = Searcher(self.store, lambda: versions, lambda _: EMBEDDER)
        self.expected[versions] = [alone.search(question) for question in QUESTIONS]
        self.published = versions

    def publish_revision(self, revision: int) -> None:
        """The next dataset in turn gets a version; every third time it gets a table of its own,
        and the one it had is dropped."""
        versions = list(self.published)
        turn = revision % len(versions)
        before = versions[turn]
        if revision % 3:
            versions[turn] = _written(self.store, before, revision)
        else:
            moved = replace(before, table_name=f"{before.table_name}r", table_version=0)
            versions[turn] = _written(self.store, moved, revision)
        self.publish(tuple(versions))
        if versions[turn].table_name != before.table_name:
            self.store.drop(before.table_name)


def _written(store: TableStore, dataset: Dataset, revision: int) -> Dataset:
    """The dataset with the files of this revision."""
    chunks = embedded(files(dataset.name, revision))
    if dataset.table_version:
        writer = store.continue_from(dataset.table_name, dataset.table_version)
        writer.remove_files(sorted({chunk.chunk.path for chunk in chunks}))
    else:
        writer = store.create(dataset.table_name, EMBEDDER.dimensions)
    writer.add(chunks)
    version, count = writer.finish()
    return replace(dataset, table_version=version, chunks=count)


@pytest.fixture
def often_switched() -> Iterator[None]:
    """Threads take turns every few bytecodes, so that a race shows within seconds."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def small_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches that every question overfills."""
    monkeypatch.setattr(TitleVectors, "_MOST", 5)
    monkeypatch.setattr(columns, "_MOST_DECODED", 5)


@pytest.mark.usefixtures("small_caches", "often_switched")
def test_threads_get_what_one_thread_gets(tmp_path: Path) -> None:
    catalogue = Catalogue.of(TableStore(tmp_path), ["first", "second"])
    seen = threading.local()

    def published() -> Versions:
        seen.versions = catalogue.published
        return catalogue.published

    def load(_: str) -> Embedder:
        return load_embedder("", cache=Path("/nonexistent"))

    shared = Searcher(catalogue.store, published, load)
    start, has_changed = threading.Barrier(THREADS), threading.Event()

    def ask(thread: int) -> list[Question]:
        """The questions that got other hits than one thread gets."""
        start.wait(timeout=30)
        wrong = []
        number = 0
        while number < ROUNDS * len(QUESTIONS) or not has_changed.is_set():
            place = (number + thread) % len(QUESTIONS)
            number += 1
            hits = shared.search(QUESTIONS[place])
            if hits != catalogue.expected[seen.versions][place]:
                wrong.append(QUESTIONS[place])
        return wrong

    with ThreadPoolExecutor(THREADS) as pool:
        asking = [pool.submit(ask, thread) for thread in range(THREADS)]
        try:
            for revision in itertools.count(1):
                if all(thread.done() for thread in asking):
                    break
                catalogue.publish_revision(revision)
                if revision == CHANGES:
                    has_changed.set()
        finally:
            has_changed.set()
        wrong = [question for thread in asking for question in thread.result()]
    assert wrong == []
