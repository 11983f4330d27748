"""The bodies that requests may have.

Those of the replaced service ignore fields that they don't know, as it did, so that its clients work
unchanged. Ours refuse them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from ccingest.models import MOST_PAGES

_TRUE = ("true", "on", "1", 1)
_FALSE = ("false", "off", "0", 0, "", None)


def _flag(value: Any) -> Any:
    """Forms and shells write a flag as text or as a number."""
    known = value.lower() if isinstance(value, str) else value
    if isinstance(known, (bool, int, str, type(None))):
        return True if known in _TRUE else False if known in _FALSE else value
    return value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Flag = Annotated[
    bool,
    BeforeValidator(_flag),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "boolean"},
                {"enum": ["true", "false", "on", "off", "1", "0", "", 1, 0, None]},
            ],
            "default": False,
        }
    ),
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255, strict=True)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=8192, strict=True)]
Commit = Annotated[Name, StringConstraints(pattern="^[0-9a-fA-F]{40}$")]
Scope = Literal["project", "global", "local"]
Names = Annotated[
    list[Name],
    BeforeValidator(_as_list),
    Field(max_length=100),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": 255},
                {
                    "type": "array",
                    "maxItems": 100,
                    "items": {"type": "string", "minLength": 1, "maxLength": 255},
                },
            ]
        }
    ),
]


class _Old(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class _Own(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class GithubBody(_Old):
    """`repo` is `org/repo`, or the URL of a git repository."""

    repo: Text
    branch: Name | None = None
    sha: Commit | None = None
    dataset: Name | None = None
    scope: Scope = "project"
    force: Flag = False


class LocalBody(_Old):
    """`path` is absolute, on the machine of the server, below a folder that the operator allows."""

    path: Annotated[Text, StringConstraints(pattern="^/")]
    branch: Name | None = None
    sha: Commit | None = None
    dataset: Name | None = None
    scope: Scope = "project"
    force: Flag = False


class CrawlBody(_Old):
    """`start_url` is where the crawl begins."""

    start_url: Text
    crawl_type: Literal["single", "recursive", "sitemap", "batch"] = "recursive"
    max_pages: Annotated[int, Field(ge=1, le=MOST_PAGES)] | None = None
    depth: Annotated[int, Field(ge=0, le=100)] | None = None
    dataset: Name | None = None
    scope: Scope = "project"
    force: Flag = False


class RemovalBody(_Old):
    """One of both, or both. They may be given in the query instead."""

    dataset: Name | None = None
    repo: Text | None = None


class QueryBody(_Old):
    """`dataset` is a name, a glob such as `acme-*`, or a list of them."""

    query: Annotated[str, StringConstraints(min_length=1, max_length=20_000, strict=True)]
    dataset: Names | None = None
    include_global: Annotated[Flag, Field(alias="includeGlobal")] = True
    top_k: Annotated[int | None, Field(alias="topK", ge=1, le=1000)] = None
    k: Annotated[int, Field(ge=1, le=1000)] | None = None
    threshold: Annotated[float, Field(ge=0, le=1, strict=False)] | None = None
    repo: Name | None = None
    lang: Name | None = None
    path_prefix: Annotated[Name | None, Field(alias="pathPrefix")] = None
    old_path_prefix: Annotated[Name | None, Field(alias="path_prefix")] = None


class ScheduleBody(_Own):
    """Exactly one of `every` ("6h") and `cron` ("0 3 * * *"). `repo` may be a folder or a site."""

    repo: Text
    source: Literal["github", "folder", "web"] = "github"
    every: Name | None = None
    cron: Name | None = None
    branch: Name | None = None
    dataset: Name | None = None
    scope: Scope = "project"
