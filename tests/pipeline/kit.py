"""A repository with something of everything, and what a chunk pool makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ccingest import git
from ccingest.files import plan_files
from ccingest.pipeline.chunk_pool import ChunkPool, FileResult
from ccingest.pipeline.chunked import FileChunks
from ccingest.records import Checkout, SkipReason, TreeFile
from ccingest.references import parse_reference
from ccingest.settings import Settings

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


def files_of(repository: Path) -> tuple[Checkout, git.ObjectReader, tuple[TreeFile, ...]]:
    ref = parse_reference(str(repository))
    access = git.Access()
    resolved = git.resolve(ref, branch=None, sha=None, access=access)
    checkout = git.fetch_checkout(ref, resolved, into=repository, access=access)
    reader = git.ObjectReader(checkout)
    return checkout, reader, plan_files(reader).files


@contextmanager
def results_of(repository: Path, settings: Settings) -> Iterator[Iterator[FileResult | None]]:
    checkout, reader, files = files_of(repository)
    with ChunkPool(checkout, reader, settings, files) as pool:
        yield pool.results()


def outcomes(
    repository: Path, settings: Settings
) -> list[tuple[TreeFile, FileChunks | SkipReason]]:
    with results_of(repository, settings) as results:
        return [result for result in results if result]
