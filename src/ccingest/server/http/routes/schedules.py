"""Schedules: which datasets are brought up to date automatically, and when."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from ccingest import documents
from ccingest.documents import types
from ccingest.server.http.bodies import ScheduleBody
from ccingest.server.http.context import Serving, project_or_none
from ccingest.server.http.forms import Project
from ccingest.server.http.openapi import answers

router = APIRouter(prefix="/projects/{project}/schedules", tags=["schedules"])


@router.get("", responses=answers({200: types.SchedulesDocument}))
async def schedules(project: Project, server: Serving) -> dict[str, Any]:
    """The schedules of a project, or of `all`."""
    found = await server.threads.call(server.client.schedules, project=project_or_none(project))
    return documents.of_all("schedules", found)


@router.post("", status_code=201, responses=answers({201: types.ScheduleDocument}, 400, 403))
async def add_schedule(project: Project, body: ScheduleBody, server: Serving) -> dict[str, Any]:
    """Keep a dataset up to date. Replaces an existing schedule of the dataset."""
    made = await server.threads.call_slow(
        server.client.submit_schedule,
        body.repo,
        server.options.reach,
        every=body.every,
        cron=body.cron,
        project=project,
        branch=body.branch,
        dataset=body.dataset,
        scope=body.scope,
    )
    return documents.of(made)


@router.delete("/{dataset}", responses=answers({200: types.ScheduleDocument}, 404))
async def remove_schedule(project: Project, dataset: str, server: Serving) -> dict[str, Any]:
    """Remove the schedule of a dataset. The dataset stays."""
    gone = await server.threads.call(server.client.remove_schedule, dataset, project=project)
    return documents.of(gone)
