"""`ccingest datasets` and `ccingest delete`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from ccingest import documents
from ccingest.cli.command import opened_home
from ccingest.cli.options import Project, ProjectOrAll, Text, project_or_none
from ccingest.cli.output import NO_DATASETS, Reply, lines, short_time, stderr, table
from ccingest.cli.printing import printing
from ccingest.errors import UsageError
from ccingest.plurals import number_of
from ccingest.settings import DEFAULT_PROJECT
from ccingest.visible import safe

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.models import DeletedDataset, StoredDataset


_MOST_NAMED = 5  # datasets that the question before a deletion names


def datasets(project: ProjectOrAll = DEFAULT_PROJECT) -> Reply:
    """List the datasets: how big, how old, at which commit."""
    from ccingest.app.datasets import stored_datasets

    with opened_home() as home:
        found = stored_datasets(home, project_or_none(project))
    return Reply(documents.of_all("datasets", found), lambda console: _show(console, found))


_Name = Annotated[Text, Argument(metavar="[DATASET]", help="The dataset's name.")]


def delete(
    name: _Name = None,
    dataset: Annotated[Text, Option("--dataset", "-d", metavar="DATASET", help="The same.")] = None,
    repo: Annotated[
        Text, Option("--repo", metavar="ORG/REPO", help="All datasets of this repository.")
    ] = None,
    project: Project = DEFAULT_PROJECT,
    yes: Annotated[bool, Option("--yes", "-y", help="Don't ask.")] = False,
) -> Reply:
    """Delete datasets with their chunks, vectors and files. Jobs stay in the history."""
    from ccingest.app import datasets as stored

    if name is not None and dataset is not None:
        raise UsageError("Give the dataset's name once: DATASET or --dataset DATASET.")
    dataset = name or dataset
    if not dataset and not repo:
        raise UsageError("Say what to delete: a dataset's name, or --repo ORG/REPO.")
    with opened_home() as home:
        if not yes and not printing().document_only and sys.stdin.isatty():
            _ask(stored.planned_deletion(home, project, name=dataset, repository=repo))
        done = stored.delete(home, project, name=dataset, repository=repo)
    return Reply(documents.of(done), lines(*map(_deleted_line, done.datasets)), is_report=True)


def _ask(planned: Mapping[str, int]) -> None:
    names = (
        ", ".join(planned) if len(planned) <= _MOST_NAMED else number_of(len(planned), "dataset")
    )
    chunks = number_of(sum(planned.values()), "chunk")
    what = f"{'dataset ' if len(planned) == 1 else ''}{names} with {chunks}"
    stderr().print(safe(f"Delete {what}? [y/N] "), end="")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise typer.Abort


def _deleted_line(gone: DeletedDataset) -> str:
    schedule = ", and its schedule" if gone.had_schedule else ""
    return safe(f"deleted {gone.name}: {number_of(gone.chunks, 'chunk')}{schedule}")


def _show(console: Console, found: list[StoredDataset]) -> None:
    if not found:
        console.print(NO_DATASETS)
        return
    made = table("project", "dataset", "scope", "repository", "branch", "revision", "files", "chunks",
                 "MB", "updated", right=("files", "chunks", "MB"),
                 constant=("project", "scope", "repository", "branch"))  # fmt: skip
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
