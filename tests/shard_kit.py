"""A home with many small datasets, which are written and published by ccingest's own code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ccingest.app.home import Home
from ccingest.embedding import load_embedder
from ccingest.models import (
    Chunk,
    EmbeddedChunk,
    IngestCounts,
    JobRequest,
    ManifestFile,
    PreparedVersion,
    Revision,
)
from ccingest.progress import discard
from ccingest.queue.enqueue import enqueue
from ccingest.queue.publish import publish
from queue_kit import module_path
from values import reference

EMBEDDER = load_embedder("", cache=Path("/nonexistent"))
THINGS = ("basket", "lease", "token", "parser", "folder", "server", "commit", "price")
WORKER = "worker"


def add(home: Home, number: int, texts: Sequence[str] = (), revision: str = "a" * 40) -> None:
    """Publish a version of dataset `number`, in which each text is a file."""
    name, thing = f"org/r{number}", THINGS[number % len(THINGS)]
    chosen = texts or [f"def {thing}_{n}(): return {thing} + {n}" for n in range(number % 4 + 1)]
    request = JobRequest(project="default", dataset=f"r{number}", source=reference(name))
    job = enqueue(home.connection, request, claim_as=WORKER).job
    vectors = EMBEDDER.embed_documents(list(chosen))
    writer = home.store.create(job.table_name, EMBEDDER.dimensions)
    writer.add(
        [
            EmbeddedChunk(Chunk(f"f{at}.py", 1, 1, "python", "", "block", text), 0, vector)
            for at, (text, vector) in enumerate(zip(chosen, np.asarray(vectors), strict=True))
        ]
    )
    version, chunks = writer.finish()
    files = [ManifestFile(f"f{at}.py", revision, "python", 1) for at in range(chunks)]
    prepared = PreparedVersion(
        revision=Revision(revision, "main"),
        embedder=EMBEDDER.name,
        chunker="cast1/1000/100",
        selection="",
        table_name=job.table_name,
        table_version=version,
        manifest=tuple(files),
        counts=IngestCounts(indexed_files=chunks, total_chunks=chunks),
        message="",
    )
    if home.remote:
        home.remote.keep(home.connection, prepared, (), discard)
    publish(home.connection, job, WORKER, prepared)


def killed_merge(home: Path, moment: str) -> int:
    """The exit code of a process that merges and kills itself then."""
    done = subprocess.run(
        [sys.executable, "-m", "crash.shard_process", str(home), moment],
        env=os.environ | {"PYTHONPATH": module_path()},
        capture_output=True,
        timeout=100,
        check=False,
    )
    return done.returncode
