"""Speed of the default model: python benchmarks/embedding_speed.py [FOLDER]

Chunks are 1000 characters of the Python source under FOLDER (default: the standard library's).
Prints chunks a second over three passes and the time to load, with imports and without.
"""

from __future__ import annotations

import argparse
import sysconfig
import tempfile
import time
from pathlib import Path

from ccingest.embedding import load_embedder

CHUNK = 1000  # characters
CHUNKS = 10_000


def read_chunks(folder: Path) -> list[str]:
    chunks: list[str] = []
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf8", errors="replace")
        chunks += [text[at : at + CHUNK] for at in range(0, len(text) - CHUNK + 1, CHUNK)]
        if len(chunks) >= CHUNKS:
            break
    return chunks[:CHUNKS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=sysconfig.get_path("stdlib"))
    chunks = read_chunks(Path(parser.parse_args().folder))
    with tempfile.TemporaryDirectory() as cache:
        start = time.perf_counter()
        load_embedder("", cache=Path(cache))
        first = time.perf_counter() - start
        loads = []
        for _ in range(5):
            start = time.perf_counter()
            embedder = load_embedder("", cache=Path(cache))
            loads.append(time.perf_counter() - start)
    print(f"load: {first:.2f} s with its imports, {min(loads) * 1000:.0f} ms without")
    for _ in range(3):
        start = time.perf_counter()
        for at in range(0, len(chunks), embedder.chunks_per_batch):
            embedder.embed_documents(chunks[at : at + embedder.chunks_per_batch])
        rate = len(chunks) / (time.perf_counter() - start)
        print(f"embed: {rate:,.0f} chunks of {CHUNK} characters a second ({len(chunks):,} chunks)")
    start = time.perf_counter()
    for _ in range(100):
        embedder.embed_query("how are timeouts of a request handled")
    print(f"query: {(time.perf_counter() - start) * 10:.2f} ms")


if __name__ == "__main__":
    main()
