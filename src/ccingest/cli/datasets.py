"""`ccingest datasets`, `files` and `delete`."""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated

import typer
from typer import Argument, Option

from ccingest import documents
from ccingest.cli.options import Project, ProjectOrAll, Text, project_or_none
from ccingest.documents.files import of_indexed_files, of_skipped_files
from ccingest.errors import UsageError
from ccingest.running.home import opened_home
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.datasets import (
    deleted_line,
    indexed_rows,
    question_before,
    show_datasets,
    skipped_rows,
    tell_damaged,
)
from ccingest.terminal.output import Reply, note, report, stderr, written
from ccingest.terminal.printing import printing


def datasets(project: ProjectOrAll = DEFAULT_PROJECT) -> Reply:
    """List the datasets: how big, how old, at which commit."""
    from ccingest.app.datasets import all_stored

    with opened_home() as home:
        found, damaged = all_stored(home, project_or_none(project))
    code = tell_damaged(damaged)
    return Reply(documents.of_all("datasets", found), partial(show_datasets, found=found), code)


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
            _ask(
                question_before(
                    stored.planned_deletion(home, project, name=dataset, repository=repo)
                )
            )
        done = stored.delete(home, project, name=dataset, repository=repo)
    return report(documents.of(done), *map(deleted_line, done.datasets))


def _ask(question: str) -> None:
    stderr().print(question, end="")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        note("Nothing is deleted.")
        raise typer.Abort


_Dataset = Annotated[Text, Argument(metavar="[DATASET]", help="Default: all of the project.")]
_Skipped = Annotated[bool, Option("--skipped", help="The files that are not indexed, and why.")]


def files(
    dataset: _Dataset = None,
    skipped: _Skipped = False,
    project: ProjectOrAll = DEFAULT_PROJECT,
) -> Reply:
    """List the files of a dataset with their language and chunks, or those that were skipped."""
    from ccingest.app.datasets import damaged_datasets, files_of

    with opened_home() as home:
        wanted = project_or_none(project)
        found = files_of(home, wanted, dataset)
        code = 0 if dataset else tell_damaged(damaged_datasets(home, wanted))
    if skipped:
        return Reply(of_skipped_files(found), written(skipped_rows(found)), code)
    return Reply(of_indexed_files(found), written(indexed_rows(found)), code)
