"""A real HTTP server on the loopback address that serves pages, good ones and hostile ones."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias


@dataclass
class Served:
    """An answer. `send` writes all of it instead, headers included."""

    body: bytes | str = b""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    has_etag: bool = True
    send: Callable[[BaseHTTPRequestHandler], None] | None = None

    @property
    def data(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.data).hexdigest()[:16]}"'


Answer: TypeAlias = "Served | str | Callable[[str], Served | str | None]"


class _Server(ThreadingHTTPServer):
    request_queue_size = 50

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what some tests want."""


class WebServer:
    """Serves `pages` by path. A function as an answer gets the path; that of "*" is for the rest.

    Counts requests and sent bodies by path. Attributes may be changed while it runs.
    """

    def __init__(self, pages: Mapping[str, Answer]) -> None:
        self.pages: dict[str, Answer] = dict(pages)
        self.requests: Counter[str] = Counter()
        self.bodies: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.at_once = 0
        self.most_at_once = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self.url = ""

    @contextmanager
    def running(self) -> Iterator[WebServer]:
        server = _Server(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield self
        finally:
            self.stopping.set()
            server.shutdown()
            thread.join()
            server.server_close()

    def forget(self) -> None:
        self.requests.clear()
        self.bodies.clear()

    def served(self, path: str) -> Served:
        answer = self.pages.get(path, self.pages.get("*"))
        if callable(answer):
            answer = answer(path)
        if answer is None:
            return Served("<html><title>No</title>not found</html>", 404)
        return Served(answer) if isinstance(answer, str) else answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30
            # Else each answer waits 40 ms for the acknowledgement of its headers.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                with outer._lock:
                    outer.requests[self.path] += 1
                    outer.headers.append({k.lower(): v for k, v in self.headers.items()})
                    outer.at_once += 1
                    outer.most_at_once = max(outer.most_at_once, outer.at_once)
                try:
                    # A client that hangs up is what some tests want.
                    with suppress(ConnectionError):
                        outer._answer(self, outer.served(self.path))
                finally:
                    with outer._lock:
                        outer.at_once -= 1

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
                """Nothing: pytest would show it."""

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler, served: Served) -> None:
        if served.send:
            served.send(handler)
            handler.close_connection = True
            return
        is_same = served.has_etag and handler.headers.get("If-None-Match") == served.etag
        since, stamp = handler.headers.get("If-Modified-Since"), served.headers.get("Last-Modified")
        if since and stamp and not served.has_etag:
            is_same = parsedate_to_datetime(stamp) <= parsedate_to_datetime(since)
        status = 304 if is_same and served.status == 200 else served.status
        handler.send_response(status)
        headers = {"Content-Type": served.type, **served.headers}
        if served.has_etag and served.status == 200:
            headers["ETag"] = served.etag
        data = b"" if status == 304 else served.data
        if status != 304:
            headers.setdefault("Content-Length", str(len(data)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if data:
            with self._lock:
                self.bodies[handler.path] += status == 200
            handler.wfile.write(data)


def page(title: str, *links: str, text: str = "", head: str = "") -> str:
    """A small page of a site, with a menu and a footer that all pages have."""
    items = "".join(f'<li><a href="{link}">{link}</a></li>' for link in links)
    return (
        f'<!doctype html><html lang="en"><head><title>{title} | Site</title>{head}</head><body>'
        f'<nav><a href="/">Home</a> menu of all pages</nav><main><h1 id="{title.lower()}">{title}</h1>'
        f"<p>{text or f'The page {title} says what it is about.'}</p><ul>{items}</ul></main>"
        "<footer>footer of all pages</footer></body></html>"
    )
