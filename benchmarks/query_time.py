"""How long a question takes in a process that has asked before.

    python benchmarks/query_time.py [CHUNKS]...

For each number of chunks (default 2,000 and 100,000): a table of this package's own source, copied
as often as it takes, with vectors that differ a little; 50 questions are asked in each mode after
one that opens the table. Prints the median and the 95th percentile in ms.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command has it
import numpy as np

import ccingest
from ccingest.chunking import chunk_file
from ccingest.embedding import Embedder, load_embedder
from ccingest.models import MODES, Chunk, Dataset, EmbeddedChunk, Question, Reference, SourceFile
from ccingest.search import Searcher
from ccingest.store import ROWS_PER_WRITE, TableStore

NOISE = 0.02  # of each number of a unit vector
QUESTIONS = [
    f"{start} {thing}"
    for start in ("where is", "how does ccingest handle", "what decides about", "test of", "Chunk.")
    for thing in (
        "a job claimed",
        "the retry delay",
        "a unit vector",
        "a syntax tree",
        "the lease of a worker",
        "an ignored file",
        "the published version",
        "a redirect",
        "progress",
        "a camel case name",
    )
]


def main() -> int:
    sizes = [int(size) for size in sys.argv[1:]] or [2_000, 100_000]
    embedder = load_embedder("", cache=Path("/nonexistent"))
    print("| chunks | mode | median, ms | 95 %, ms |\n| --- | --- | --- | --- |")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            spent = measured(TableStore(Path(folder)), size, embedder)
        for mode, ms in spent.items():
            print(f"| {size:,} | {mode} | {np.median(ms):.1f} | {np.percentile(ms, 95):.1f} |")
    return 0


def measured(store: TableStore, size: int, embedder: Embedder) -> dict[str, list[float]]:
    """The ms of each question, by mode."""
    writer = store.create("table", embedder.dimensions)
    rows = islice(copies(embedder), size)
    while batch := list(islice(rows, ROWS_PER_WRITE)):
        writer.add(batch)
    version, chunks = writer.finish()
    now = datetime.now(timezone.utc)
    source = Reference("github", "repository", "file:///repository")
    dataset = Dataset(
        1, "", "dataset", "project", source, None, "0" * 40, embedder.name, "", "", "table",
        version, 0, chunks, now, now,
    )  # fmt: skip
    searcher = Searcher(store, lambda: [dataset], lambda _: embedder)
    found: dict[str, list[float]] = {}
    for mode in MODES:
        searcher.search(Question("warm up", mode=mode))
        spent = []
        for text in QUESTIONS:
            start = time.perf_counter()
            searcher.search(Question(text, mode=mode))
            spent.append(1000 * (time.perf_counter() - start))
        found[mode] = spent
    return found


def copies(embedder: Embedder) -> Iterator[EmbeddedChunk]:
    random = np.random.default_rng(0)
    files = [(path, list(chunks_of(path))) for path in Path(ccingest.__file__).parent.rglob("*.py")]
    vectors = {
        path: embedder.embed_documents([chunk.text for chunk in chunks])
        for path, chunks in files
        if chunks
    }
    for copy in range(sys.maxsize):
        for path, chunks in files:
            for ordinal, chunk in enumerate(chunks):
                vector = vectors[path][ordinal] + random.normal(0, NOISE, embedder.dimensions)
                vector = (vector / np.linalg.norm(vector)).astype(np.float32)
                yield EmbeddedChunk(
                    replace(chunk, path=f"copy{copy}/{chunk.path}"), ordinal, vector
                )


def chunks_of(path: Path) -> Iterator[Chunk]:
    text = path.read_text(encoding="utf8")
    source = SourceFile(path.name, "", "python", text, len(text))
    yield from chunk_file(source, target=1000, overlap=100).chunks


if __name__ == "__main__":
    sys.exit(main())
