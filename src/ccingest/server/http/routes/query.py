"""Searching, by the path of the replaced service."""

from __future__ import annotations

import time
import uuid

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from ccingest.app.choice import DatasetChoice
from ccingest.app.search import make_question
from ccingest.documents import service
from ccingest.server.http.bodies import QueryBody
from ccingest.server.http.context import Serving, project_or_none
from ccingest.server.http.forms import Project
from ccingest.server.http.openapi import answers

router = APIRouter(prefix="/projects/{project}", tags=["search"])

_DEFAULT_K = 10  # as in the replaced service


@router.post("/query", responses=answers({200: service.ResultsDocument}, 400, 404))
async def query(project: Project, body: QueryBody, server: Serving) -> JSONResponse:
    """Search the datasets of a project by meaning and by words. `all` searches every project."""
    start = time.perf_counter()
    prefix = body.path_prefix or body.old_path_prefix
    choice = DatasetChoice(
        project=project_or_none(project),
        names=tuple(body.dataset or ()),
        repositories=(body.repo,) if body.repo else (),
        with_global=body.include_global,
    )
    question = make_question(
        body.query,
        k=body.top_k or body.k or _DEFAULT_K,
        languages=(body.lang,) if body.lang else (),
        paths=(below(prefix),) if prefix else (),
    )
    found = None
    if server.threads.no_turn_is_free:  # what was answered before need not wait for one
        found = await server.threads.call(server.questions.kept, question, choice)
    if found is None:
        found = await server.threads.call_question(server.questions.answer_to, question, choice)
    hits = [
        hit
        for hit in found.hits
        if service.final_score(hit) >= (body.threshold or 0.0)
        and (choice.with_global or choice.project in (None, hit.project))
    ]
    milliseconds = round((time.perf_counter() - start) * 1000, 1)
    return JSONResponse(service.of_results(found, hits, str(uuid.uuid4()), milliseconds))


def below(prefix: str) -> str:
    """The glob of all paths that begin with this text, in which no character is a wildcard."""
    text = prefix.removeprefix("/")
    escaped = "".join(f"\\{char}" if char in "\\*?[]!#" else char for char in text)
    return f"/{escaped}*" if not text.endswith("/") else f"/{escaped}**"
