"""What the tools take. The descriptions are what an agent knows of them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field

from ccingest.models import SNIPPET_LINES
from ccingest.server.mcp.answers import DEFAULT_TOKENS

# Of a list. Each item that is wrong would be an error of its own.
MOST_MEMBERS = 1000
_LINE = "A line of it, from 1."
_REPO = (
    "The dataset or the repository, as list_repositories and the hits name it: a name, org/repo, or "
    "the path of a folder."
)


def _as_list(value: Any) -> Any:
    """Some clients send a list as JSON in a text, and agents a single name instead of a list."""
    if not isinstance(value, str):
        return [] if value is None else value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return [value]
    return parsed if isinstance(parsed, list) else [value]


def _few(value: Any) -> Any:
    if isinstance(value, list) and len(value) > MOST_MEMBERS:
        raise ValueError(f"it may have {MOST_MEMBERS:,} items at most")
    return value


# The last one that is written is the first that is asked.
Texts = Annotated[list[str], FailFast(), BeforeValidator(_few), BeforeValidator(_as_list)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Repo = Annotated[str, Field(min_length=1, max_length=4096, description=_REPO)]
Path = Annotated[
    str,
    Field(min_length=1, max_length=4096, description="Its path; the last parts of it are enough."),
]
Line = Annotated[int, Field(ge=1, le=2**31 - 2)]


class Arguments(BaseModel):
    """Unknown arguments are refused: an agent that misspells one must not believe that it helped."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SearchArguments(Arguments):
    query: Text = Field(
        description="A question in plain words, the name of something, an error message, or code."
    )
    repos: Texts = Field(
        default=[],
        description="Only these: names of datasets, org/repo, globs, or paths of folders. Default: "
        "all of the project.",
    )
    paths: Texts = Field(
        default=[], description="Only files that match one of these globs; `!GLOB` leaves out."
    )
    languages: Texts = Field(default=[], description="Only these languages, such as python.")
    content: Literal["all", "code", "docs", "config", "tests"] = Field(
        default="all", description="What kind of files to search."
    )
    limit: int = Field(default=10, ge=1, le=100, description="Most hits.")
    snippet_lines: int = Field(
        default=SNIPPET_LINES,
        ge=1,
        le=200,
        description="Lines of a hit, on the mean: more of the first.",
    )
    max_tokens: int = Field(
        default=DEFAULT_TOKENS, ge=500, le=100_000, description="Most tokens of the answer."
    )


class ReadArguments(Arguments):
    repo: Repo
    path: Path
    start: Line | None = Field(default=None, description="The first line. Default: 1.")
    end: Line | None = Field(default=None, description="The last line. Default: of the file.")


class OutlineArguments(Arguments):
    repo: Repo
    path: Path


class SimilarArguments(Arguments):
    repo: Repo
    path: Path
    line: Line = Field(description=_LINE)


class ListArguments(Arguments):
    match: str = Field(
        default="", max_length=4096, description="Only those whose name has this in it; or a glob."
    )


class AddArguments(Arguments):
    url_or_path: str = Field(
        min_length=1,
        max_length=4096,
        description="org/repo, a URL of a repository, or the absolute path of a local one.",
    )
    branch: str | None = Field(
        default=None, max_length=1024, description="Default: the repository's own default."
    )
    wait_seconds: float = Field(
        default=20,
        ge=0,
        le=3600,
        description="How long to wait for the end; a job goes on in the background after that.",
    )


class JobArguments(Arguments):
    id: str = Field(min_length=1, max_length=64, description="The job's id.")
    cancel: bool = Field(default=False, description="Whether to cancel it.")


class WatchArguments(Arguments):
    """Of `job` in a server that only reads."""

    id: str = Field(min_length=1, max_length=64, description="The job's id.")
