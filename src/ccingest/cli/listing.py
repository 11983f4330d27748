"""`ccingest files`: which files a dataset has, and which were skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from ccingest.cli.command import opened_home
from ccingest.cli.options import ProjectOrAll, Text, project_or_none
from ccingest.cli.output import NO_DATASETS, Reply
from ccingest.documents.files import of_indexed_files, of_skipped_files
from ccingest.settings import DEFAULT_PROJECT
from ccingest.visible import safe

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.models import DatasetFiles

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
        return Reply(of_skipped_files(found), _writing(_skipped_rows(found)))
    return Reply(of_indexed_files(found), _writing(_indexed_rows(found)))


def _indexed_rows(found: Sequence[DatasetFiles]) -> Iterator[str]:
    if not found:
        yield NO_DATASETS
    name = _name_column(found)
    width = max((len(file.language) for one in found for file in one.indexed), default=0)
    for one in found:
        for file in one.indexed:
            yield f"{name(one)}{file.language:<{width}}  {file.chunks:>6,}  {safe(file.path)}"


def _skipped_rows(found: Sequence[DatasetFiles]) -> Iterator[str]:
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


def _writing(rows: Iterator[str]) -> Callable[[Console], None]:
    """Writes the rows past rich, which takes 10 s for 100,000. They have been made safe."""

    def show(console: Console) -> None:
        for row in rows:
            console.file.write(f"{row}\n")

    return show
