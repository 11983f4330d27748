"""The flags and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from ccingest.settings import ALL_PROJECTS

JsonFlag: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout, for programs.")
]
Project: TypeAlias = Annotated[
    str, typer.Option("--project", "-p", help="The project, a namespace of datasets.")
]
ProjectOrAll: TypeAlias = Annotated[
    str, typer.Option("--project", "-p", help="The project, or `all`.")
]
JobId: TypeAlias = Annotated[
    str, typer.Argument(metavar="JOB", help="The job's id, or the first characters of it.")
]

# For `github add` and `schedule add`.
Repo: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="REPO", help="org/repo, a URL of GitHub or GitHub Enterprise, or a local path."
    ),
]
Branch: TypeAlias = Annotated[
    str | None, typer.Option("--branch", "-b", help="Default: the repository's own default.")
]
Dataset: TypeAlias = Annotated[
    str | None, typer.Option("--dataset", "-d", help="Its name. Default: org-repo.")
]
Scope: TypeAlias = Annotated[
    str,
    typer.Option(
        help="`project`; `global`: searched from every project; `local`: only when named."
    ),
]
Priority: TypeAlias = Annotated[int, typer.Option(help="Higher runs earlier.", min=-1000, max=1000)]
MaxRetries: TypeAlias = Annotated[
    int, typer.Option(help="For failures that can pass.", min=0, max=100)
]
Include: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--include", metavar="GLOB", help="Only such files. Repeatable."),
]
Exclude: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="GLOB", help="Not such files. Repeatable."),
]
Model: TypeAlias = Annotated[
    str, typer.Option("--model", help="A model of fastembed, or a folder with one.")
]


def project_or_none(project: str) -> str | None:
    """The project, or None for `all`, which means every project."""
    return None if project == ALL_PROJECTS else project
