"""`ccingest files`: which files a dataset has, and which were skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from ccingest.cli.command import opened_home
from ccingest.cli.options import ProjectOrAll, Text, project_or_none
from ccingest.documents.files import of_indexed_files, of_skipped_files
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.datasets import indexed_rows, skipped_rows
from ccingest.terminal.output import Reply, written

if TYPE_CHECKING:
    pass

_Dataset = Annotated[Text, Argument(metavar="[DATASET]", help="Default: all of the project.")]
_Skipped = Annotated[bool, Option("--skipped", help="The files that are not indexed, and why.")]


def files(
    dataset: _Dataset = None,
    skipped: _Skipped = False,
    project: ProjectOrAll = DEFAULT_PROJECT,
) -> Reply:
    """List the files of a dataset with their language and chunks, or those that were skipped."""
    from ccingest.app.datasets import files_of

    with opened_home() as home:
        found = files_of(home, project_or_none(project), dataset)
    if skipped:
        return Reply(of_skipped_files(found), written(skipped_rows(found)))
    return Reply(of_indexed_files(found), written(indexed_rows(found)))
