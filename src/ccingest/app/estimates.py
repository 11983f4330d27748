"""What adding sources would cost, before it is done."""

from __future__ import annotations

from collections.abc import Sequence

from ccingest.app.home import Home
from ccingest.db.catalog import find_dataset
from ccingest.db.manifests import manifest
from ccingest.models import Estimate, JobRequest
from ccingest.models.sources import short_branch
from ccingest.progress import Emit, discard


def estimate_requests(
    home: Home, requests: Sequence[JobRequest], emit: Emit = discard
) -> list[Estimate]:
    """What the jobs of these requests would embed. Fetches the sources, and writes nothing else.

    Raises what a job would end with: the errors of the source, NetworkError, AccessError.
    """
    return [_estimate(home, request, emit) for request in requests]


def _estimate(home: Home, request: JobRequest, emit: Emit) -> Estimate:
    from ccingest.pipeline.estimating import estimate
    from ccingest.pipeline.request import IngestRequest
    from ccingest.sources import open_source

    base = find_dataset(home.connection, request.project, request.dataset)
    if base and base.source.identity != request.source.identity:
        base = None  # it would get another name, or be refused
    held = base.wanted_branch if base else None
    branch = held if held and short_branch(held) == request.branch else request.branch
    asked = IngestRequest(
        new_table="",
        branch=branch,
        revision=request.revision,
        options=request.options,
        base=base,
        manifest=manifest(home.connection, base.dataset_id) if base else {},
    )
    source = open_source(request.source, home.settings, request.options)
    names = request.project, request.dataset
    return estimate(source, asked, home.settings, home.open_store(), names, emit)
