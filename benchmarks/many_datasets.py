"""One question over hundreds or thousands of datasets, before and after their indexes are merged.

    python benchmarks/many_datasets.py HOME [--datasets 400] [--chunks 150000] [--tables N] [--before]

Makes a home at HOME, unless one is there. Each dataset is drawn from the chunks of Python's standard
library: whole files, with vectors that differ a little, under paths of its own. The sizes of datasets
are spread as those of real repositories are (log-normal). Tables are written and published by
ccingest's own code. With --tables, only so many different tables are made, and the others are copies of
them, because to write 10,000 takes an hour. Then shards are merged, and questions are asked: in one
process, and cold with the command line. --before also asks before the merge. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command has it
import numpy as np
from numpy.typing import NDArray
from processes import run
from query_time import NOISE, QUESTIONS

from ccingest.app.home import Home
from ccingest.app.shards import merge_shards
from ccingest.chunking import chunk_file
from ccingest.disk import folder_size
from ccingest.embedding import Embedder, load_embedder
from ccingest.models import (
    Chunk,
    EmbeddedChunk,
    IngestCounts,
    JobRequest,
    ManifestFile,
    PreparedVersion,
    Reference,
    Revision,
    SourceFile,
)
from ccingest.queue.enqueue import enqueue
from ccingest.queue.liveness import new_worker_id, registered
from ccingest.queue.publish import publish
from ccingest.settings import load_settings
from ccingest.store import TableWriter

POOL = 20_000  # chunks that are drawn from
SPREAD = 1.1  # of the logarithm of the sizes
ASK = """\
import json, os, sys, time
import ccingest
questions = json.load(sys.stdin)
with ccingest.Client() as client:
    client.search("warm up"); client.search("warm up again")
    for text in questions:
        wall, cpu = time.perf_counter(), time.process_time()
        client.search(text)
        print(1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu))
    status = open("/proc/self/status").read()
    print(len(os.listdir("/proc/self/fd")),
        *(status.split(name)[1].split()[0] for name in ("VmHWM:", "VmRSS:", "RssAnon:")))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--datasets", type=int, default=400)
    parser.add_argument("--chunks", type=int, default=150_000)
    parser.add_argument("--tables", type=int)
    parser.add_argument("--before", action="store_true")
    arguments = parser.parse_args()
    os.environ["CCINGEST_HOME"] = str(arguments.home)
    settings = load_settings()
    if not arguments.home.exists():
        settings.create_home()
        with Home(settings) as home:
            make(home, arguments.datasets, arguments.chunks, arguments.tables)
    if arguments.before:
        show("before")
    start, cpu = time.perf_counter(), time.process_time()
    with Home(settings) as home:
        merged = merge_shards(home)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(
        f"{merged} merges in {time.perf_counter() - start:.1f} s, "
        f"{time.process_time() - cpu:.1f} s of CPU, peak {peak:.0f} MB; shards "
        f"{folder_size(settings.tables / 'shards') / 1e6:.0f} MB of "
        f"{folder_size(arguments.home) / 1e6:.0f} MB"
    )
    show("after")
    return 0


def show(when: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK], input=json.dumps(QUESTIONS), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    *times, last = done.stdout.splitlines()
    wall, cpu = zip(*(map(float, line.split()) for line in times), strict=True)
    files, peak, now, own = map(int, last.split())
    command = ["ccingest", "query", "how is a temporary file made", "--json"]
    if (Path(sys.executable).parent / "ccingest").exists():
        command[:1] = [sys.executable, "-m", "ccingest"]
    cold = [run(command) for _ in range(5)]
    print(
        f"{when}: warm p50 {median(wall):.1f} ms (CPU {median(cpu):.1f}), "
        f"p95 {np.percentile(wall, 95):.1f} (CPU {np.percentile(cpu, 95):.1f}); cold "
        f"{min(one.seconds for one in cold):.2f} s (CPU {min(one.cpu_seconds for one in cold):.2f}), "
        f"its peak {max(one.peak_mb for one in cold):.0f} MB; {files} open files, "
        f"{now / 1000:.0f} MB, of which {own / 1000:.0f} MB are its own and the rest mapped files, "
        f"peak {peak / 1000:.0f} MB",
        flush=True,
    )


