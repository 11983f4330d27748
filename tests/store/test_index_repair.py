"""A damaged or old index answers as a whole one does, and an ingest or sync makes it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ccingest.models import Chunk, EmbeddedChunk
from ccingest.store import Lookup, TableStore

DIMENSIONS = 8
CHUNKS = 30


def chunk(number: int) -> EmbeddedChunk:
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    vector[number % DIMENSIONS] = 1
    text = f"def basket_{number}(price):\n    return price + {number}"
    return EmbeddedChunk(
        Chunk(f"f{number}.py", 1, 2, "python", f"basket_{number}", "function", text), 0, vector
    )


def publish(store: TableStore, name: str = "t", first: int = 0) -> int:
    """A version of two writes, with deleted rows."""
    writer = store.create(name, DIMENSIONS)
    writer.add([chunk(number) for number in range(first, first + CHUNKS)])
    version, _ = writer.finish()
    writer = store.continue_from(name, version)
    writer.remove_files([f"f{first + 1}.py"])
    writer.add([chunk(first + CHUNKS)])
    return writer.finish()[0]


def answer(folder: Path, version: int) -> list[tuple[str, float, float]]:
    """Of a new process, which knows nothing of the files."""
    reader = TableStore(folder).read("t", version)
    vector = np.ones(DIMENSIONS, np.float32)
    found = reader.candidates(Lookup(vector, reader.statistics(["basket", "7"])), 5)
    return sorted((c.chunk.path, round(c.bm25, 4), round(c.similarity, 4)) for c in found)


def index_of(folder: Path, suffix: str, name: str = "t") -> Path:
    return max(
        (folder / f"{name}.lance/_index").glob(f"*.{suffix}"), key=lambda f: f.stat().st_size
    )


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


def damaged_segment(folder: Path) -> None:
    flip(index_of(folder, "segment"))


def damaged_chunks(folder: Path) -> None:
    flip(index_of(folder, "content"))


def removed_segment(folder: Path) -> None:
    index_of(folder, "segment").unlink()


def removed_rows(folder: Path) -> None:
    index_of(folder, "rows").unlink()


def rows_of_another(folder: Path) -> None:
    store = TableStore(folder)
    version = publish(store, "other", 100)
    rows = folder / f"other.lance/_index/{version}.rows"
    rows.replace(index_of(folder, "rows"))


def rows_of_another_version(folder: Path) -> None:
    index = folder / "t.lance/_index"
    rows = sorted(index.glob("*.rows"), key=lambda path: int(path.stem))
    assert len(rows) > 1
    rows[-1].write_bytes(rows[0].read_bytes())


DAMAGE = (
    damaged_segment,
    damaged_chunks,
    removed_segment,
    removed_rows,
    rows_of_another,
    rows_of_another_version,
)


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_lost_of_the_index_is_written_again(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    version = publish(TableStore(tmp_path))
    files = {f"f{number}.py": 1 for number in (0, *range(2, CHUNKS + 1))}
    before = answer(tmp_path, version)
    damage(tmp_path)
    assert answer(tmp_path, version) == before
    assert TableStore(tmp_path).problems("t", version, files) == [
        "its index is not whole: each start makes it again, until an add or a sync does"
    ]
    assert TableStore(tmp_path).repair_index("t", version)
    assert TableStore(tmp_path).problems("t", version, files) == []
    assert answer(tmp_path, version) == before
    assert not TableStore(tmp_path).repair_index("t", version)


def test_an_index_of_an_earlier_layout_is_read_once(tmp_path: Path) -> None:
    version = publish(TableStore(tmp_path))
    stamp = tmp_path / "t.lance/_stamp.json"
    content = json.loads(stamp.read_bytes())
    for later in ("index", "table", "checksum"):  # as an earlier ccingest wrote it
        del content[later]
    stamp.write_text(json.dumps(content))
    index_of(tmp_path, "segment").write_bytes(b"ccindex0")
    assert TableStore(tmp_path).repair_index("t", version)
    assert json.loads(stamp.read_bytes())["index"] == 1
    assert not TableStore(tmp_path).repair_index("t", version)


def test_a_whole_index_is_left_alone(tmp_path: Path) -> None:
    version = publish(TableStore(tmp_path))
    before = times_of(tmp_path / "t.lance")
    assert not TableStore(tmp_path).repair_index("t", version)
    assert times_of(tmp_path / "t.lance") == before


def times_of(folder: Path) -> dict[Path, int]:
    """When each file was last changed."""
    return {path: path.stat().st_ctime_ns for path in folder.rglob("*")}
