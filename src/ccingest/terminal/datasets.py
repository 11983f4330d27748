"""Datasets as people read them: all of them, their files, and what a deletion takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ccingest.plurals import number_of
from ccingest.terminal.output import NO_DATASETS, say, short_time, table
from ccingest.visible import safe

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.models import (
        CleanupSummary,
        DamagedDataset,
        DatasetFiles,
        DeletedDataset,
        Migration,
        StoredDataset,
    )

_MOST_NAMED = 5  # datasets that the question before a deletion names


def show_datasets(console: Console, found: list[StoredDataset]) -> None:
    made = table("project", "dataset", "scope", "repository", "branch", "revision", "files", "chunks",
                 "MB", "updated", right=("files", "chunks", "MB"),
                 constant=("project", "scope", "repository", "branch"), nothing=NO_DATASETS)  # fmt: skip
    for stored in found:
        dataset = stored.dataset
        made.add_row(
            safe(dataset.project),
            safe(dataset.name),
            dataset.scope,
            safe(dataset.repository),
            safe(dataset.branch or ""),
            dataset.revision[:7],
            f"{dataset.files:,}",
            f"{dataset.chunks:,}",
            f"{stored.bytes / 1e6:.1f}",
            short_time(dataset.updated_at),
        )
    console.print(made, crop=False)


def tell_damaged(damaged: Sequence[DamagedDataset]) -> int:
    """A line on stderr for each dataset that can't be shown; the exit code that goes with it."""
    for one in damaged:
        say(f"ccingest: {one.message}")
    return 1 if damaged else 0


def question_before(planned: Mapping[str, int]) -> str:
    """Asks whether to delete these datasets, given with the number of their chunks."""
    names = (
        ", ".join(planned) if len(planned) <= _MOST_NAMED else number_of(len(planned), "dataset")
    )
    chunks = number_of(sum(planned.values()), "chunk")
    what = f"{'dataset ' if len(planned) == 1 else ''}{names} with {chunks}"
    return safe(f"Delete {what}? [y/N] ")


def deleted_line(gone: DeletedDataset) -> str:
    schedule = ", and its schedule" if gone.had_schedule else ""
    return safe(f"deleted {gone.name}: {number_of(gone.chunks, 'chunk')}{schedule}")


def indexed_rows(found: Sequence[DatasetFiles]) -> Iterator[str]:
    if not found:
        yield NO_DATASETS
    name = _name_column(found)
    width = max((len(file.language) for one in found for file in one.indexed), default=0)
    for one in found:
        for file in one.indexed:
            yield f"{name(one)}{file.language:<{width}}  {file.chunks:>6,}  {safe(file.path)}"


def skipped_rows(found: Sequence[DatasetFiles]) -> Iterator[str]:
    if not found:
        yield NO_DATASETS
    name = _name_column(found)
    width = max((len(file.reason) for one in found for file in one.skipped), default=0)
    for one in found:
        for file in one.skipped:
            rule = f"  ({safe(file.rule)})" if file.rule else ""
            yield f"{name(one)}{file.reason:<{width}}  {safe(file.path)}{rule}"
        if note := _note(one):
            yield f"{name(one)}{note}"


def _note(one: DatasetFiles) -> str:
    """What there is to say of a list of skipped files, beside the files."""
    if one.left_out is None:
        return (
            "no list was made, because an earlier version of ccingest made this dataset; add it "
            "again with --force"
        )
    if one.left_out:
        return f"and {one.left_out:,} more, which are not listed"
    return "" if one.skipped else "no file was skipped"


def _name_column(found: Sequence[DatasetFiles]) -> Callable[[DatasetFiles], str]:
    """What a row begins with, to tell several datasets apart."""
    if len(found) == 1:
        return lambda _: ""
    projects = {one.dataset.project for one in found}
    names = {
        id(one): safe(
            f"{one.dataset.project}/{one.dataset.name}" if len(projects) > 1 else one.dataset.name
        )
        for one in found
    }
    width = max(map(len, names.values()), default=0)
    return lambda one: f"{names[id(one)]:<{width}}  "


def cleanup_line(done: CleanupSummary) -> str:
    return (
        f"deleted {number_of(done.jobs, 'job')}, {number_of(done.tables, 'table')}, "
        f"{number_of(done.clones, 'clone')}; "
        f"freed {done.freed_bytes / 1e6:.1f} MB"
    )


def migration_line(done: Migration) -> str:
    rows = f"{number_of(sum(done.rows.values()), 'row')} of {number_of(len(done.rows), 'table')}"
    if not done.is_new:
        return f"{rows} there already, and the same: {done.target}"
    return f"{rows} copied and compared; now set CCINGEST_DATABASE to {done.target}"
