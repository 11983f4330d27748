"""`ccingest github add-org`: queue the repositories of an organisation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from ccingest.cli.options import (
    Exclude,
    Include,
    JsonFlag,
    MaxRetries,
    Model,
    Priority,
    Project,
    Scope,
)
from ccingest.cli.output import Reply, lines, safe, stderr
from ccingest.errors import UsageError
from ccingest.settings import DEFAULT_PROJECT, Settings, load_settings

if TYPE_CHECKING:
    from ccingest.events import Event
    from ccingest.hosting import HostedRepository
    from ccingest.jobs.records import Enqueued, JobRequest
    from ccingest.records import RepoRef
    from ccingest.references import OwnerRef

_Organisation: TypeAlias = Annotated[
    str, typer.Argument(metavar="ORG", help="The name of an organisation or a user.")
]
_Host: TypeAlias = Annotated[
    str | None, typer.Option("--host", help="A GitHub Enterprise host. Default: GH_HOST.")
]
_Match: TypeAlias = Annotated[
    str | None, typer.Option("--match", metavar="GLOB", help="Only names like this.")
]
_Archived: TypeAlias = Annotated[
    bool, typer.Option("--include-archived", help="Archived repositories too.")
]
_Forks: TypeAlias = Annotated[bool, typer.Option("--include-forks", help="Forks too.")]
_Limit: TypeAlias = Annotated[
    int | None, typer.Option("--limit", help="At most so many, by name.", min=1)
]
_DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Only list what would be queued.")
]
_Detach: TypeAlias = Annotated[
    bool, typer.Option("--detach", help="Always so: a `ccingest worker` runs the jobs.")
]


@dataclass(frozen=True, slots=True)
class _Choice:
    """What the flags choose of an organisation's repositories."""

    archived: bool
    forks: bool
    match: str | None
    limit: int | None


def add_org(
    organisation: _Organisation,
    host: _Host = None,
    match: _Match = None,
    include_archived: _Archived = False,
    include_forks: _Forks = False,
    limit: _Limit = None,
    dry_run: _DryRun = False,
    project: Project = DEFAULT_PROJECT,
    scope: Scope = "project",
    priority: Priority = 0,
    max_retries: MaxRetries = 3,
    include: Include = None,
    exclude: Exclude = None,
    model: Model = "",
    detach: _Detach = False,  # noqa: ARG001 - it always does
    json: JsonFlag = False,  # noqa: ARG001 - app.run looks at the flag
) -> Reply:
    """Queue the repositories of an organisation or a user.

    A `ccingest worker` runs them. Empty and disabled ones are left out, archived ones and forks too unless asked for.
    """
    from ccingest.cli.requests import request_maker
    from ccingest.references import parse_owner

    settings = load_settings()
    owner = parse_owner(
        f"{host.rstrip('/')}/{organisation}" if host else organisation, gh_host=settings.gh_host
    )
    make = request_maker(
        settings,
        project=project,
        scope=scope,
        priority=priority,
        max_retries=max_retries,
        include=include,
        exclude=exclude,
        model=model,
    )
    chosen, skipped = _listed(
        settings, owner, _Choice(include_archived, include_forks, match, limit)
    )
    document = {
        "organisation": owner.name,
        "host": owner.host,
        "repositories": [_document(one) for one in chosen],
        "skipped": dict(skipped),
    }
    if dry_run:
        rows = [safe(one.full_name) for one in chosen]
        return Reply(document | {"jobs": [], "refused": []}, _summary(rows, {}, skipped))
    settings.create_home()
    queued, refused = _queue(settings, [make(_reference(owner, one)) for one in chosen])
    return _reply(document, queued, refused, skipped)


def _listed(
    settings: Settings, owner: OwnerRef, choice: _Choice
) -> tuple[list[HostedRepository], Counter[str]]:
    """The chosen repositories, and how many were left out, by reason."""
    from ccingest.hosting import GitHubApi, why_skipped

    token = settings.token if owner.host == settings.gh_host else None
    chosen: list[HostedRepository] = []
    skipped: Counter[str] = Counter()
    with GitHubApi(owner.host, scheme=owner.scheme, token=token, emit=_tell) as api:
        for one in api.repositories(owner.name):
            why = why_skipped(one, archived=choice.archived, forks=choice.forks, match=choice.match)
            if why is None and api.is_empty(one):
                why = "empty"
            if why:
                skipped[why] += 1
                continue
            chosen.append(one)
            if len(chosen) == choice.limit:
                break
    return chosen, skipped


def _queue(
    settings: Settings, requests: list[JobRequest]
) -> tuple[list[Enqueued], list[tuple[str, UsageError]]]:
    """Each by itself: one whose dataset's name is taken does not stand in the others' way."""
    from ccingest.jobs.database import connect
    from ccingest.jobs.queue import enqueue

    queued, refused = [], []
    with closing(connect(settings.database)) as connection:
        for request in requests:
            try:
                queued.append(enqueue(connection, request))
            except UsageError as error:
                refused.append((request.ref.full_name, error))
    return queued, refused


def _reply(
    document: dict[str, Any],
    queued: list[Enqueued],
    refused: list[tuple[str, UsageError]],
    skipped: Counter[str],
) -> Reply:
    from ccingest.cli.documents import job_document
    from ccingest.cli.output import print_error

    for _, error in refused:
        print_error(error, as_json=False)
    states = ["queued" if one.created else f"{one.job.status} already" for one in queued]
    rows = [
        f"{one.job.id} {state}: {safe(one.job.ref.full_name)}"
        for one, state in zip(queued, states, strict=True)
    ]
    counts = Counter([*states, *("refused" for _ in refused)])
    document |= {
        "jobs": [job_document(one.job) for one in queued],
        "refused": [
            {"repository": name, "error": {"kind": error.kind, "message": error.message}}
            for name, error in refused
        ],
    }
    code = refused[0][1].exit_code if refused else 0
    return Reply(document, _summary(rows, counts, skipped), code)


def _summary(rows: list[str], counts: dict[str, int], skipped: Counter[str]) -> Callable[..., None]:
    done = ", ".join(f"{count} {what}" for what, count in counts.items())
    left_out = ", ".join(f"{count} {why}" for why, count in sorted(skipped.items()))
    last = [done or f"{len(rows)} repositories"]
    if left_out:
        last.append(f"skipped: {left_out}")
    return lines(*rows, "; ".join(last))


def _reference(owner: OwnerRef, one: HostedRepository) -> RepoRef:
    # Of its name, not of the URL that the host tells: that may lead anywhere.
    from ccingest.references import parse_reference

    return parse_reference(f"{owner.scheme}://{owner.host}/{one.full_name}")


def _document(one: HostedRepository) -> dict[str, Any]:
    return {
        "repository": one.full_name,
        "branch": one.default_branch,
        "archived": one.is_archived,
        "fork": one.is_fork,
        "private": one.is_private,
    }


def _tell(event: Event) -> None:
    from ccingest.events import Notice

    if isinstance(event, Notice):
        stderr().print(safe(event.message), soft_wrap=True)
