"""Adding, listing and deleting datasets, by the paths of the replaced service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from ccingest.documents import service
from ccingest.errors import NotFoundError, UsageError
from ccingest.models.submissions import Reach
from ccingest.server.http.bodies import CrawlBody, GithubBody, LocalBody, RemovalBody
from ccingest.server.http.context import Server, Serving, project_or_none
from ccingest.server.http.errors import NotBuiltError, sentence_of, status_of
from ccingest.server.http.openapi import answers

router = APIRouter(prefix="/projects/{project}/ingest", tags=["ingest"])

_SUBMITTED = answers(
    {200: service.SubmissionDocument, 202: service.SubmissionDocument}, 400, 403, 404
)


@router.post("/github", status_code=202, responses=_SUBMITTED)
async def add_repository(project: str, body: GithubBody, server: Serving) -> JSONResponse:
    """Queue a job that makes a dataset of a git repository, or brings it up to date.

    202 when it is queued; 200 when the same is queued or running already, or there is nothing to do.
    """
    return await _submit(server, project, body.repo, body)


@router.post("/local", status_code=202, responses=_SUBMITTED)
async def add_folder(project: str, body: LocalBody, server: Serving) -> JSONResponse:
    """The same of a git repository in a folder of the server's machine."""
    if not body.path.startswith("/"):
        raise UsageError("path must be absolute; it begins with a slash.", parameter="path")
    return await _submit(server, project, body.path, body, extra={"path": body.path})


@router.post(
    "/crawl", status_code=202, responses=answers({202: service.SubmissionDocument}, 400, 501)
)
async def add_site(project: str, body: CrawlBody, server: Serving) -> JSONResponse:  # noqa: ARG001
    """Queue a job that makes a dataset of a web site."""
    raise NotBuiltError("This server takes no web sites yet.")


async def _submit(
    server: Server,
    project: str,
    reference: str,
    body: GithubBody | LocalBody,
    extra: Mapping[str, str] | None = None,
) -> JSONResponse:
    options = server.options
    made = await server.threads.call_slow(
        server.client.submit,
        reference,
        Reach(options.folders, private=options.allow_private),
        project=project,
        branch=body.branch,
        revision=body.sha,
        dataset=body.dataset,
        scope=body.scope,
        force=body.force,
    )
    document = {**service.of_submission(made), **(extra or {})}
    return JSONResponse(document, 202 if made.created else 200)


@router.get("/history", responses=answers({200: list[service.HistoryItemDocument]}))
async def history(
    project: str, server: Serving, limit: Annotated[int, Query(ge=1, le=1000)] = 20
) -> list[dict[str, Any]]:
    """The jobs of a project, or of `all`, newest first."""
    jobs = await server.threads.call(
        server.client.jobs, project=project_or_none(project), limit=limit
    )
    return service.of_history(jobs)


@router.delete(
    "/github",
    responses=answers({200: service.RemovedDocument, 404: service.MissingDocument}, 400),
)
async def delete_repository(
    project: str,
    server: Serving,
    body: RemovalBody | None = None,
    dataset: Annotated[str | None, Query(max_length=255)] = None,
    repo: Annotated[str | None, Query(max_length=8192)] = None,
) -> JSONResponse:
    """Delete a dataset by its name, or the datasets of a repository."""
    asked = body or RemovalBody()
    name, repository = asked.dataset or dataset, asked.repo or repo
    try:
        gone = await server.threads.call(
            server.client.delete, name, repository=repository, project=project
        )
    except NotFoundError as error:
        document = service.of_missing(error.kind, sentence_of(error), project, name or repository)
        return JSONResponse(document, status_of(error))
    return JSONResponse(service.of_removal(gone))
