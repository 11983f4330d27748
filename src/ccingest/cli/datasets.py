"""`ccingest datasets` and `ccingest delete`."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from ccingest.cli.options import JsonFlag, Project, ProjectOrAll, project_or_none
from ccingest.cli.output import Reply, lines, safe, stderr, table
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.jobs.records import DatasetRow, DeletedDataset


def datasets(
    project: ProjectOrAll = DEFAULT_PROJECT,
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """List the datasets: how big, how old, at which commit."""
    from ccingest.cli.documents import dataset_document
    from ccingest.jobs.database import connect
    from ccingest.jobs.datasets import list_datasets
    from ccingest.store import TableStore

    settings = load_settings()
    store = TableStore(settings.tables)
    with closing(connect(settings.database)) as connection:
        rows = list_datasets(connection, project_or_none(project))
    sized = [(row, store.size(row.table_name)) for row in rows]
    document = {"datasets": [dataset_document(row, size) for row, size in sized]}
    return Reply(document, lambda console: _show(console, sized))


def delete(
    dataset: Annotated[
        str | None, typer.Option("--dataset", "-d", help="The dataset's name.")
    ] = None,
    repo: Annotated[
        str | None, typer.Option("--repo", help="All datasets of this repository.")
    ] = None,
    project: Project = DEFAULT_PROJECT,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    json: JsonFlag = False,
) -> Reply:
    """Delete datasets: their chunks, vectors and files. Jobs stay in the history."""
    from ccingest.git import forget_clone
    from ccingest.jobs.database import connect
    from ccingest.jobs.datasets import delete_datasets
    from ccingest.store import TableStore

    if not dataset and not repo:
        raise UsageError("Say what to delete: --dataset NAME or --repo ORG/REPO.")
    settings = load_settings()
    store = TableStore(settings.tables)
    with closing(connect(settings.database)) as connection:
        name, host = _repository(repo, settings.gh_host) if repo else (None, None)
        if not yes and not json and sys.stdin.isatty():
            _ask(dataset, name)
        deleted = delete_datasets(connection, project, name=dataset, repository=name, host=host)
    for gone in deleted:
        store.drop(gone.table_name)
        if gone.is_last:
            forget_clone(settings.clone_cache, gone.clone_url)
    return Reply(_deleted_document(project, deleted), lines(*map(_deleted_line, deleted)))


def _repository(repo: str, gh_host: str) -> tuple[str, str | None]:
    """A reference as the catalogue has it: owner/name and host; any host for what is no reference.

    The name of a local repository is no reference, but deletes its datasets even when it is gone.
    """
    from ccingest.errors import InvalidReferenceError
    from ccingest.references import parse_reference

    try:
        ref = parse_reference(repo, gh_host=gh_host)
    except InvalidReferenceError:
        return repo, None
    # Plain org/repo is what `datasets` shows, whichever host it is on.
    return ref.full_name, None if repo == ref.full_name else ref.host


def _ask(dataset: str | None, repository: str | None) -> None:
    what = f"dataset {dataset}" if dataset else f"all datasets of {repository}"
    stderr().print(safe(f"Delete {what}? [y/N] "), end="")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise typer.Abort


def _deleted_document(project: str, deleted: list[DeletedDataset]) -> dict[str, object]:
    total = sum(gone.chunks for gone in deleted)
    document: dict[str, object] = {"project": project, "deletedChunks": total}
    if len(deleted) == 1:
        return {"project": project, "dataset": deleted[0].name, "deletedChunks": total}
    document["datasets"] = [
        {"project": gone.project, "dataset": gone.name, "deletedChunks": gone.chunks}
        for gone in deleted
    ]
    return document


def _deleted_line(gone: DeletedDataset) -> str:
    schedule = ", and its schedule" if gone.scheduled else ""
    return safe(f"deleted {gone.name}: {gone.chunks:,} chunks{schedule}")


def _show(console: Console, sized: list[tuple[DatasetRow, int]]) -> None:
    if not sized:
        console.print("No datasets yet; `ccingest github add REPO` makes one.")
        return
    made = table("project", "dataset", "scope", "branch", "sha", "files", "chunks", "MB", "updated",
                 right=("files", "chunks", "MB"),
                 flexible=("project", "dataset", "branch"))  # fmt: skip
    for row, size in sized:
        made.add_row(
            safe(row.project),
            safe(row.name),
            row.scope,
            safe(row.branch or ""),
            row.sha[:7],
            f"{row.files:,}",
            f"{row.chunks:,}",
            f"{size / 1e6:.1f}",
            row.updated_at[5:16].replace("T", " "),
        )
    console.print(made, crop=False)
