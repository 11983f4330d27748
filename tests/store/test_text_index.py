"""The text index: BM25 from the files of the writes, whatever happened to those."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ccingest.errors import StoreError
from ccingest.models import Chunk, EmbeddedChunk
from ccingest.store import Lookup, TableReader, TableStore
from ccingest.store.counting import count_terms
from ccingest.store.integrity import CheckedFiles
from ccingest.store.postings import Postings, drop_dead_postings, merge
from ccingest.store.segments import Segments
from ccingest.store.textindex import CHUNK_WEIGHTS, FILE_WEIGHTS, K1, B
from ccingest.symbols import bare_name
from ccingest.terms import document_terms
from effort import effort

DIMENSIONS = 4
WORDS = ["alpha", "beta", "gamma", "delta", "getUser", "HTTPServer", "x9"]
texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)


def embedded(path: str, text: str, **of_chunk: str | tuple[str, ...]) -> EmbeddedChunk:
    chunk = Chunk(path, 1, 3, "python", kind="block", text=text, **({"symbol": ""} | of_chunk))  # type: ignore[arg-type]
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[len(text) % DIMENSIONS] = 1
    return EmbeddedChunk(chunk, 0, vector)


def scores(reader: TableReader, *terms: str, limit: int = 1000) -> dict[str, float]:
    found = reader.candidates(Lookup(None, reader.statistics(terms)), limit)
    return {candidate.chunk.path: candidate.bm25 for candidate in found}


def words_of(chunk: Chunk) -> dict[str, list[str]]:
    folder, _, file = chunk.path.rpartition("/")
    fields = {
        "text": chunk.text,
        "symbol": chunk.symbol,
        "defines": " ".join(chunk.defines),
        "name": file.removesuffix(".py"),
        "folder": folder,
    }
    return {field: document_terms(text).split() for field, text in fields.items()}


def textbook(
    documents: Mapping[str, dict[str, list[str]]], weights: Mapping[str, float], *terms: str
) -> dict[str, float]:
    """BM25 as its authors write it, with fields repeated as often as they weigh."""

    def weighted(times: Mapping[str, int]) -> float:
        return sum(weights[field] * count for field, count in times.items())

    found = {}
    lengths = {
        name: weighted({field: len(words) for field, words in fields.items()})
        for name, fields in documents.items()
    }
    average = sum(lengths.values()) / max(len(lengths), 1) or 1.0
    for name, fields in documents.items():
        total = 0.0
        for term in terms:
            holding = sum(any(term in words for words in d.values()) for d in documents.values())
            rarity = math.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
            times = weighted({field: words.count(term) for field, words in fields.items()})
            norm = K1 * (1 - B + B * lengths[name] / average)
            total += rarity * times * (K1 + 1) / (times + norm)
        if total:
            found[name] = total
    return found


def as_files(chunks: Sequence[Chunk]) -> dict[str, dict[str, list[str]]]:
    files: dict[str, dict[str, list[str]]] = {}
    for chunk in chunks:
        words = words_of(chunk)
        if chunk.path in files:
            for field in ("text", "symbol", "defines"):
                files[chunk.path][field] += words[field]
        else:
            files[chunk.path] = words
    return files


def test_a_file_is_scored_as_the_document_of_its_chunks(tmp_path: Path) -> None:
    texts = {"lib/beta.py": ["alpha beta", "beta", "getUser x9"], "a/b.py": ["beta"], "c.py": [""]}
    rows = [
        replace(embedded(path, text, symbol="Gamma"), ordinal=ordinal)
        for path, parts in texts.items()
        for ordinal, text in enumerate(parts)
    ]
    store = TableStore(tmp_path)
    writer = store.create("t", DIMENSIONS)
    writer.add(rows[:2])
    version, _ = writer.finish()
    writer = store.continue_from("t", version)
    writer.add(rows[2:])
    reader = store.read("t", writer.finish()[0])
    for terms in (["beta"], ["lib", "user", "gamma"]):
        found = reader.candidates(Lookup(None, reader.statistics(terms)), 99)
        expected = textbook(as_files([row.chunk for row in rows]), FILE_WEIGHTS, *terms)
        assert {c.chunk.path: c.file_bm25 for c in found} == pytest.approx(expected, rel=1e-4)


def test_several_tables_are_scored_as_one(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    chunks: dict[str, dict[str, list[str]]] = {}
    readers = []
    for number, texts in enumerate((["alpha", "beta gamma"], ["alpha alpha", "alpha", "x9"])):
        rows = [embedded(f"{number}/{i}.py", text) for i, text in enumerate(texts)]
        chunks |= {row.chunk.path: words_of(row.chunk) for row in rows}
        writer = store.create(f"t{number}", DIMENSIONS)
        writer.add(rows)
        readers.append(store.read(f"t{number}", writer.finish()[0]))
    for terms in (["alpha"], ["beta", "x9"]):
        asked = readers[0].statistics(terms) + readers[1].statistics(terms)
        found = {
            candidate.chunk.path: candidate.bm25
            for reader in readers
            for candidate in reader.candidates(Lookup(None, asked), 99)
        }
        assert found == pytest.approx(textbook(chunks, CHUNK_WEIGHTS, *terms), rel=1e-4)


@settings(max_examples=effort(12, 25))
@given(
    steps=st.lists(
        st.dictionaries(st.sampled_from([f"{n}.py" for n in range(9)]), texts, min_size=1),
        min_size=1,
        max_size=12,
    )
)
def test_scores_are_the_textbooks_after_any_changes(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, str]]
) -> None:
    store = TableStore(tmp_path_factory.mktemp("store"))
    version: int | None = None
    chunks: dict[str, Chunk] = {}
    for files in steps:
        if version is None:
            writer = store.create("t", DIMENSIONS)
        else:
            writer = store.continue_from("t", version)
        writer.remove_files([path for path in files if path in chunks])
        rows = [embedded(path, text) for path, text in files.items()]
        chunks |= {row.chunk.path: row.chunk for row in rows}
        writer.add(rows)
        version, total = writer.finish()
        assert total == len(chunks)
    assert version is not None
    for terms in (["alpha"], ["getuser", "x9", "nowhere"], ["http", "httpserver", "py"]):
        reader = store.read("t", version)
        documents = {path: words_of(chunk) for path, chunk in chunks.items()}
        expected = textbook(documents, CHUNK_WEIGHTS, *terms)
        assert scores(reader, *terms) == pytest.approx(expected, rel=1e-4)
    read = store.read("t", version).files([*chunks, "nowhere.py"])
    assert {path: found for path, (found,) in read.items()} == chunks


@given(
    parts=st.lists(st.lists(texts, max_size=5), min_size=1, max_size=5),
    at_once=st.sampled_from([1, 7, 10**6]),
    data=st.data(),
)
@settings(max_examples=50, deadline=None)
def test_merged_and_compacted_postings_say_the_same(
    parts: list[list[str]], at_once: int, data: st.DataObject
) -> None:
    each = [
        count_terms(number, [embedded(f"{number}/{i}.py", t).chunk for i, t in enumerate(part)])
        for number, part in enumerate(parts)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ccingest.store.postings._SORTED_AT_ONCE", at_once)
        merged = merge(each)
    size = len(merged.lengths)
    assert size == sum(map(len, parts))
    alive = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=bool)
    left = drop_dead_postings(merged, alive)
    base = 0
    for part in each:
        for term in part.terms.tolist():
            chunks, counts = part.of(term)
            in_merged, in_left = held(merged, term), held(left, term)
            for chunk, count in zip((chunks + base).tolist(), counts.tolist(), strict=True):
                assert in_merged[chunk] == count
                assert in_left.get(chunk) == (count if alive[chunk] else None)
        base += len(part.lengths)


def held(postings: Postings, term: int) -> dict[int, list[int]]:
    chunks, counts = postings.of(term)
    return dict(zip(chunks.tolist(), counts.tolist(), strict=True))


def publish(store: TableStore, files: dict[str, str]) -> int:
    writer = store.create("t", DIMENSIONS)
    writer.add([embedded(path, text) for path, text in files.items()])
    return writer.finish()[0]


def segment_files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "t.lance" / "_index").glob("*.segment"))


@pytest.mark.parametrize("harm", ["missing", "cut", "empty", "nonsense"])
def test_a_damaged_file_is_made_again_from_the_rows(tmp_path: Path, harm: str) -> None:
    store = TableStore(tmp_path)
    version = publish(store, {"a.py": "alpha beta", "b.py": "beta", "c.py": "gamma"})
    writer = store.continue_from("t", version)
    writer.remove_files(["a.py"])
    writer.add([embedded("d.py", "beta beta")])
    version, _ = writer.finish()
    whole = scores(store.read("t", version), "beta", "gamma")
    assert set(whole) == {"b.py", "c.py", "d.py"}
    for path in segment_files(tmp_path):
        content = path.read_bytes()
        path.unlink()
        if harm != "missing":
            damaged = {"cut": content[: len(content) // 2], "empty": b"", "nonsense": b"\x93NUMPY"}
            path.write_bytes(damaged[harm])
    assert scores(store.read("t", version), "beta", "gamma") == whole
    writer = store.continue_from("t", version)
    writer.add([embedded("e.py", "delta")])
    version, _ = writer.finish()
    assert set(scores(store.read("t", version), "beta", "delta")) == {"b.py", "d.py", "e.py"}
    readable = Segments(tmp_path / "t.lance", CheckedFiles(tmp_path / "t.lance")).covering(
        writes_of(tmp_path)
    )
    assert len(readable) == 3  # one for each write again


def writes_of(tmp_path: Path) -> NDArray[np.int64]:
    rows = lancedb.connect(str(tmp_path)).open_table("t").to_arrow()
    return np.unique(rows["batch"].to_numpy())


def test_many_small_changes_leave_few_files_after_pruning(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    version = publish(store, {f"{n}.py": f"word{n} common" for n in range(25)})
    for change in range(25):
        writer = store.continue_from("t", version)
        writer.remove_files([f"{change}.py"])
        writer.add([embedded(f"{change}.py", f"changed{change} common")])
        version, total = writer.finish()
        assert total == 25
    found = scores(store.read("t", version), "common")
    assert len(found) == 25
    assert len({round(score, 5) for score in found.values()}) == 1
    assert scores(store.read("t", version), "word7") == {}
    before = segment_files(tmp_path)
    for path in before:
        os.utime(path, (time.time() - 3600,) * 2)
    writer = store.continue_from("t", version)
    writer.optimize()
    version = writer.prune()
    after = segment_files(tmp_path)
    assert len(after) < 20 < len(before)
    assert scores(store.read("t", version), "common") == pytest.approx(found)
    assert sum(path.stat().st_size for path in after) < 40_000


def test_of_a_new_table_no_file_is_left_that_was_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccingest.store.writer.ROWS_PER_WRITE", 10)
    store = TableStore(tmp_path)
    version = publish(store, {f"{n}.py": f"word{n}" for n in range(100)})
    assert len(segment_files(tmp_path)) == 3  # eight of ten writes are one now
    assert scores(store.read("t", version), "word7").keys() == {"7.py"}


def test_pruning_spares_what_was_just_written(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    version = publish(store, {"a.py": "alpha"})
    published = segment_files(tmp_path)
    unpublished = store.continue_from("t", version)
    unpublished.add([embedded("z.py", "zeta")])
    unpublished.finish()
    (stray,) = {*segment_files(tmp_path)} - {*published}
    writer = store.continue_from("t", version)
    writer.optimize()
    version = writer.prune()
    assert stray.exists()
    os.utime(stray, (time.time() - timedelta(hours=1).total_seconds(),) * 2)
    store.continue_from("t", version).prune()
    assert not stray.exists()
    assert scores(store.read("t", version), "alpha").keys() == {"a.py"}


def test_a_table_of_the_former_layout_still_answers(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    version = publish(store, {"a.py": "alpha beta", "b.py": "beta"})
    table = lancedb.connect(str(tmp_path)).open_table("t")
    former: pa.Table = table.to_arrow().drop_columns(["batch", "position"])
    lancedb.connect(str(tmp_path)).create_table("old", former)
    reader = store.read("old", 1)
    assert scores(reader, "alpha", "beta") == pytest.approx(
        scores(store.read("t", version), "alpha", "beta")
    )
    with pytest.raises(StoreError, match="earlier"):
        reader.check()  # so the next ingest makes the table again


def test_exact_names_and_paths_are_found_whatever_they_score(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    writer = store.create("t", DIMENSIONS)
    writer.add(
        [
            embedded("src/app/router.py", "pass", symbol="Router", defines=("Router._Handle!",)),
            embedded("lib/router.py", "pass", defines=("other",)),
            *(embedded(f"{n}.py", "handle " * 9) for n in range(30)),
        ]
    )
    reader = store.read("t", writer.finish()[0])

    def named(*names: str, paths: tuple[str, ...] = ()) -> list[str]:
        found = reader.candidates(Lookup(None, None, names, paths), 1)
        return sorted(candidate.chunk.path for candidate in found)

    assert named("handle") == named("_handle") == ["src/app/router.py"]
    assert named("router") == []  # encloses, is not defined here
    assert named(paths=("router.py",)) == ["lib/router.py", "src/app/router.py"]
    assert named(paths=("app/router.py",)) == ["src/app/router.py"]
    assert named(paths=("uter.py",)) == []
    assert named("other", paths=("app/router.py",)) == ["lib/router.py", "src/app/router.py"]


@pytest.mark.parametrize(
    ("symbol", "name"),
    [("Foo._bar", "bar"), ("$ZodType", "zodtype"), ("save!", "save"), ("A.B.C", "c"), ("", "")],
)
def test_bare_names(symbol: str, name: str) -> None:
    assert bare_name(symbol) == name


def test_how_often_the_names_of_a_chunk_are_said_and_defined(tmp_path: Path) -> None:
    writer = TableStore(tmp_path).create("table", DIMENSIONS)
    writer.add(
        [
            embedded("a.py", "def take_lease", symbol="take_lease", defines=("take_lease",)),
            embedded("b.py", "take_lease() twice"),
            embedded("c.py", "takeLease"),
            embedded("d.py", "nothing of it"),
        ]
    )
    version, _ = writer.finish()
    reader = TableStore(tmp_path).read("table", version)
    found = reader.candidates(Lookup(None, reader.statistics(["take", "nothing"])), 10)
    uses = dict(zip((one.chunk.path for one in found), reader.uses_of(found).tolist(), strict=True))
    assert uses == {"a.py": [3, 1], "b.py": [0, 0], "c.py": [0, 0], "d.py": [0, 0]}
    scored = reader.search(Lookup(None, reader.statistics(["take", "nothing"])), 10)
    for rows in (scored.rows[:1], scored.rows, scored.rows[::-1]):  # counted, and counted before
        read = [found[scored.rows.tolist().index(row)] for row in rows.tolist()]
        assert reader.uses_of_rows(read, rows).tolist() == [uses[one.chunk.path] for one in read]
