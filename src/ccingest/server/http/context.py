"""What the handlers of requests share."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends
from fastapi.requests import HTTPConnection

from ccingest.client import Client
from ccingest.server.http.hub import Hub
from ccingest.server.http.metrics import Metrics
from ccingest.server.http.options import ServerOptions
from ccingest.server.http.questions import Questions
from ccingest.server.http.threads import Threads
from ccingest.settings import ALL_PROJECTS
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class Server:
    """One running server: its library, its options, its followers of events and its threads."""

    client: Client
    options: ServerOptions
    hub: Hub
    threads: Threads
    metrics: Metrics
    questions: Questions


async def server_of(connection: HTTPConnection) -> Server:
    # Not a plain function, which FastAPI would call in a thread of its own for each request.
    return cast("Server", connection.app.state.server)


Serving = Annotated[Server, Depends(server_of)]


def project_or_none(project: str) -> str | None:
    """The project of a path, where `all` means every project, as the library says it: None."""
    return None if project.lower() == ALL_PROJECTS else project
