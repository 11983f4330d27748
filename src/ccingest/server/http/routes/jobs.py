"""Jobs: listing, reading, cancelling and retrying them, in the documents of the command line."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from ccingest import documents
from ccingest.documents import types
from ccingest.models import Status
from ccingest.server.http.context import Serving, project_or_none
from ccingest.server.http.openapi import answers

router = APIRouter(prefix="/jobs", tags=["jobs"])

_JobId = Annotated[str, Path(max_length=64, description="A job's id, or how it begins.")]
_JOB = answers({200: types.JobDocument}, 400, 404)


@router.get("", responses=answers({200: types.JobsDocument}))
async def jobs(
    server: Serving,
    project: Annotated[str, Query(max_length=255)] = "all",
    status: Status | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 20,
) -> dict[str, Any]:
    """The jobs, newest first."""
    found = await server.threads.call(
        server.client.jobs, project=project_or_none(project), status=status, limit=limit
    )
    return documents.of_all("jobs", found)


@router.get("/{job_id}", responses=_JOB)
async def job(job_id: _JobId, server: Serving) -> dict[str, Any]:
    """One job."""
    return documents.of(await server.threads.call(server.client.job, job_id))


@router.post("/{job_id}/cancel", responses=_JOB)
async def cancel(job_id: _JobId, server: Serving) -> dict[str, Any]:
    """Cancel a pending job at once, or a running one within a second."""
    return documents.of(await server.threads.call(server.client.cancel, job_id))


@router.post("/{job_id}/retry", responses=_JOB)
async def retry(job_id: _JobId, server: Serving) -> dict[str, Any]:
    """Queue a failed or cancelled job again."""
    return documents.of(await server.threads.call(server.client.retry, job_id))


@router.get("/{job_id}/logs", responses=answers({200: types.JobLogDocument}, 400, 404))
async def logs(job_id: _JobId, server: Serving) -> dict[str, Any]:
    """What the worker of a job wrote about it."""
    return documents.of(await server.threads.call(server.client.job_log, job_id))
