"""`ccingest web add`: bring documentation sites in."""

from __future__ import annotations

from typing import Annotated

import typer
from typer import Argument, Option

from ccingest.cli import options as opt
from ccingest.cli.adding import add_all
from ccingest.cli.command import DocumentCommand
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.output import Reply

_Sites = Annotated[
    list[str], Argument(metavar="URL...", help="The first page, or the folder of all pages.")
]
_Mode = Annotated[
    str,
    Option(
        metavar="recursive|sitemap|page",
        help="Follow links below the first page, read what the sitemap lists, or one page.",
    ),
]
_MaxPages = Annotated[
    int, Option("--max-pages", metavar="N", min=1, max=50_000, help="Most pages.")
]
_Depth = Annotated[int, Option(metavar="N", min=0, help="Most links from the first page.")]
_Private = Annotated[
    bool,
    Option("--allow-private", help="Also hosts of this machine and its network."),
]
_Force = Annotated[bool, Option("--force", help="Read all pages again, also when nothing changed.")]
_NoCache = Annotated[bool, Option("--no-cache", help="Fetch it again, and don't keep the pages.")]

app = typer.Typer(help="Datasets from documentation sites.", no_args_is_help=True)


@app.command("add", cls=DocumentCommand)
def add(
    sites: _Sites,
    mode: _Mode = "recursive",
    max_pages: _MaxPages = 2000,
    depth: _Depth = 32,
    include: opt.Include = None,
    exclude: opt.Exclude = None,
    allow_private: _Private = False,
    dataset: opt.Dataset = None,
    project: opt.Project = DEFAULT_PROJECT,
    scope: opt.Scope = "project",
    force: _Force = False,
    no_cache: _NoCache = False,
    priority: opt.Priority = 0,
    max_retries: opt.MaxRetries = 3,
    model: opt.Model = "",
    detach: opt.Detach = False,
    dry_run: opt.DryRun = False,
) -> Reply:
    """Make datasets of documentation sites, or bring them up to date."""
    from ccingest.app.requests import AddOptions

    options = AddOptions(
        dataset=dataset,
        project=project,
        scope=scope,
        include=include or (),
        exclude=exclude or (),
        model=model,
        force=force,
        cache=not no_cache,
        mode=mode,
        max_pages=max_pages,
        depth=depth,
        allow_private=allow_private,
        priority=priority,
        max_retries=max_retries,
        source="web",
    )
    return add_all(sites, options, detach=detach, dry_run=dry_run)
