"""Errors of the library as HTTP answers: one table of status codes, and hints that name paths."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from ccingest import documents, errors
from ccingest.errors import CcingestError, Hint, UsageError, internal_error
from ccingest.secrets import hide_secrets

_log = logging.getLogger(__name__)


class OverloadedError(CcingestError):
    """The server has more to do than it can."""

    kind = "overloaded"
    retryable = True


class RefusedError(CcingestError):
    """The server does not let this client do this."""

    kind = "refused"


# An error has the code of its nearest class.
STATUS_CODES: Mapping[type[CcingestError], int] = {
    errors.UsageError: 400,
    errors.JobStateError: 409,
    errors.DatasetTakenError: 409,
    errors.NotFoundError: 404,
    errors.AccessError: 403,
    errors.NetworkError: 502,
    errors.RateLimitedError: 503,
    errors.ModelUnavailableError: 503,
    errors.EmptyRepositoryError: 422,
    errors.UnbornHeadError: 422,
    errors.NothingToIndexError: 422,
    errors.UnsupportedSourceError: 422,
    errors.StoreError: 500,
    errors.StoreBusyError: 503,
    errors.TooManyOpenFilesError: 503,
    errors.OutOfMemoryError: 503,
    errors.StorageFullError: 507,
    errors.UnresponsiveError: 503,
    errors.EmbedderError: 500,
    errors.BundleError: 422,
    errors.LeaseLostError: 409,
    errors.CancelledError: 409,
    errors.WorkerDiedError: 500,
    OverloadedError: 503,
    RefusedError: 403,
    CcingestError: 500,
}
_HINTS: Mapping[Hint, str] = {
    "add_repository": "POST /projects/PROJECT/ingest/github makes one",
    "add_again": "add the repository again",
    "add_again_whole": 'add it again with "force": true',
    "list_datasets": "GET /projects/PROJECT/datasets lists them",
    "list_jobs": "GET /jobs lists them",
    "list_schedules": "GET /projects/PROJECT/schedules lists them",
    "read_job_log": "GET /jobs/ID/logs has the details",
    "choose_branch": "check `branch`",
    "choose_revision": "check `sha`",
    "choose_dataset": "or name the dataset with `dataset`",
    "choose_project": "name the project in the path",
    "name_dataset": "give another name with `dataset`, or delete it first",
}
# Parameters of the library that have another name in a request.
_FIELDS = {"revision": "sha", "public_only": "repo"}
# They have no end, so they have no time limit, and no HEAD.
STREAMS = frozenset({"/events", "/mcp"})
_SEVERAL = 3  # faults of a body that a message names


def status_of(error: CcingestError) -> int:
    return next(STATUS_CODES[kind] for kind in type(error).__mro__ if kind in STATUS_CODES)


def sentence_of(error: CcingestError) -> str:
    """The message of an error, with the names that a request has for its fields, and its hint."""
    message = error.message
    if error.parameter and message.startswith(error.parameter):
        field = _FIELDS.get(error.parameter, error.parameter)
        message = field + message.removeprefix(error.parameter)
    hint = _HINTS.get(error.hint)
    return f"{message.rstrip('.')}; {hint}." if hint else message


def answer_to(error: CcingestError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    document = documents.of_error(error.kind, sentence_of(error))
    return JSONResponse(document, status_of(error), headers)


def refusal(
    code: int, kind: str, message: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An answer with a code that belongs to no error of the library."""
    return JSONResponse(documents.of_error(kind, message), code, headers)


def answer_to_bug(error: Exception) -> JSONResponse:
    """The answer to an exception that nobody expected. The log says more."""
    _log.error("%s", hide_secrets(f"{type(error).__name__}: {error}"), exc_info=True)
    return answer_to(internal_error(error, hint=""))


def add_handlers(app: FastAPI) -> None:
    """Make every error of the application a document of ours."""
    app.add_exception_handler(CcingestError, _of_library)
    app.add_exception_handler(RequestValidationError, _of_request)
    app.add_exception_handler(HTTPException, _of_path)


def _of_library(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CcingestError)
    return answer_to(error, {"Retry-After": "1"} if error.retryable else None)


def _of_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return answer_to(UsageError(_faults(error.errors())))


def _of_path(request: Request, error: Exception) -> JSONResponse:
    """No such path, or not with this method."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 404:
        return refusal(404, "not_found", f"There is nothing at {hide_secrets(path)}.")
    if error.status_code == 405:
        message = f"{hide_secrets(path)} takes no {request.method}; /docs lists what it takes."
        return refusal(405, "usage", message, {"Allow": _allowed(request)})
    detail = hide_secrets(str(error.detail)).rstrip(".")
    return refusal(error.status_code, "usage", f"{detail}.", error.headers)


def _allowed(request: Request) -> str:
    """The methods of all routes of a path: by itself, the framework names those of the first."""
    methods: set[str] = set()
    for route in (*request.app.routes, *request.app.state.routes):
        match, _ = route.matches({**request.scope, "type": "http"})
        if match is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    if "GET" in methods and request.url.path not in STREAMS:
        methods.add("HEAD")
    return ", ".join(sorted(methods))


def _faults(found: Sequence[Mapping[str, Any]]) -> str:
    """What is wrong with a request, in one sentence. Doesn't repeat values, which may be secret."""
    sentences = []
    for one in found[:_SEVERAL]:
        _, *where = map(str, one["loc"])  # the first is `body`, `query`, `path` or `header`
        if one["type"] == "model_attributes_type" and not where:  # so is a form, as curl sends it
            sentences.append("The body must be a JSON object with Content-Type: application/json")
            continue
        text = str(one["msg"]).removeprefix("Value error, ").rstrip(".")
        name = ".".join(where) if where and not where[0].isdigit() else ""
        sentences.append(f"{name}: {text}" if name else f"The body: {text}")
    return f"{'; '.join(sentences)}."
