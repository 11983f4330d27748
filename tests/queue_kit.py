"""What the tests of the queue share: requests, results, handlers, and real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ccingest.database_address import DatabaseAddress, PostgresAddress
from ccingest.models import (
    PHASES,
    IngestCounts,
    Job,
    JobRequest,
    ManifestFile,
    PreparedVersion,
    Revision,
    SkippedFile,
    SkippedFiles,
)
from ccingest.progress import Emit, FileProgress, PhaseStarted
from values import reference

TESTS = Path(__file__).parent


def request(name: str = "org/repo", **changes: Any) -> JobRequest:
    source = changes.pop("source", reference(name))
    given = {"project": "default", "dataset": source.dataset_name} | changes
    return JobRequest(source=source, **given)


def files(count: int, blob: str = "b1") -> tuple[ManifestFile, ...]:
    return tuple(ManifestFile(f"src/{n:06}.py", blob, "python", 2) for n in range(count))


def result(
    job: Job,
    *,
    revision: str = "a" * 40,
    manifest: Sequence[ManifestFile] = files(3),
    version: int = 1,
    skipped: int = 1,
) -> PreparedVersion:
    counts = IngestCounts(
        indexed_files=len(manifest),
        total_chunks=sum(file.chunks for file in manifest),
        files_added=len(manifest),
        skipped_files={"binary": 1},
        phase_seconds={"embed": 0.5},
    )
    return PreparedVersion(
        revision=Revision(revision, "main"),
        embedder="model",
        chunker="cast-1000-100",
        selection="all",
        table_name=job.table_name,
        table_version=version,
        manifest=tuple(manifest),
        counts=counts,
        message=f"indexed {len(manifest)} files",
        skipped=SkippedFiles(
            tuple(SkippedFile(f"{n:06}.png", "binary", revision) for n in range(skipped))
        ),
    )


def quick(job: Job, emit: Emit) -> PreparedVersion:
    """A handler that goes through all phases without waiting."""
    for phase in PHASES:
        emit(PhaseStarted(phase))
        if phase == "embed":
            emit(FileProgress(1, 1, 10, 10, 1, "src/a.py"))
    return result(job)


def spawn(mode: str, *arguments: object) -> subprocess.Popen[str]:
    """Start `queue_process.py` in a mode, with its standard output in a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "queue_process", mode, *map(_argument, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": module_path()},
    )


def _argument(value: object) -> str:
    return f"{value.url} {value.home}" if isinstance(value, PostgresAddress) else str(value)


def address_of(text: str) -> DatabaseAddress:
    """The address of a database, from an argument that `spawn` has made of it."""
    url, _, home = text.rpartition(" ")
    return PostgresAddress(url, Path(home)) if url else Path(home)


def module_path() -> str:
    """A PYTHONPATH with which a process imports the same modules as this one, and the tests'."""
    given = os.environ.get("PYTHONPATH")
    return os.pathsep.join([str(TESTS), given] if given else [str(TESTS)])


def output_of(process: subprocess.Popen[str]) -> list[str]:
    """The words that a process printed. It must exit with code 0."""
    out, _ = process.communicate(timeout=250)
    assert process.returncode == 0
    return out.split()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    """End the process with SIGKILL, which it can't handle."""
    process.kill()
    process.communicate()