def make(home: Home, datasets: int, chunks: int, tables: int | None) -> None:
    draw = random.Random(1)
    shares = [draw.lognormvariate(0, SPREAD) for _ in range(datasets)]
    sizes = [max(1, round(share * chunks / sum(shares))) for share in shares]
    embedder = load_embedder("", cache=Path("/nonexistent"))
    pool = list(files_of_the_library(embedder))
    made: list[tuple[str, int, list[ManifestFile]]] = []
    worker = new_worker_id()
    total = 0
    with registered(home.connection, worker):
        for number, size in enumerate(sizes):
            name = f"org{number // 50}/repository-{number}"
            source = Reference("github", name, f"https://github.com/{name}.git", "github.com")
            request = JobRequest(project="default", dataset=f"repository-{number}", source=source)
            job = enqueue(home.connection, request, claim_as=worker).job
            if tables is None or number < tables:
                writer = home.store.create(job.table_name, embedder.dimensions)
                files = write(writer, drawn(pool, draw, size, number))
                version, count = writer.finish()
                made.append((job.table_name, version, files))
            else:
                table, version, files = made[number % len(made)]
                folder = home.settings.tables
                shutil.copytree(folder / f"{table}.lance", folder / f"{job.table_name}.lance")
                count = sum(file.chunks for file in files)
            total += count
            publish(
                home.connection, job, worker, prepared(job.table_name, version, files, embedder)
            )
            if number % 200 == 199:
                print(f"{number + 1} datasets, {total:,} chunks", flush=True)


def prepared(
    table: str, version: int, files: Sequence[ManifestFile], embedder: Embedder
) -> PreparedVersion:
    chunks = sum(file.chunks for file in files)
    return PreparedVersion(
        revision=Revision("a" * 40, "main"),
        embedder=embedder.name,
        chunker="cast1/1000/100",
        selection="",
        table_name=table,
        table_version=version,
        manifest=tuple(files),
        counts=IngestCounts(indexed_files=len(files), total_chunks=chunks),
        message="made for a benchmark",
    )


def write(writer: TableWriter, rows: Iterator[EmbeddedChunk]) -> list[ManifestFile]:
    """Write the rows, some at a time, and return their files."""
    chunks: dict[str, int] = {}
    while some := list(islice(rows, POOL)):
        writer.add(some)
        for row in some:
            chunks[row.chunk.path] = chunks.get(row.chunk.path, 0) + 1
    return [ManifestFile(path, "", "python", count) for path, count in chunks.items()]


File = list[tuple[Chunk, NDArray[np.float32]]]


def files_of_the_library(embedder: Embedder) -> Iterator[File]:
    folder = Path(sysconfig.get_paths()["stdlib"])
    found = sorted(folder.rglob("*.py"))
    random.Random(0).shuffle(found)
    count = 0
    for path in found:
        if "site-packages" in path.parts:
            continue
        try:
            text = path.read_text(encoding="utf8")
        except UnicodeDecodeError:
            continue
        source = SourceFile(str(path.relative_to(folder)), "", "python", text, len(text))
        chunks = list(chunk_file(source, target=1000, overlap=100).chunks)
        if not chunks:
            continue
        vectors = embedder.embed_documents([chunk.text for chunk in chunks])
        yield list(zip(chunks, vectors, strict=True))
        count += len(chunks)
        if count > POOL:
            return


def drawn(
    pool: Sequence[File], draw: random.Random, size: int, number: int
) -> Iterator[EmbeddedChunk]:
    noise = np.random.default_rng(number)
    left = size
    while left:
        for ordinal, (chunk, vector) in enumerate(draw.choice(pool)[:left]):
            near = vector + noise.normal(0, NOISE, len(vector))
            near = (near / np.linalg.norm(near)).astype(np.float32)
            path = f"part{left}/{chunk.path}"
            yield EmbeddedChunk(replace(chunk, path=path), ordinal, near)
        left -= ordinal + 1


if __name__ == "__main__":
    sys.exit(main())
