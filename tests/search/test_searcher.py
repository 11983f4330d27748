"""Questions over real tables with the real model."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ccingest.embedding import load_embedder
from ccingest.errors import UsageError, VersionGoneError
from ccingest.models import MODES, Chunk, Dataset, EmbeddedChunk, Mode, Question
from ccingest.search import Searcher, row_filter
from ccingest.sources.links import link_to_lines
from ccingest.store import TableStore
from values import DATASET, reference

EMBEDDER = load_embedder("", cache=Path("/nonexistent"))
TEXTS = {
    "src/tax.py": "def total_with_tax(basket, rate): return sum(basket) * (1 + rate)",
    "src/login.py": "def check_password(user, password): return user.hash == digest(password)",
    "tests/test_login.py": "def test_check_password(): assert check_password(USER, 'secret')",
}


def make(store: TableStore, name: str, texts: dict[str, str], number: int = 1) -> Dataset:
    writer = store.create(f"t{number}", EMBEDDER.dimensions)
    vectors = EMBEDDER.embed_documents(list(texts.values()))
    writer.add(
        [
            EmbeddedChunk(Chunk(path, 3, 9, "python", "", "block", text), 0, vector)
            for (path, text), vector in zip(texts.items(), vectors, strict=True)
        ]
    )
    version, chunks = writer.finish()
    return replace(
        DATASET,
        dataset_id=number,
        name=name,
        source=reference(f"org/{name}"),
        embedder=EMBEDDER.name,
        table_name=f"t{number}",
        table_version=version,
        files=chunks,
        chunks=chunks,
    )


@pytest.fixture
def store(tmp_path: Path) -> TableStore:
    return TableStore(tmp_path)


def searcher(store: TableStore, *datasets: Dataset) -> Searcher:
    return Searcher(store, lambda: datasets, lambda _: EMBEDDER)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_finds_it(store: TableStore, mode: Mode) -> None:
    hits = searcher(store, make(store, "shop", TEXTS)).search(
        Question("how is the tax of a basket computed", k=2, mode=mode)
    )
    assert hits[0].chunk.path == "src/tax.py"
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits[0].url == f"https://github.com/org/shop/blob/{'a' * 40}/src/tax.py#L3-L9"


def test_at_most_as_many_as_asked_for(store: TableStore) -> None:
    asked = searcher(store, make(store, "shop", TEXTS))
    for k in (1, 2, 3):
        assert len(asked.search(Question("password", k=k))) == k
    assert len(asked.search(Question("password", k=50))) == len(TEXTS)


def test_several_datasets_are_one_ranking(store: TableStore) -> None:
    shop = make(store, "shop", TEXTS)
    other = make(store, "other", {"weather.py": "def forecast(city): return RAIN"}, number=2)
    hits = searcher(store, other, shop).search(Question("password check", k=10))
    assert hits[0].dataset == "shop"
    assert {hit.dataset for hit in hits} == {"shop", "other"}


@pytest.mark.parametrize("mode", MODES)
def test_the_order_of_the_rows_does_not_matter(store: TableStore, mode: Mode) -> None:
    """After a sync, what was there already comes first. A fresh dataset has the same scores."""
    texts = TEXTS | {
        f"notes/{number}.md": f"def total_{number}(): return rain" for number in range(9)
    }
    by_path = dict(sorted(texts.items()))
    backwards = dict(sorted(texts.items(), reverse=True))
    fresh, synced = (
        searcher(store, make(store, "shop", one, number)).search(
            Question("weather number 3", k=20, mode=mode)
        )
        for number, one in enumerate((by_path, backwards), start=1)
    )
    assert fresh
    assert [(hit.chunk.path, hit.score) for hit in fresh] == [
        (hit.chunk.path, hit.score) for hit in synced
    ]


EQUAL = {f"e/{number:03}.py": "def total(basket): return tax" for number in range(400)}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("others", [0, 1])
def test_more_equal_chunks_than_are_looked_at(
    store: TableStore, mode: Mode, others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of them are shown depends on what is in the files, not on which was written first."""
    monkeypatch.setattr("ccingest.search.searcher._CANDIDATES", 20)
    beside = [make(store, "other", TEXTS, number=9)] * others
    found = []
    for number, texts in enumerate((EQUAL, dict(reversed(EQUAL.items()))), start=1):
        dataset = make(store, "shop", texts, number=number)
        hits = searcher(store, dataset, *beside).search(Question("total tax", k=10, mode=mode))
        found.append([(hit.chunk.path, hit.score, hit.copies) for hit in hits])
        similar = searcher(store, dataset, *beside).similar(
            dataset, "e/200.py", 3, Question("e/200.py:3", k=10)
        )
        found[-1] += [(hit.chunk.path, hit.score, hit.copies) for hit in similar]
    assert found[0] == found[1]


