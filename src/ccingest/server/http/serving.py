"""Running the application: the socket, the workers beside it, and an end in good order."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

from ccingest.client import Client
from ccingest.errors import UsageError
from ccingest.models import WorkerSummary
from ccingest.process.workers import WorkerProcesses
from ccingest.server.http.app import build_app
from ccingest.server.http.connections import LoopErrors, most_answered, most_taken
from ccingest.server.http.hub import Hub
from ccingest.server.http.options import ServerOptions
from ccingest.server.http.protocol import BoundedProtocol, BoundedWebSocket

_log = logging.getLogger(__name__)

_BACKLOG = 1024  # connections that wait to be accepted, as when 500 clients come back at once
_GRACE = 10  # seconds for requests that run when the server ends
_LONGEST_MESSAGE = 64 * 1024  # bytes of a WebSocket message from a client
_KEEP_ALIVE = 30  # seconds; a proxy in front keeps connections open
_WORKERS_END = 30.0  # seconds


def serve(
    client: Client, options: ServerOptions, *, on_start: Callable[[str], None]
) -> WorkerSummary:
    """Serve until SIGTERM or Ctrl-C; returns what the workers did.

    `on_start` gets the address as soon as requests are taken. Ends running streams, lets requests
    finish, and hands running jobs back. Only the main thread may call this. Raises UsageError for
    an address that can't be bound, or that needs a token.
    """
    logging.getLogger("uvicorn.error").addFilter(_in_one_line)
    app = build_app(client, options.check())
    listening = _bound(options)
    url = _url(listening, options)
    workers = _Workers(options.workers)
    server = _Server(_config(app, options), app.state.server.hub, workers, lambda: on_start(url))
    with listening:
        server.run(sockets=[listening])
    return workers.join()


def _config(app: object, options: ServerOptions) -> uvicorn.Config:
    bounds = {
        "header_seconds": options.limits.header_seconds,
        "most_connections": most_taken(options.limits),
    }
    protocol = type("Protocol", (BoundedProtocol,), bounds)
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=protocol,
        ws=BoundedWebSocket,
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # anybody could write them; the access log has the peer
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
        limit_concurrency=most_answered(options.limits),
        h11_max_incomplete_event_size=options.limits.headers * 2,
        ws_max_size=_LONGEST_MESSAGE,
        ws_per_message_deflate=False,
    )


def _in_one_line(record: logging.LogRecord) -> bool:
    """A client's text that is no UTF-8 is no error of the server, and needs no traceback."""
    if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
        record.exc_info = None
    return True


def _bound(options: ServerOptions) -> socket.socket:
    host = options.host.strip("[]")
    try:
        family = socket.getaddrinfo(host, options.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, options.port), family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError, OverflowError) as error:
        text = getattr(error, "strerror", None) or str(error)
        text = text.partition(" (while attempting")[0]  # and the same address again
        raise UsageError(
            f"Can't listen on {options.host} port {options.port}: {text}; choose another."
        ) from None


def _url(listening: socket.socket, options: ServerOptions) -> str:
    host = options.host.strip("[]")
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"


class _Workers:
    """The worker processes of a server, in a thread that replaces those that are lost."""

    def __init__(self, count: int) -> None:
        self._stop = threading.Event()
        self._done = WorkerSummary({})
        self._thread = threading.Thread(target=self._run, args=(count,), name="workers")
        self._count = count

    def start(self) -> None:
        if self._count:
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def join(self) -> WorkerSummary:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(_WORKERS_END)
        return self._done

    def _run(self, count: int) -> None:
        processes = WorkerProcesses(
            count,
            drain=False,
            stop=self._stop,
            on_loss=_log_loss,
            yields=True,
            gives_up=False,
        )
        self._done = processes.run()


def _log_loss() -> None:
    _log.warning("A worker process was killed, or ended; another takes its place.")


class _Server(uvicorn.Server):
    """uvicorn, which ends with code 0, and ends streams before it waits for requests."""

    def __init__(
        self,
        config: uvicorn.Config,
        hub: Hub,
        workers: _Workers,
        on_start: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._hub = hub
        self._workers = workers
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(LoopErrors())
        await super().startup(sockets)
        if self.started:
            self._workers.start()
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._workers.stop()
        self._hub.close()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """The second signal does not wait for requests. None is raised again at the end."""
        self.force_exit = self.should_exit
        self.should_exit = True
