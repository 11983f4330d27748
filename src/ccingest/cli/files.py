"""`ccingest show`, `outline`, `similar` and `open`: stored files, their symbols, and similar code."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated

from typer import Argument, Option

from ccingest import documents
from ccingest.cli.here import HereFlag, on_disk, scope_of
from ccingest.cli.options import Datasets, Limit, ProjectOrAll
from ccingest.running.home import opened_home
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.datasets import tell_damaged
from ccingest.terminal.hits import FORMAT_METAVAR, Form, reply_with, show_lines
from ccingest.terminal.output import Reply, lines, report
from ccingest.visible import safe

_HELP = "In the repository, after `DATASET:` if need be; the end of the path is enough."
_Path = Annotated[str, Argument(metavar="PATH", help=_HELP)]
_Lines = Annotated[str, Argument(metavar="PATH[:START-END]", help=_HELP)]
_Line = Annotated[str, Argument(metavar="PATH:LINE", help="A line of a stored file, from 1.")]
_Format = Annotated[
    str, Option("--format", metavar=FORMAT_METAVAR, help="How the hits are printed.")
]


def show(
    path: _Lines,
    here: HereFlag = False,
    dataset: Datasets = None,
    project: ProjectOrAll = DEFAULT_PROJECT,
) -> Reply:
    """Print a stored file, or lines of it. It is as at the dataset's commit."""
    from ccingest.app.read import read_lines

    scope = scope_of(project, dataset or (), here=here)
    with opened_home() as home:
        found = read_lines(home, path, scope)
    return Reply(documents.of(found), partial(show_lines, found=found))


def outline(
    path: _Path,
    here: HereFlag = False,
    dataset: Datasets = None,
    project: ProjectOrAll = DEFAULT_PROJECT,
) -> Reply:
    """List the symbols that a stored file defines, with their lines."""
    from ccingest.app.read import read_outline

    scope = scope_of(project, dataset or (), here=here)
    with opened_home() as home:
        found = read_outline(home, path, scope)
    rows = [f"{symbol.line:>6}  {safe(symbol.name)}" for symbol in found.symbols]
    return Reply(documents.of(found), lines(*(rows or ["No symbols."])))


def similar(
    place: _Line,
    k: Limit = 5,
    here: HereFlag = False,
    dataset: Datasets = None,
    project: ProjectOrAll = DEFAULT_PROJECT,
    form: _Format = "human",
) -> Reply:
    """Find code like that at a line. `--dataset` says where the line is and where to look."""
    from ccingest.app.datasets import damaged_datasets
    from ccingest.app.read import find_similar
    from ccingest.app.search import HomeSearcher

    shown = Form(form)
    scope = scope_of(project, dataset or (), here=here)
    with opened_home() as home:
        found = find_similar(home, HomeSearcher(home), place, scope, k=k)
        unreadable = () if scope.datasets else damaged_datasets(home, scope.project)
        code = tell_damaged((*found.damaged, *unreadable))
    shown = replace(shown, datasets=found.datasets, find_on_disk=on_disk)
    return reply_with(documents.of(found), found.hits, shown, code)


_HIT_HELP = "As a hit names it, after `DATASET:` if need be."

_Hit = Annotated[str, Argument(metavar="PATH[:START-END]", help=_HIT_HELP)]
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
