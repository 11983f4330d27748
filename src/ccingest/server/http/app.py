"""The ASGI application: all paths over one Client, behind the middleware."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from ccingest import __version__
from ccingest.client import Client
from ccingest.models.submissions import Reach
from ccingest.server.http import live, openapi
from ccingest.server.http.context import Server
from ccingest.server.http.errors import add_handlers, status_of
from ccingest.server.http.guard import Guard
from ccingest.server.http.hub import Hub
from ccingest.server.http.metrics import Metrics
from ccingest.server.http.observing import Observing
from ccingest.server.http.options import ServerOptions
from ccingest.server.http.questions import Questions
from ccingest.server.http.routes import (
    datasets,
    ingest,
    jobs,
    operations,
    query,
    schedules,
    webhooks,
)
from ccingest.server.http.threads import Threads
from ccingest.server.mcp.http import mounted
from ccingest.server.mcp.options import ServerOptions as McpOptions
from ccingest.server.page.protection import Signing
from ccingest.server.page.routes import PageOptions, page_routes
from ccingest.settings import DEFAULT_PROJECT

_DESCRIPTION = (
    "Datasets of repositories, searched by meaning: jobs, live progress and search. "
    "A project named `all` in a path that only reads means every project."
)
MCP_PATH = "/mcp"
ROUTERS = (
    ingest.router,
    query.router,
    datasets.router,
    schedules.router,
    jobs.router,
    live.router,
    webhooks.router,
    operations.router,
)


def build_app(client: Client, options: ServerOptions) -> FastAPI:
    """The application. It owns neither the client nor the workers; `serve` does.

    Raises UsageError for options that would let others in.
    """
    options.check()
    hub = Hub(client, options.limits.queued_messages, options.project)
    metrics = Metrics(lambda: hub.count, lambda: hub.dropped, client.statistics)
    count = options.question_processes
    threads = Threads(options.limits, count)
    questions = Questions(client, count, lambda how: metrics.questions.labels(how).inc())
    server = Server(client, options, hub, threads, metrics, questions)
    app = FastAPI(
        title="ccingest",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.server = server
    app.openapi = partial(openapi.describe, app)  # type: ignore[method-assign]
    for router in ROUTERS:
        app.include_router(router)
    # Newer versions of FastAPI don't have them in `app.routes`.
    app.state.routes = [route for router in ROUTERS for route in router.routes]
    app.router.routes.extend(page_routes(client, _page_options(server)))
    app.state.mcp = mounted(client, _mcp_options(server), MCP_PATH)
    app.router.routes.append(app.state.mcp.route)
    app.add_api_route("/docs", _docs(app), include_in_schema=False)
    add_handlers(app)
    # The last one that is added is the first that a request meets.
    app.add_middleware(Guard, options=options, metrics=metrics)
    app.add_middleware(Observing, metrics=metrics)
    return app


def _page_options(server: Server) -> PageOptions:
    options = server.options
    return PageOptions(
        signing=Signing(options.token),
        status_of=status_of,
        answer=server.questions.answer,
        run=server.threads.call,
        run_question=server.threads.call_question,
        run_slow=server.threads.call_slow,
        reach=options.reach,
    )


def _mcp_options(server: Server) -> McpOptions:
    """An agent may reach what other requests may."""
    options = server.options
    return McpOptions(
        project=options.project or DEFAULT_PROJECT,
        read_only=options.read_only,
        reach=Reach(options.folders, private=options.allow_private),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    server: Server = app.state.server
    server.hub.start()
    server.questions.start()
    server.client.follow_store(server.options.project)
    try:
        async with app.state.mcp.running():
            yield
    finally:
        server.hub.close()
        server.threads.close()
        server.questions.close()
        server.hub.join()


def _docs(app: FastAPI) -> Callable[[], Awaitable[HTMLResponse]]:
    async def docs() -> HTMLResponse:
        """The description of the API, to be read."""
        text = openapi.page(app.openapi())
        style = text.partition("<style>")[2].partition("</style>")[0]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'"
        return HTMLResponse(text, headers={"content-security-policy": policy})

    return docs
