"""Which address is which page, and how a request becomes a call and an answer a response."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ccingest.client import Client
from ccingest.errors import CcingestError
from ccingest.models import SearchResult
from ccingest.models.submissions import Reach
from ccingest.server.page import (
    addresses,
    datasets,
    files,
    jobs,
    schedules,
    search,
    signing_in,
    sources,
    statistics,
)
from ccingest.server.page.call import Answer, Call, Page, Parameters, Redirect
from ccingest.server.page.protection import (
    BROWSER_COOKIE,
    FORM_FIELD,
    HEADERS,
    SESSION_SECONDS,
    Signing,
    cookie,
    cookie_in,
    new_browser,
)
from ccingest.server.page.rendering import assets, render
from ccingest.server.page.sentences import sentence_of

Handler: TypeAlias = Callable[[Call], Answer]

_LONGEST_FORM = 64 * 1024  # bytes
_MOST_FIELDS = 100
_WRONG_TOKEN_SECONDS = 0.5  # so that guessing is slow

_SHOWN: Mapping[str, Handler] = {
    addresses.SEARCH: search.show,
    addresses.FILE: files.show,
    addresses.SIMILAR: search.show_similar,
    addresses.DATASETS: datasets.show_all,
    addresses.DATASET: datasets.show,
    addresses.DELETE: datasets.ask,
    addresses.JOBS: jobs.show_all,
    addresses.JOB: jobs.show,
    addresses.ADD: sources.show,
    addresses.SCHEDULES: schedules.show,
    addresses.STATISTICS: statistics.show,
}
_DONE: Mapping[str, Handler] = {
    addresses.DELETE: datasets.delete,
    addresses.SYNC: datasets.sync,
    addresses.CANCEL: jobs.cancel,
    addresses.RETRY: jobs.retry,
    addresses.ADD: sources.add,
    addresses.SCHEDULES: schedules.add,
    addresses.UNSCHEDULE: schedules.remove,
}
StatusOf: TypeAlias = Callable[[CcingestError], int]


class Run(Protocol):
    """Runs a call of the library, which blocks, in a thread."""

    def __call__(self, handler: Callable[[], Answer], /) -> Awaitable[Answer]: ...


@dataclass(frozen=True, slots=True)
class PageOptions:
    """What the pages need beside the client. `status_of`: the HTTP code of an error."""

    signing: Signing
    status_of: StatusOf
    answer: Callable[..., SearchResult]  # as `Client.answer`
    run: Run
    run_question: Run
    run_slow: Run  # for what may ask another server
    reach: Reach  # of what is added


def page_routes(client: Client, options: PageOptions) -> list[BaseRoute]:
    """The routes of all pages, and of what they load."""
    made = [_route(client, options, path, "GET", handler) for path, handler in _SHOWN.items()]
    made += [_route(client, options, path, "POST", handler) for path, handler in _DONE.items()]
    signing = [
        Route(addresses.SIGN_IN, partial(_sign_in, options), methods=["GET", "POST"]),
        Route(addresses.SIGN_OUT, partial(_sign_out, options), methods=["POST"]),
        Route(f"{addresses.ASSETS}/{{name}}", _asset, methods=["GET"]),
    ]
    return [*made, *signing]


def _route(
    client: Client, options: PageOptions, path: str, method: str, handler: Handler
) -> BaseRoute:
    run = options.run_question if path == addresses.SEARCH else options.run
    run = options.run_slow if (path, method) == (addresses.ADD, "POST") else run

    async def endpoint(request: Request) -> Response:
        form = await _form(request) if method == "POST" else {}
        if method == "POST" and not _is_own_form(request, options.signing, form):
            return _response(request, options, _OLD_FORM)
        call = Call(client, options.answer, options.reach, _parameters(request.url.query), form)
        try:
            answer = await run(partial(handler, call))
        except CcingestError as error:
            answer = Page("error.html", {"message": sentence_of(error)}, options.status_of(error))
        return _response(request, options, answer)

    return Route(path, endpoint, methods=[method])


_OLD_FORM = Page(
    "error.html",
    {"message": "This form is too old, or was made elsewhere. Go back and load the page again."},
    403,
)


def _response(request: Request, options: PageOptions, answer: Answer) -> Response:
    if isinstance(answer, Redirect):
        return RedirectResponse(answer.address, status_code=303, headers=HEADERS)
    known = _cookie(request, BROWSER_COOKIE)
    browser = known or new_browser()
    values: dict[str, Any] = {
        "here": request.url.path,
        "form_token": options.signing.form_token(browser),
        "can_sign_out": bool(_cookie(request, options.signing.session_cookie)),
        "query": "",
        **answer.values,
    }
    made = HTMLResponse(render(answer.template, values), answer.status, HEADERS)
    if not known:
        made.headers.append(
            "set-cookie", cookie(BROWSER_COOKIE, browser, secure=_is_secure(request))
        )
    return made


async def _sign_in(options: PageOptions, request: Request) -> Response:
    form = await _form(request) if request.method == "POST" else {}
    if request.method == "GET":
        parameters = _parameters(request.url.query)
        return _response(request, options, signing_in.show(parameters.get("next", [""])[-1]))
    wanted = form.get("next", [""])[-1]
    if not _is_own_form(request, options.signing, form):
        return _response(request, options, _OLD_FORM)
    if not options.signing.is_token(form.get("token", [""])[-1].strip()):
        await asyncio.sleep(_WRONG_TOKEN_SECONDS)
        return _response(request, options, signing_in.refuse(wanted))
    answer = _response(request, options, signing_in.go_on(wanted))
    answer.headers.append(
        "set-cookie",
        cookie(
            options.signing.session_cookie,
            options.signing.session(),
            secure=_is_secure(request),
            seconds=SESSION_SECONDS,
        ),
    )
    return answer


async def _sign_out(options: PageOptions, request: Request) -> Response:
    if not _is_own_form(request, options.signing, await _form(request)):
        return _response(request, options, _OLD_FORM)
    answer = _response(request, options, Redirect(addresses.SIGN_IN))
    answer.headers.append(
        "set-cookie",
        cookie(options.signing.session_cookie, "", secure=_is_secure(request), seconds=0),
    )
    return answer


async def _asset(request: Request) -> Response:
    found = assets().get(request.path_params["name"])
    if found is None:
        return Response(status_code=404, headers=HEADERS)
    content, media_type = found
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(content, media_type=media_type, headers={**HEADERS, **kept})


async def _form(request: Request) -> Parameters:
    """The fields of a form, which are few and small; nothing of a body that is none."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            return {}
    return _parameters(bytes(body).decode("utf-8", "replace"))


def _parameters(text: str) -> Parameters:
    try:
        return parse_qs(text, max_num_fields=_MOST_FIELDS)
    except ValueError:  # too many fields
        return {}


def _is_own_form(request: Request, signing: Signing, form: Parameters) -> bool:
    browser = _cookie(request, BROWSER_COOKIE)
    return signing.is_form_token(form.get(FORM_FIELD, [""])[-1], browser)


def _cookie(request: Request, name: str) -> str:
    """Not by `request.cookies`, see `cookie_in`."""
    return cookie_in("; ".join(request.headers.getlist("cookie")), name)


def _is_secure(request: Request) -> bool:
    """Whether the browser speaks HTTPS, perhaps to a proxy in front. The guard has checked Origin."""
    origin = request.headers.get("origin", "")
    return request.url.scheme == "https" or origin.startswith("https://")
