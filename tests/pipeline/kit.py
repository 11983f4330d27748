"""A repository with files of many kinds, and what a chunk pool makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ccingest.models import SelectedFile, SkipReason
from ccingest.pipeline.chunk_pool import ChunkPool, FileResult
from ccingest.pipeline.chunked import FileChunks
from ccingest.selection import plan_files
from ccingest.settings import Settings
from ccingest.sources.git import GitSnapshot
from ccingest.sources.references import parse_reference
from values import snapshot_of

SAMPLES = {
    f"samples/{path.name}": path.read_bytes()
    for path in sorted((Path(__file__).parent.parent / "samples").iterdir())
}
ODD: dict[str, bytes | str] = {
    "empty.py": "",
    "picture.dat": b"\x00\x01" * 99,
    "latin.txt": "Größe, Straße, Übermut und Ärger\n".encode("latin-1") * 20,
    "no-encoding.txt": bytes(range(128, 256)) * 9,
    "windows.txt": "\ufeffeins\r\nzwei\r\n".encode("utf-16"),
    "one-line.txt": "word " * 9_000,
    "deep.json": "[" * 600 + "]" * 600,
    "what.unknown": "known by nobody\n" * 99,
    "日本/語.py": "def größe():\n    return '🌱'\n",
}


def files_of(repository: Path) -> tuple[GitSnapshot, tuple[SelectedFile, ...]]:
    _, snapshot = snapshot_of(parse_reference(str(repository)), repository)
    return snapshot, plan_files(snapshot).files


@contextmanager
def results_of(repository: Path, settings: Settings) -> Iterator[Iterator[FileResult | None]]:
    snapshot, files = files_of(repository)
    with ChunkPool(snapshot, settings, files) as pool:
        yield pool.results()


def outcomes(
    repository: Path, settings: Settings
) -> list[tuple[SelectedFile, FileChunks | SkipReason]]:
    with results_of(repository, settings) as results:
        return [result for result in results if result]
