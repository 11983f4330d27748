"""The flags that several commands share, with one wording each."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

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

ALL_PROJECTS = "all"


def project_or_none(project: str) -> str | None:
    """`all` means every project: None."""
    return None if project == ALL_PROJECTS else project
