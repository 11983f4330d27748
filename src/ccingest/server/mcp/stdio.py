"""Serving the process that started this one, over its standard streams."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import anyio
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.stdio import stdio_server

from ccingest.client import Client
from ccingest.process.streams import OutputError, discard_output
from ccingest.server.mcp.incoming import Incoming
from ccingest.server.mcp.options import ServerOptions
from ccingest.server.mcp.server import build_server

_log = logging.getLogger(__name__)

_AFTER_ANSWER = 0.02  # seconds: the first answer goes out before anything is loaded
_AFTER_QUESTION = 1.5  # seconds, in which an agent that asks at once has its answer


def serve(client: Client, options: ServerOptions) -> None:
    """Serve until the client closes our standard input, or a signal ends the process.

    Raises OutputError when standard output takes no more.
    """
    _end_on_signals(client)
    # What was imported stays for good; without it, each collection is faster.
    gc.freeze()
    try:
        anyio.run(_serve, client, options)
    except Exception as error:  # only a group of errors says what it is
        failed = next(_system_errors(error), None)
        if failed is None:
            raise
        if not isinstance(failed, BrokenPipeError):
            discard_output()
            raise OutputError(f"The output can't be written: {failed.strerror}.") from error
        _log.info("The client reads no more.")


async def _serve(client: Client, options: ServerOptions) -> None:
    server = build_server(client, options)
    server.middleware.append(_WarmingUp(client))
    async with stdio_server() as (reading, writing):
        incoming = Incoming(reading, writing)
        await server.run(incoming, writing, server.create_initialization_options())


def _system_errors(error: BaseException) -> Iterator[OSError]:
    """What standard output has answered. Tasks put their errors into a group; those of tools are
    answers."""
    if isinstance(error, OSError):
        yield error
    for inner in getattr(error, "exceptions", ()):
        yield from _system_errors(inner)


class _WarmingUp:
    """Loads what the first question needs, in a thread, once the first request is answered."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._has_begun = False

    async def __call__(
        self, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        try:
            return await call_next(ctx)
        finally:
            if not self._has_begun:
                self._has_begun = True
                threading.Thread(target=self._run, name="ccingest-warm-up", daemon=True).start()

    def _run(self) -> None:
        time.sleep(_AFTER_ANSWER)
        try:
            self._client.warm_up(_AFTER_QUESTION)
        except Exception as error:  # noqa: BLE001 - the first question meets it again, and tells it
            _log.info("Nothing was loaded ahead: %s", error)


def _end_on_signals(client: Client) -> None:
    """The thread that reads standard input can't be interrupted, so the process ends around it."""

    def end(_: int, __: object) -> None:
        threading.Thread(target=close, daemon=True).start()

    def close() -> None:
        try:
            client.close()
        finally:
            os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
