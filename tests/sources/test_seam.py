"""A second source, a dictionary in memory, works because the pipeline knows nothing about git."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ccingest.errors import DamagedSourceError
from ccingest.models import Entry, PreparedVersion, Reference, Revision, Unchanged
from ccingest.pipeline.ingest import ingest
from ccingest.pipeline.request import IngestRequest
from ccingest.progress import Emit, discard
from ccingest.settings import Settings
from ccingest.store import TableStore
from values import published

REFERENCE = Reference("github", "memory", "memory://here")


@dataclass(frozen=True)
class Files:
    """A snapshot of texts by path."""

    revision_id: str
    texts: Mapping[str, str]
    was_kept: bool = False
    is_live: bool = False

    def entries(self) -> Iterator[Entry]:
        for path, text in self.texts.items():
            yield Entry(path.encode(), hashlib.sha256(text.encode()).hexdigest(), "file")
        yield Entry(b"elsewhere", "", "link")

    def size(self, path: str, content_id: str) -> int | None:
        return len(self.texts[path])

    def read(self, path: str, content_id: str) -> bytes | None:
        return self.texts[path].encode()


class MemorySource:
    """Its revision is the hash of its content. `broken` is how often a kept snapshot fails."""

    reference = REFERENCE

    def __init__(self, texts: Mapping[str, str], broken: int = 0) -> None:
        self.texts = texts
        self.broken = broken
        self.opened: list[bool] = []  # fresh or not

    def resolve(
        self,
        *,
        branch: str | None,
        revision: str | None,
        held: str | None = None,
        emit: Emit = discard,
    ) -> Revision:
        found = hashlib.sha256(repr(sorted(self.texts.items())).encode()).hexdigest()
        return Revision(revision or found, branch)

    @contextmanager
    def open(self, revision: Revision, emit: Emit, *, fresh: bool = False) -> Iterator[Files]:
        self.opened.append(fresh)
        if self.broken and not fresh:
            yield Broken(revision.id, self.texts, was_kept=True)
        else:
            yield Files(revision.id, self.texts)


class Broken(Files):
    def read(self, path: str, content_id: str) -> bytes | None:
        raise DamagedSourceError("It lacks a part.")


def request(**changes: object) -> IngestRequest:
    return replace(IngestRequest("t1"), **changes)  # type: ignore[arg-type]


def stored(settings: Settings, result: PreparedVersion) -> dict[str, str]:
    reader = TableStore(settings.tables).read(result.table_name, result.table_version)
    return {chunk.path: chunk.text for chunk in reader.chunks()}


def test_another_source_is_ingested(settings: Settings) -> None:
    texts = {"a.py": "def first():\n    return 1\n", "b.md": "# Second\n\nText.\n"}
    result = ingest(MemorySource(texts), request(), settings)
    assert isinstance(result, PreparedVersion)
    assert stored(settings, result) == texts
    assert result.counts.skipped_files == {"symlink": 1}
    manifest = {file.path: file for file in result.manifest}
    again = request(base=published(result), manifest=manifest)
    assert isinstance(ingest(MemorySource(texts), again, settings), Unchanged)
    changed = {**texts, "a.py": "def other():\n    return 2\n"}
    second = ingest(MemorySource(changed), again, settings)
    assert isinstance(second, PreparedVersion)
    assert stored(settings, second) == changed
    assert (second.counts.files_changed, second.counts.files_kept) == (1, 1)


def test_worker_processes_read_another_source(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # They import this module to read the snapshot that they are sent.
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent))
    texts = {f"{n}.py": f"def f_{n}():\n    return '{'x' * 900}'\n" * 40 for n in range(40)}
    result = ingest(MemorySource(texts), request(), settings)
    assert isinstance(result, PreparedVersion)
    assert result.counts.indexed_files == 40


def test_a_damaged_kept_snapshot_is_fetched_again(settings: Settings) -> None:
    source = MemorySource({"a.py": "x = 1\n"}, broken=1)
    result = ingest(source, request(), settings)
    assert isinstance(result, PreparedVersion)
    assert stored(settings, result) == {"a.py": "x = 1\n"}
    assert source.opened == [False, True]
