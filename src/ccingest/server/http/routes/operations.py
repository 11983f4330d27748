"""Whether the server lives and is ready, and its figures."""

from __future__ import annotations

from typing import TypedDict

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from ccingest import __version__
from ccingest.server.http.context import Serving
from ccingest.server.http.openapi import answers

router = APIRouter(tags=["operations"])


class HealthDocument(TypedDict):
    """Tells nobody what is stored, because it is answered without a token."""

    status: str
    version: str


@router.get("/health", responses=answers({200: HealthDocument}))
async def health(server: Serving) -> dict[str, str]:
    """Whether the server answers and can read its database. Needs no token."""
    await server.threads.call(server.client.jobs, limit=1)
    return {"status": "ok", "version": __version__}


@router.get("/ready", responses=answers({200: HealthDocument, 503: HealthDocument}))
async def ready(server: Serving, response: Response) -> dict[str, str]:
    """Whether the server has all that questions need: 503 until then. Needs no token."""
    is_ready = await server.threads.call(server.client.is_ready)
    response.status_code = 200 if is_ready else 503
    return {"status": "ok" if is_ready else "loading", "version": __version__}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(server: Serving) -> Response:
    """Requests, jobs, datasets and subscribers, in the text format of Prometheus."""
    text = await server.threads.call(server.metrics.text)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
