"""Jobs: listing, reading, cancelling and retrying them, in the documents of the command line."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from ccingest import documents
from ccingest.documents import types
from ccingest.errors import JobNotFoundError
from ccingest.models import Job, Status
from ccingest.server.http.context import Server, Serving, project_or_none
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
    chosen = server.options.project or project_or_none(project)
    found = await server.threads.call(
        server.client.jobs, project=chosen, status=status, limit=limit
    )
    return documents.of_all("jobs", found)


@router.get("/{job_id}", responses=_JOB)
async def job(job_id: _JobId, server: Serving) -> dict[str, Any]:
    """One job."""
    return documents.of(await _own(server, job_id))


@router.post("/{job_id}/cancel", responses=_JOB)
async def cancel(job_id: _JobId, server: Serving) -> dict[str, Any]:
    """Cancel a pending job at once, or a running one within a second."""
    await _check_own(server, job_id)
    return documents.of(await server.threads.call(server.client.cancel, job_id))


@router.post("/{job_id}/retry", responses=_JOB)
async def retry(job_id: _JobId, server: Serving) -> dict[str, Any]:
    """Queue a failed or cancelled job again."""
    await _check_own(server, job_id)
    return documents.of(await server.threads.call(server.client.retry, job_id))


@router.get("/{job_id}/logs", responses=answers({200: types.JobLogDocument}, 400, 404))
async def logs(job_id: _JobId, server: Serving) -> dict[str, Any]:
    """What the worker of a job wrote about it."""
    await _check_own(server, job_id)
    return documents.of(await server.threads.call(server.client.job_log, job_id))


async def _own(server: Server, job_id: str) -> Job:
    """The job. Raises JobNotFoundError for one of another project than the server has."""
    found = await server.threads.call(server.client.job, job_id)
    if server.options.project not in (None, found.project):
        raise JobNotFoundError(f"No job {job_id!r}.")
    return found


async def _check_own(server: Server, job_id: str) -> None:
    if server.options.project is not None:
        await _own(server, job_id)
