"""The chunks beside a segment: as they were written, whatever became of the files meanwhile."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccingest.models import Chunk
from ccingest.store import Lookup, RowFilter, TableStore
from ccingest.store.content import SUFFIX, Numbered, content_of, joined, kept, read_content
from ccingest.store.content import write_content as write
from store.test_integrity import answer, embedded, publish

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
chunks = st.builds(
    Chunk,
    path=texts,
    start_line=st.integers(1, 2**31 - 1),
    end_line=st.integers(1, 2**31 - 1),
    language=st.sampled_from(["python", "c"]),
    symbol=texts,
    kind=st.sampled_from(["function", "block"]),
    text=texts,
    overlap=st.integers(0, 99),
    defines=st.lists(texts, max_size=3).map(tuple),
)
parts = st.lists(
    st.lists(st.tuples(st.integers(0, 99), chunks), max_size=6), min_size=1, max_size=4
)


@given(parts=parts, data=st.data())
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[Numbered]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("content")
    everything = [one for part in parts for one in part]
    files = []
    for number, part in enumerate(parts):  # some in memory, some on the disk
        content = content_of(part)
        if number % 2:
            write(folder / f"{number}{SUFFIX}", [content])
            content = read_content(folder / f"{number}{SUFFIX}", is_known=False)
        files.append(content)
    write(folder / f"all{SUFFIX}", files)
    whole = read_content(folder / f"all{SUFFIX}", is_known=False)
    order = np.array(data.draw(st.permutations(range(len(everything)))), dtype=np.int64)
    assert whole.read(order) == [everything[at] for at in order.tolist()]
    for path in {chunk.path for _, chunk in everything} | {"nowhere"}:
        there = [at for at, (_, chunk) in enumerate(everything) if chunk.path == path]
        assert whole.of_paths([path]).tolist() == there
    live = np.array([at % 3 != 0 for at in range(len(everything))], dtype=bool)
    left = kept(whole, live)
    assert left.read(np.flatnonzero(live)) == [
        one for one, is_live in zip(everything, live.tolist(), strict=True) if is_live
    ]
    assert left.size == len(everything) == joined(files).size


def content_files(folder: Path) -> list[Path]:
    found = sorted((folder / "t.lance" / "_index").glob(f"*{SUFFIX}"))
    assert found
    return found


@pytest.mark.parametrize("lost", ["removed", "cut short", "written over"])
def test_a_file_that_is_lost_while_it_is_used(tmp_path: Path, lost: str) -> None:
    version = publish(TableStore(tmp_path), 60)
    expected = answer(TableStore(tmp_path).read("t", version))
    reader = TableStore(tmp_path).read("t", version)
    reader.files(["d/f1.py"])  # the index is loaded, and no chunk
    for path in content_files(tmp_path):
        if lost == "removed":
            path.unlink()
        elif lost == "cut short":
            os.truncate(path, path.stat().st_size // 2)
        else:
            path.write_bytes(os.urandom(path.stat().st_size))
    assert answer(reader) == expected
    assert reader.files(["d/f3.py", "d/f1.py"]) == {"d/f3.py": [embedded(3).chunk]}
    everything = Lookup(embedded(3).vector)
    assert len(reader.candidates(everything, 99, RowFilter(languages=("python",)))) == 60
    assert not reader.candidates(everything, 99, RowFilter(languages=("c",)))


@pytest.mark.parametrize("suffix", [SUFFIX, ".rows", ".segment"])
def test_what_is_missing_is_read_from_lance_and_made_again(tmp_path: Path, suffix: str) -> None:
    """A home of an earlier ccingest has no chunks beside its segments, and no notes of rows."""
    version = publish(TableStore(tmp_path), 60)
    expected = answer(TableStore(tmp_path).read("t", version))
    for path in (tmp_path / "t.lance" / "_index").glob(f"*{suffix}"):
        path.unlink()
    reader = TableStore(tmp_path).read("t", version)
    assert answer(reader) == expected
    assert reader.files(["d/f60.py"]) == {"d/f60.py": [embedded(60).chunk]}
    found = reader.at("d/f7.py", 2)
    assert found is not None
    assert found[0] == 0
    assert found[1] == pytest.approx(embedded(7).vector, abs=1e-4)
    writer = TableStore(tmp_path).continue_from("t", version)
    writer.add([embedded(61)])
    version, _ = writer.finish()
    assert list((tmp_path / "t.lance" / "_index").glob(f"*{suffix}"))
    store = TableStore(tmp_path)
    again = answer(store.read("t", version))  # its scores are a little other, of one more chunk
    assert [path for path, *_ in again] == [path for path, *_ in expected]
    assert store._connection is None  # Lance was not needed