def test_a_version_replaced_meanwhile_is_looked_up_again(store: TableStore) -> None:
    old = make(store, "shop", TEXTS)
    new = make(store, "shop", TEXTS, number=2)
    store.drop("t1")
    looks = iter([[old], [new]])
    hits = Searcher(store, lambda: next(looks), lambda _: EMBEDDER).search(Question("tax"))
    assert hits[0].chunk.path == "src/tax.py"
    with pytest.raises(VersionGoneError):
        searcher(store, old).search(Question("tax"))


def test_a_long_lived_searcher_follows_new_versions(store: TableStore) -> None:
    datasets = [make(store, "shop", TEXTS)]
    asked = Searcher(store, lambda: datasets, lambda _: EMBEDDER)
    assert asked.search(Question("forecast rain"))[0].chunk.path != "weather.py"
    datasets[0] = make(store, "shop", {"weather.py": "def forecast(city): return RAIN"}, number=2)
    assert asked.search(Question("forecast rain"))[0].chunk.path == "weather.py"


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_question(store: TableStore, text: str) -> None:
    with pytest.raises(UsageError, match="The question is empty"):
        searcher(store, make(store, "shop", TEXTS)).search(Question(text))


@pytest.mark.parametrize("text", ["?", "日本語", "a" * 100_000, "'; DROP TABLE --", "\x00"])
def test_strange_questions(store: TableStore, text: str) -> None:
    """Something is closest in meaning to anything; no word of these stands anywhere."""
    asked = searcher(store, make(store, "shop", TEXTS))
    assert {hit.chunk.path for hit in asked.search(Question(text))} == TEXTS.keys()
    assert asked.search(Question(text, mode="text")) == []


@pytest.mark.parametrize("text", ["def total_price(): ", "a"])
def test_of_a_long_question_the_beginning_counts(store: TableStore, text: str) -> None:
    """What takes the longer the longer a question is would hold up all others."""
    asked = searcher(store, make(store, "shop", TEXTS))
    question = text * 50_000
    answer, first = (asked.answer(Question(one)) for one in (question, question[:10_000]))
    assert [hit.chunk for hit in answer.hits] == [hit.chunk for hit in first.hits]
    assert (answer.note, first.note) == (
        "Only the first 10,000 letters of the question were searched for.",
        "",
    )


def test_globs_become_filters() -> None:
    where = row_filter(Question("x", paths=("*.py", "!tests/"), languages=("python",)))
    assert where.languages == ("python",)
    (wanted,), (unwanted,) = where.wanted_paths, where.unwanted_paths
    paths = ("a.py", "src/b.py", "b.pyi", "tests/c.py", "src/tests/d.py")
    assert [path for path in paths if re.match(wanted, path)] == [*paths[:2], *paths[3:]]
    assert [path for path in paths if re.match(unwanted, path)] == [*paths[3:]]
    for glob in ("", "#"):
        with pytest.raises(UsageError):
            row_filter(Question("x", paths=(glob,)))


def test_permalinks_escape_paths(store: TableStore) -> None:
    dataset = make(store, "shop", TEXTS)
    link = link_to_lines(dataset.source, dataset.revision, "a b/ü#?.py", 1, 2)
    assert link == f"https://github.com/org/shop/blob/{'a' * 40}/a%20b/%C3%BC%23%3F.py#L1-L2"
