"""The bodies that requests may have.

Those of the replaced service ignore fields that they don't know, as it did, so that its clients work
unchanged. Ours refuse them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ccingest.models import MOST_PAGES
from ccingest.server.http.forms import (
    Branch,
    Commit,
    Fields,
    Flag,
    Folder,
    Language,
    Name,
    Names,
    Prefix,
    Repository,
    Site,
    Span,
    Whole,
)

Scope = Literal["project", "global", "local"]


# Of a body, or of a list in it. Each that is wrong is an error of 500 bytes, which take 20 µs each.
_MOST_MEMBERS = 1000


class _Body(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def _has_few_members(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        parts = [given, *(one for one in given.values() if isinstance(one, (list, dict)))]
        if max(map(len, parts)) > _MOST_MEMBERS:
            raise ValueError(f"Nothing may have over {_MOST_MEMBERS:,} members")
        return given


class _Old(_Body):
    model_config = ConfigDict(extra="ignore", strict=True)


class _Own(_Body):
    model_config = ConfigDict(extra="forbid", strict=True)


class GithubBody(_Old):
    """`repo` is `org/repo`, or the URL of a git repository."""

    repo: Repository
    branch: Branch | None = None
    sha: Commit | None = None
    dataset: Name | None = None
    scope: Scope = "project"
    force: Flag = False


class LocalBody(_Old):
    """`path` is absolute, on the machine of the server, below a folder that the operator allows."""

    path: Folder
    branch: Branch | None = None
    sha: Commit | None = None
    dataset: Name | None = None
    scope: Scope = "project"
    force: Flag = False


class CrawlBody(_Old):
    """`start_url` is where the crawl begins."""

    start_url: Site
    crawl_type: Literal["single", "recursive", "sitemap", "batch"] = "recursive"
    max_pages: Annotated[Whole, Field(ge=1, le=MOST_PAGES)] | None = None
    depth: Annotated[Whole, Field(ge=0, le=100)] | None = None
    dataset: Name | None = None
    scope: Scope = "project"
    force: Flag = False


class RemovalBody(_Old):
    """One of both, or both. They may be given in the query instead."""

    dataset: Name | None = None
    repo: Repository | None = None


class QueryBody(_Old):
    """`dataset` is a name, a glob such as `acme-*`, or a list of them."""

    query: Annotated[str, StringConstraints(min_length=1, max_length=20_000, strict=True)]
    dataset: Names | None = None
    include_global: Annotated[Flag, Field(alias="includeGlobal")] = True
    top_k: Annotated[Annotated[Whole, Field(ge=1, le=1000)] | None, Field(alias="topK")] = None
    k: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    threshold: Annotated[float, Field(ge=0, le=1, strict=False)] | None = None
    repo: Name | None = None
    lang: Language | None = None
    path_prefix: Annotated[Prefix | None, Field(alias="pathPrefix")] = None
    old_path_prefix: Annotated[Prefix | None, Field(alias="path_prefix")] = None


class ScheduleBody(_Own):
    """Exactly one of `every` ("6h") and `cron` ("0 3 * * *"). `repo` may be a folder or a site."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["every"], "properties": {"every": {"type": "string"}}},
                {"required": ["cron"], "properties": {"cron": {"type": "string"}}},
            ]
        }
    )

    repo: Repository
    every: Span | None = None
    cron: Fields | None = None
    branch: Branch | None = None
    dataset: Name | None = None
    scope: Scope = "project"
