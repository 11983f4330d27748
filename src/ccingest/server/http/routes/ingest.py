"""Adding, listing and deleting datasets, by the paths of the replaced service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from ccingest.documents import service
from ccingest.errors import NotFoundError
from ccingest.server.http.bodies import CrawlBody, GithubBody, LocalBody, RemovalBody
from ccingest.server.http.context import Server, Serving, project_or_none
from ccingest.server.http.errors import sentence_of, status_of
from ccingest.server.http.forms import Project
from ccingest.server.http.openapi import answers

if TYPE_CHECKING:
    from ccingest.app.requests import AddKeywords

router = APIRouter(prefix="/projects/{project}/ingest", tags=["ingest"])

# What the replaced service called the ways of a crawl. Its `batch` was a list of addresses.
_MODES = {"single": "page", "batch": "page", "recursive": "recursive", "sitemap": "sitemap"}
_SUBMITTED = answers(
    {200: service.SubmissionDocument, 202: service.SubmissionDocument}, 400, 403, 404
)


@router.post("/github", status_code=202, responses=_SUBMITTED)
async def add_repository(project: Project, body: GithubBody, server: Serving) -> JSONResponse:
    """Queue a job that makes a dataset of a git repository, or brings it up to date.

    202 when it is queued; 200 when the same is queued or running already, or there is nothing to do.
    """
    options = _common(project, body)
    options |= {"source": "github", "branch": body.branch, "revision": body.sha}
    return await _submit(server, body.repo, options, {})


@router.post("/local", status_code=202, responses=_SUBMITTED)
async def add_folder(project: Project, body: LocalBody, server: Serving) -> JSONResponse:
    """The same of a folder of the server's machine, as its files are now.

    With `branch` or `sha` of the git repository that it holds, at that commit.
    """
    options = _common(project, body)
    if body.branch or body.sha:
        options |= {"source": "github", "branch": body.branch, "revision": body.sha}
    else:
        options |= {"source": "folder"}
    return await _submit(server, body.path, options, {"path": body.path})


@router.post("/crawl", status_code=202, responses=_SUBMITTED)
async def add_site(project: Project, body: CrawlBody, server: Serving) -> JSONResponse:
    """The same of a documentation site.

    One that was read already is not read again without `force`; a schedule keeps it up to date.
    """
    options = _common(project, body)
    options |= {"source": "web", "mode": _MODES[body.crawl_type]}
    if body.max_pages is not None:
        options["max_pages"] = body.max_pages
    if body.depth is not None:
        options["depth"] = body.depth
    return await _submit(server, body.start_url, options, {"start_url": body.start_url})


def _common(project: str, body: GithubBody | LocalBody | CrawlBody) -> AddKeywords:
    return {
        "project": project,
        "dataset": body.dataset,
        "scope": body.scope,
        "force": body.force,
    }


async def _submit(
    server: Server, reference: str, options: AddKeywords, given: Mapping[str, str]
) -> JSONResponse:
    """The answer repeats what was given."""
    made = await server.threads.call_slow(
        server.client.submit, reference, server.options.reach, **options
    )
    document = {**service.of_submission(made), **given}
    return JSONResponse(document, 202 if made.created else 200)


@router.get("/history", responses=answers({200: list[service.HistoryItemDocument]}))
async def history(
    project: Project, server: Serving, limit: Annotated[int, Query(ge=1, le=1000)] = 20
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
    project: Project,
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
