"""The whole pipeline, without the queue and the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ccingest.embedding.bundled import BundledModel
from ccingest.errors import CancelledError, NothingToIndexError, VersionGoneError
from ccingest.models import (
    PHASES,
    IngestOptions,
    ManifestFile,
    PreparedVersion,
    Reference,
    SelectedFile,
    Unchanged,
)
from ccingest.pipeline.diff import diff_files
from ccingest.pipeline.request import IngestRequest
from ccingest.progress import FileProgress, FilesPlanned, Notice, PhaseStarted, Progress
from ccingest.settings import Settings
from ccingest.sources.references import parse_reference
from ccingest.store import TableStore
from git_server import commit, make_repository
from values import ingest_from, published

FILES = {
    "a.py": "def first():\n    return 1\n",
    "b.py": "def second():\n    return 2\n",
    "empty.py": "",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    make_repository(tmp_path / "repository", FILES)
    return tmp_path / "repository"


@pytest.fixture
def ref(repository: Path) -> Reference:
    return parse_reference(str(repository))


def result_of(reference: Reference, request: IngestRequest, settings: Settings) -> PreparedVersion:
    result = ingest_from(reference, request, settings)
    assert isinstance(result, PreparedVersion)
    return result


def following(
    request: IngestRequest, result: PreparedVersion, table: str = "next"
) -> IngestRequest:
    manifest = {file.path: file for file in result.manifest}
    return replace(request, new_table=table, base=published(result), manifest=manifest)


def texts(settings: Settings, result: PreparedVersion) -> dict[str, str]:
    reader = TableStore(settings.tables).read(result.table_name, result.table_version)
    return {chunk.path: chunk.text for chunk in reader.chunks()}


def test_a_first_ingest(ref: Reference, settings: Settings) -> None:
    events: list[Progress] = []
    result = ingest_from(ref, IngestRequest("t1"), settings, events.append)
    assert isinstance(result, PreparedVersion)
    assert texts(settings, result) == {name: text for name, text in FILES.items() if text}
    assert {file.path for file in result.manifest} == {"a.py", "b.py"}
    assert result.counts.skipped_files == {"empty": 1}
    assert (result.counts.indexed_files, result.counts.files_added) == (2, 2)
    assert set(result.counts.phase_seconds) == set(PHASES)
    phases = [event.phase for event in events if isinstance(event, PhaseStarted)]
    assert list(dict.fromkeys(phases)) == list(PHASES)
    planned = [event for event in events if isinstance(event, FilesPlanned)]
    assert [event.files for event in planned] == [3]
    last = [event for event in events if isinstance(event, FileProgress)][-1]
    assert (last.files_done, last.bytes_done) == (3, last.bytes_total)
    assert list(settings.clones.iterdir()) == []


def test_the_same_commit_changes_nothing(ref: Reference, settings: Settings) -> None:
    request = IngestRequest("t1")
    first = result_of(ref, request, settings)
    again = ingest_from(ref, following(request, first), settings)
    assert isinstance(again, Unchanged)
    assert again.revision == first.revision
    assert TableStore(settings.tables).names() == {"t1"}


def test_a_new_commit_continues_the_table(
    ref: Reference, repository: Path, settings: Settings
) -> None:
    request = IngestRequest("t1")
    first = result_of(ref, request, settings)
    changed = {"a.py": "def changed():\n    return 3\n", "c.py": "def third():\n    return 4\n"}
    commit(repository, changed)
    second = result_of(ref, following(request, first), settings)
    assert second.table_name == "t1"
    assert texts(settings, second) == changed
    assert texts(settings, first) == {"a.py": FILES["a.py"], "b.py": FILES["b.py"]}
    counts = second.counts
    assert (counts.files_added, counts.files_changed, counts.files_removed) == (1, 1, 1)
    assert (counts.chunks_added, counts.chunks_removed) == (2, 2)
    fresh = result_of(ref, replace(request, new_table="fresh"), settings)
    assert texts(settings, fresh) == texts(settings, second)
    assert fresh.manifest == tuple(sorted(second.manifest, key=lambda file: file.path))


def test_a_language_that_is_given_later_counts_for_unchanged_files(
    ref: Reference, repository: Path, settings: Settings
) -> None:
    def languages(result: PreparedVersion) -> dict[str, str]:
        return {file.path: file.language for file in result.manifest if file.path in FILES}

    first = result_of(ref, IngestRequest("t1"), settings)
    attributes = {".gitattributes": "a.py linguist-language=Ruby\n"}
    commit(repository, {**FILES, **attributes})
    second = result_of(ref, following(IngestRequest("t1"), first), settings)
    assert languages(second) == {"a.py": "ruby", "b.py": "python"}
    commit(repository, FILES)
    third = result_of(ref, following(IngestRequest("t1"), second), settings)
    assert languages(third) == {"a.py": "python", "b.py": "python"}


def test_an_unchanged_header_is_read_again_when_the_files_around_it_change(
    ref: Reference, repository: Path, settings: Settings
) -> None:
    def languages(result: PreparedVersion) -> dict[str, str]:
        return {file.path: file.language for file in result.manifest}

    header = {"a.h": "#define ROPES 3\n"}
    commit(repository, {**header, "a.c": "int a;\n"})
    first = result_of(ref, IngestRequest("t1"), settings)
    assert languages(first) == {"a.c": "c", "a.h": "c"}
    commit(repository, {**header, "a.cpp": "int a;\n"})
    second = result_of(ref, following(IngestRequest("t1"), first), settings)
    assert languages(second) == {"a.cpp": "cpp", "a.h": "cpp"}
    assert second.manifest == result_of(ref, IngestRequest("t2"), settings).manifest
    commit(repository, {**header, "a.cpp": "int a;\nint b;\n"})
    third = result_of(ref, following(IngestRequest("t1"), second), settings)
    assert (third.counts.files_changed, third.counts.files_kept) == (1, 1)


def rows(settings: Settings, result: PreparedVersion) -> dict[str, tuple[object, ...]]:
    """All columns of a version's rows by chunk id, except the number of their write."""
    import lancedb

    table = lancedb.connect(str(settings.tables)).open_table(result.table_name)
    table.checkout(result.table_version)
    found = table.to_arrow().drop_columns(["batch", "position"]).to_pylist()
    return {row.pop("id"): tuple(map(str, row.values())) for row in found}


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that the real embedder embeds."""
    texts: list[str] = []
    real = BundledModel.embed_documents

    def spy(self: Any, wanted: list[str]) -> Any:
        texts.extend(wanted)
        return real(self, wanted)

    monkeypatch.setattr(BundledModel, "embed_documents", spy)
    return texts


def function(name: str, words: str) -> str:
    """A function that is long enough to be a chunk."""
    return f"def {name}():\n" + f"    print({words!r})\n" * 30 + "\n\n"


def test_only_chunks_with_another_text_are_embedded_again(
    ref: Reference, repository: Path, settings: Settings, embedded: list[str]
) -> None:
    parts = [function(f"part_{n}", f"number {n} of it") for n in range(5)]
    old = {"long.py": "".join(parts), "moves.py": function("moves", "goes"), "a.py": FILES["a.py"]}
    commit(repository, old | {"gone.py": function("gone", "went")})
    request = IngestRequest("t1")
    first = result_of(ref, request, settings)
    embedded.clear()
    parts[2] = function("part_2", "something else")
    new = {"long.py": "".join(parts), "d/moves.py": old["moves.py"], "a.py": FILES["a.py"]}
    commit(repository, new)
    second = result_of(ref, following(request, first), settings)
    assert embedded == [text for text in embedded if "something else" in text] != []
    counts = second.counts
    assert (counts.files_added, counts.files_changed, counts.files_moved) == (0, 1, 1)
    assert (counts.files_removed, counts.files_kept) == (1, 1)
    assert (counts.chunks_added, counts.chunks_kept) == (len(embedded), 1)
    assert counts.chunks_moved == counts.total_chunks - counts.chunks_added - 1 >= 4
    assert first.counts.total_chunks == (
        counts.chunks_moved + counts.chunks_kept + counts.chunks_removed
    )
    fresh = result_of(ref, replace(request, new_table="fresh"), settings)
    assert rows(settings, fresh) == rows(settings, second)


def test_two_files_with_the_same_content_are_distinguished(
    ref: Reference, repository: Path, settings: Settings, embedded: list[str]
) -> None:
    same = function("same", "twice")
    commit(repository, {"one/same.py": same, "two/same.py": same})
    request = IngestRequest("t1")
    first = result_of(ref, request, settings)
    commit(repository, {f"{folder}/same.py": same for folder in ("two", "three", "four")})
    embedded.clear()
    second = result_of(ref, following(request, first), settings)
    counts = second.counts
    assert (counts.files_moved, counts.files_added, counts.files_kept) == (1, 1, 1)
    assert (counts.files_removed, embedded) == (0, [])
    fresh = result_of(ref, replace(request, new_table="fresh"), settings)
    assert rows(settings, fresh) == rows(settings, second)


def test_a_chunk_is_embedded_under_the_name_of_its_file(
    ref: Reference, repository: Path, settings: Settings, embedded: list[str]
) -> None:
    content = function("works", "all day")
    commit(repository, {"src/busy_bee.py": content})
    request = IngestRequest("t1")
    first = result_of(ref, request, settings)
    assert embedded == ["busy_bee works\n" * 3 + content]
    commit(repository, {"src/lazy_bee.py": content})
    second = result_of(ref, following(request, first), settings)
    assert embedded[1:] == ["lazy_bee works\n" * 3 + content]
    assert second.counts.chunks_moved == 0


def another_selection(request: IngestRequest, settings: Settings) -> IngestRequest:
    return replace(request, options=IngestOptions(exclude=("b.py",)))


def another_chunker(request: IngestRequest, settings: Settings) -> IngestRequest:
    assert request.base
    return replace(request, base=replace(request.base, chunker="older"))


def forced(request: IngestRequest, settings: Settings) -> IngestRequest:
    return replace(request, options=IngestOptions(force=True))


def table_gone(request: IngestRequest, settings: Settings) -> IngestRequest:
    TableStore(settings.tables).drop("t1")
    return request


@pytest.mark.parametrize("change", [another_selection, another_chunker, forced, table_gone])
def test_when_an_ingest_starts_from_scratch(
    ref: Reference,
    settings: Settings,
    change: Callable[[IngestRequest, Settings], IngestRequest],
) -> None:
    request = IngestRequest("t1")
    first = result_of(ref, request, settings)
    events: list[Progress] = []
    result = ingest_from(ref, change(following(request, first), settings), settings, events.append)
    assert isinstance(result, PreparedVersion)
    assert result.table_name == "next"
    assert result.counts.chunks_added == result.counts.total_chunks > 0
    notices = [event for event in events if isinstance(event, Notice)]
    assert bool(notices) == (change is not forced)


@pytest.mark.parametrize("phase", PHASES)
def test_a_stop_in_any_phase_leaves_nothing_behind(
    ref: Reference, repository: Path, settings: Settings, phase: str
) -> None:
    request = IngestRequest("t1")
    first = result_of(ref, request, settings)
    commit(repository, {"a.py": "def changed():\n    return 3\n"})

    def stop(event: Progress) -> None:
        if event == PhaseStarted(phase):  # type: ignore[arg-type]
            raise CancelledError("stop")

    for attempt in (following(request, first), replace(request, new_table="t2")):
        with pytest.raises(CancelledError):
            ingest_from(ref, attempt, settings, stop)
    store = TableStore(settings.tables)
    assert store.names() <= {"t1", "t2"}
    if phase != "commit":
        assert store.names() == {"t1"}
    assert texts(settings, first) == {"a.py": FILES["a.py"], "b.py": FILES["b.py"]}
    assert list(settings.clones.iterdir()) == []


def test_a_repository_without_indexable_files_fails(
    ref: Reference, repository: Path, settings: Settings
) -> None:
    request = IngestRequest("t1")
    first = result_of(ref, request, settings)
    commit(repository, {"a.bin": b"\x00\x01"})
    with pytest.raises(NothingToIndexError, match="1 binary"):
        ingest_from(ref, replace(request, new_table="t2"), settings)
    with pytest.raises(NothingToIndexError):
        ingest_from(ref, following(request, first), settings)
    assert TableStore(settings.tables).names() == {"t1"}
    assert texts(settings, first).keys() == {"a.py", "b.py"}
    with pytest.raises(VersionGoneError):
        TableStore(settings.tables).read("t2", 1)


def test_the_diff_of_a_tree_and_a_manifest() -> None:
    tree = [SelectedFile("a", "1", 1), SelectedFile("b", "2", 1), SelectedFile("c", "3", 1)]
    manifest = {
        "b": ManifestFile("b", "2", "python", 1),
        "c": ManifestFile("c", "old", "python", 1),
        "d": ManifestFile("d", "4", "python", 1),
    }
    diff = diff_files(tree, manifest)
    assert [file.path for file in diff.added] == ["a"]
    assert [file.path for file in diff.changed] == ["c"]
    assert diff.removed == ("d",)
    assert [file.path for file in diff.kept] == ["b"]
    assert diff.stale_paths == ("c", "d")
    assert [file.path for file in diff.to_read] == ["a", "c"]
