"""Queueing the repositories of an organisation or a user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from ccingest.app.home import Home
from ccingest.app.requests import AddOptions, check_options, request_for
from ccingest.models import HostedRepository, JobRequest, OrganizationResult
from ccingest.progress import Emit, discard
from ccingest.queue.enqueue import enqueue
from ccingest.settings import Settings
from ccingest.sources.references import OwnerRef, parse_owner, parse_reference
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class RepositoryChoice:
    """Which repositories of an organisation to queue. Empty and disabled ones are always left out."""

    archived: bool = False
    forks: bool = False
    match: str | None = None  # a glob for the name without its owner
    limit: int | None = None  # the most repositories, by name


def list_organization(
    settings: Settings, organization: str, choice: RepositoryChoice, emit: Emit = discard
) -> OrganizationResult:
    """Ask the host for the repositories. Raises InvalidReferenceError, and what GitHubApi raises."""
    owner = parse_owner(organization, gh_host=settings.gh_host)
    chosen: list[HostedRepository] = []
    skipped: Counter[str] = Counter()
    for one, why in _with_skip_reasons(settings, owner, choice, emit):
        if why:
            skipped[why] += 1
            continue
        chosen.append(one)
        if len(chosen) == choice.limit:
            break
    return OrganizationResult(owner.name, owner.host, tuple(chosen), dict(skipped))


def enqueue_organization(
    home: Home,
    organization: str,
    choice: RepositoryChoice,
    options: AddOptions,
    emit: Emit = discard,
) -> OrganizationResult:
    """Queue each repository.

    Raises what `list_organization` and `check_options` raise.
    """
    owner = parse_owner(organization, gh_host=home.settings.gh_host)
    checked = check_options(home.settings, options)
    found = list_organization(home.settings, organization, choice, emit)
    home.settings.create_home()
    requests = [_request(owner, one, checked) for one in found.repositories]
    queued = [enqueue(home.connection, request) for request in requests]
    return replace(found, queued=tuple(queued))


def _with_skip_reasons(
    settings: Settings, owner: OwnerRef, choice: RepositoryChoice, emit: Emit
) -> Iterator[tuple[HostedRepository, str | None]]:
    """Each repository, and why it is left out; None when it is not."""
    from ccingest.sources.hosting import GitHubApi, skip_reason

    token = settings.token if owner.host == settings.gh_host else None
    with GitHubApi(owner.host, scheme=owner.scheme, token=token, emit=emit) as api:
        for one in api.repositories(owner.name):
            why = skip_reason(one, archived=choice.archived, forks=choice.forks, match=choice.match)
            if why is None and api.is_empty(one):
                why = "empty"
            yield one, why


def _request(owner: OwnerRef, one: HostedRepository, options: AddOptions) -> JobRequest:
    # From its name, because the URL that the host sends may lead anywhere.
    reference = parse_reference(f"{owner.scheme}://{owner.host}/{one.full_name}")
    return request_for(reference, options)
