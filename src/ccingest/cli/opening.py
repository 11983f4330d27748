"""`ccingest open`: the place of a hit in an editor or in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from ccingest import documents
from ccingest.cli.command import opened_home
from ccingest.cli.here import HereFlag, scope_of
from ccingest.cli.options import Datasets, ProjectOrAll
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.output import Reply, report

if TYPE_CHECKING:
    pass

_HELP = "As a hit names it, after `DATASET:` if need be."

_Hit = Annotated[str, Argument(metavar="PATH[:START-END]", help=_HELP)]
_Web = Annotated[bool, Option("--web", "-w", help="In the browser: the permalink.")]


def open_hit(
    hit: _Hit,
    web: _Web = False,
    here: HereFlag = False,
    dataset: Datasets = None,
    project: ProjectOrAll = DEFAULT_PROJECT,
) -> Reply:
    """Open the place of a hit in $VISUAL or $EDITOR, at its line.

    It is the file in the work tree that the dataset was made of. Elsewhere it is a read-only copy, as
    at the dataset's commit.
    """
    from ccingest.app.read import find_file
    from ccingest.terminal.editors import editor_of, usual_editor
    from ccingest.terminal.opening import browse, edit

    scope = scope_of(project, dataset or (), here=here)
    with opened_home() as home:
        found = find_file(home, hit, scope)
    if web:
        browse(found)
    else:
        edit(found, editor_of() or usual_editor())
    return report(documents.of(found))
