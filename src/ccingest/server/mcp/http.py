"""The same server over streamable HTTP, for an application that mounts it at a path of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route

from ccingest.client import Client
from ccingest.server.mcp.options import ServerOptions
from ccingest.server.mcp.server import build_server
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class Mounted:
    """What the application adds to its routes, and what it enters for as long as it runs."""

    route: Route
    running: Callable[[], AbstractAsyncContextManager[None]]


def mounted(client: Client, options: ServerOptions, path: str) -> Mounted:
    """The server at a path. The application decides who may reach it: by hosts, origins and tokens."""
    manager = StreamableHTTPSessionManager(
        app=build_server(client, options),
        security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return Mounted(Route(path, endpoint=StreamableHTTPASGIApp(manager)), manager.run)
