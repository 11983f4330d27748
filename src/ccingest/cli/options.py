"""The flags and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from typer import Argument, Option

from ccingest.settings import ALL_PROJECTS

# What an option gives that may be left out, once or several times.
Text: TypeAlias = str | None
Texts: TypeAlias = list[str] | None

_REPO_HELP = "org/repo, a URL of GitHub or GitHub Enterprise, or a local path."

Project = Annotated[
    str, Option("--project", "-p", metavar="PROJECT", help="A namespace of datasets.")
]
ProjectOrAll = Annotated[
    str, Option("--project", "-p", metavar="PROJECT|all", help="One project, or all.")
]
JobId = Annotated[str, Argument(metavar="JOB", help="The job's id, or the first characters of it.")]
Detach = Annotated[bool, Option("--detach", help="Only queue; a `ccingest worker` runs it.")]

# For the commands that search.
Limit = Annotated[int, Option("-k", "--limit", min=1, max=1000, help="Most hits.")]
Datasets = Annotated[
    Texts, Option("--dataset", "-d", metavar="DATASET", help="Only this dataset. Repeatable.")
]

# For the commands that add.
DryRun = Annotated[
    bool, Option("--dry-run", help="Only count files, chunks and tokens; embed nothing.")
]
Force = Annotated[bool, Option("--force", help="Read all files again, also when nothing changed.")]
Hidden = Annotated[
    bool, Option("--hidden", help="Of folders: also what begins with a dot. Never .git.")
]
SourceKind = Annotated[
    Text,
    Option("--source", metavar="github|folder|web", help="What it is, where it could be several."),
]
Repo = Annotated[str, Argument(metavar="REPO", help=_REPO_HELP)]
Repos = Annotated[Texts, Argument(metavar="REPO...", help=_REPO_HELP)]
Branch = Annotated[
    Text, Option("--branch", "-b", metavar="BRANCH", help="Default: the repository's own default.")
]
Dataset = Annotated[
    Text, Option("--dataset", "-d", metavar="DATASET", help="Its name. Default: org-repo.")
]
Scope = Annotated[
    str,
    Option(
        metavar="project|global|local",
        help="Searched from its project, from every project, or only when named.",
    ),
]
Priority = Annotated[int, Option(help="Higher runs earlier.", min=-1000, max=1000)]
MaxRetries = Annotated[int, Option(help="For failures that can pass.", min=0, max=100)]
Include = Annotated[Texts, Option(metavar="GLOB", help="Only such files. Repeatable.")]
Exclude = Annotated[Texts, Option(metavar="GLOB", help="Not such files. Repeatable.")]
Model = Annotated[
    str,
    Option(
        "--model",
        metavar="MODEL",
        help="A model of fastembed, a folder with one, or as openai:text-embedding-3-small.",
    ),
]


def project_or_none(project: str) -> str | None:
    """The project, or None for `all`, which means every project."""
    return None if project == ALL_PROJECTS else project
