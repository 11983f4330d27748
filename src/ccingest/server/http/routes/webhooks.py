"""`POST /webhooks/github`: a push to a branch brings the datasets of that branch up to date."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse

from ccingest import documents
from ccingest.app.pushes import is_signed, push_of, takes_branch
from ccingest.documents import service
from ccingest.errors import UsageError
from ccingest.models.submissions import PushResult
from ccingest.server.http.context import Server, Serving
from ccingest.server.http.errors import RefusedError, refusal
from ccingest.server.http.openapi import answers

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

_MESSAGES = {
    "queued": "Queued; a push to the same branch meanwhile joins it.",
    "duplicate": "This delivery was received already.",
    "ignored": "No dataset follows what was pushed.",
}
_FORM = "application/x-www-form-urlencoded"


@router.post(
    "/github",
    responses=answers({200: service.PushDocument, 202: service.PushDocument}, 400, 401, 403),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
async def github(
    request: Request,
    server: Serving,
    x_github_event: Annotated[str, Header(max_length=100)] = "",
    x_github_delivery: Annotated[str, Header(max_length=100)] = "",
    x_hub_signature_256: Annotated[str, Header(max_length=200)] = "",
) -> JSONResponse:
    """What GitHub sends, signed with the server's secret. 202 when a job waits for the push."""
    secret = server.options.webhook_secret
    if not secret:
        raise RefusedError("This server has no secret for webhooks, so it takes none.")
    body = await request.body()
    if not await server.threads.call(is_signed, body, x_hub_signature_256, secret):
        server.metrics.webhooks.labels("unsigned").inc()
        return refusal(401, "bad_signature", "X-Hub-Signature-256 does not fit the body.")
    if x_github_event == "ping":
        return _answer(server, PushResult("ignored"), "pong")
    if x_github_event != "push":
        return _answer(server, PushResult("ignored"), "Only pushes are of interest.")
    is_form = request.headers.get("content-type", "").startswith(_FORM)
    payload = await server.threads.call(_payload, body, is_form)
    push = push_of(x_github_delivery, payload)
    if push is None or not takes_branch(push.branch, server.options.webhook_branches):
        return _answer(server, PushResult("ignored"), _MESSAGES["ignored"])
    done = await server.threads.call(server.client.receive_push, push)
    return _answer(server, done, _MESSAGES[done.outcome])


def _payload(body: bytes, is_form: bool) -> object:
    """Raises UsageError for a body that is not JSON."""
    try:
        text = parse_qs(body.decode()).get("payload", [""])[0] if is_form else body
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError("The payload is no JSON.") from None


def _answer(server: Server, done: PushResult, message: str) -> JSONResponse:
    server.metrics.webhooks.labels(done.outcome).inc()
    jobs = [documents.of(job) for job in done.jobs]
    code = 200 if done.outcome == "ignored" else 202
    return JSONResponse(service.of_push(done, jobs, message), code)
