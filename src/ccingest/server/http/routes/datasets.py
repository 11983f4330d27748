"""Projects, their datasets and stored files."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from ccingest import documents
from ccingest.documents import service, types
from ccingest.server.http.context import Serving, project_or_none
from ccingest.server.http.forms import Project
from ccingest.server.http.openapi import answers

router = APIRouter(prefix="/projects", tags=["datasets"])

_Line = Annotated[int | None, Query(ge=1, le=2_000_000_000)]


@router.get("", responses=answers({200: types.ProjectsDocument}))
async def projects(server: Serving) -> dict[str, Any]:
    """The projects, with success rates, durations and throughput of their jobs."""
    only = server.options.project
    found = await server.threads.call(server.client.statistics)
    return documents.of_all("projects", [one for one in found if only in (None, one.project)])


@router.get("/{project}/datasets", responses=answers({200: types.DatasetsDocument}))
async def datasets(project: Project, server: Serving) -> dict[str, Any]:
    """The datasets of a project, or of `all`."""
    found = await server.threads.call(
        server.client.stored_datasets, project=project_or_none(project)
    )
    return documents.of_all("datasets", found)


@router.get(
    "/{project}/files/{path:path}", responses=answers({200: types.FileLinesDocument}, 400, 404)
)
async def file(
    project: Project,
    path: Annotated[str, Path(min_length=1, max_length=4096)],
    server: Serving,
    start: _Line = None,
    end: _Line = None,
    dataset: Annotated[str | None, Query(max_length=255)] = None,
) -> dict[str, Any]:
    """A stored file, or lines of it, at the revision of its dataset. The end of a path is enough."""
    found = await server.threads.call(
        server.client.read,
        path,
        start if start is not None or end is None else 1,
        end,
        project=project_or_none(project),
        datasets=(dataset,) if dataset else (),
    )
    return documents.of(found)


@router.get("/{project}/stats", responses=answers({200: service.StatsDocument}))
async def stats(project: Project, server: Serving) -> dict[str, Any]:
    """Figures of a project, or of `all`, as the replaced service gave them."""
    found = await server.threads.call(server.client.statistics, project=project_or_none(project))
    return dict(service.of_stats(found, [documents.of(one) for one in found]))


@router.get("/{project}/scopes", responses=answers({200: service.ScopesDocument}))
async def scopes(project: Project, server: Serving) -> dict[str, Any]:
    """The datasets of a project, or of `all`, by who they are for."""
    found = await server.threads.call(server.client.datasets, project=project_or_none(project))
    return dict(service.of_scopes(found))
