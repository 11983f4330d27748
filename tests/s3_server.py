"""A real S3 server on the loopback address, and a proxy before it that makes it fail."""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

BUCKET = "bucket"
_HOP = {"connection", "transfer-encoding", "content-length", "host", "keep-alive"}


@dataclass
class S3Server:
    """The server, as its clients see it through the proxy."""

    port: int
    upstream: int
    unavailable: int = 0  # so many requests more are answered with 503
    loses: int = 0  # the answers to so many PUT more are lost, after they were done
    drops: set[str] = field(default_factory=set)  # headers of requests, in lower case
    forbids: set[str] = field(default_factory=set)  # methods of requests that get 403
    cuts: int | None = None  # the answers to GET end after so many bytes
    cuts_left: int | None = None  # so many more of them; None: all
    requests: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "hidden-secret-of-s3",
            "AWS_REGION": "us-east-1",
        }

    def restore(self) -> None:
        """Everything works again, and the bucket is empty."""
        self.unavailable, self.loses, self.cuts, self.cuts_left = 0, 0, None, None
        self.drops.clear()
        self.forbids.clear()
        self.requests.clear()
        _ask(self.upstream, "POST", "/moto-api/reset")
        _ask(self.upstream, "PUT", f"/{BUCKET}")


@contextmanager
def running() -> Iterator[S3Server]:
    from moto.server import ThreadedMotoServer  # takes 1.5 s, also where no such test is run

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    _, port = moto.get_host_and_port()
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    found = S3Server(proxy.server_address[1], port)
    proxy.RequestHandlerClass = handler_of(found)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        proxy.shutdown()
        proxy.server_close()
        moto.stop()


def handler_of(server: S3Server) -> type[BaseHTTPRequestHandler]:
    """Forwards requests to the server, unless it is to fail."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with server.lock:
                server.requests.append(f"{self.command} {self.path.partition('?')[0]}")
                is_unavailable = server.unavailable > 0
                server.unavailable -= is_unavailable
            if is_unavailable or self.command in server.forbids:
                self.answer(503 if is_unavailable else 403, {}, b"")
                return
            headers = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in _HOP | server.drops
            }
            status, answer_headers, data = _ask(
                server.upstream, self.command, self.path, body, headers
            )
            with server.lock:
                is_lost = self.command == "PUT" and server.loses > 0
                server.loses -= is_lost
            self.answer(503 if is_lost else status, {} if is_lost else answer_headers, data)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = forward  # noqa: N815 - their names

        def answer(self, status: int, headers: dict[str, str], data: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _HOP | {"date", "server"}:
                    self.send_header(name, value)
            length = headers.get("Content-Length", "0") if self.command == "HEAD" else len(data)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            is_cut = self.command == "GET" and server.cuts is not None and status in (200, 206)
            if is_cut and server.cuts_left is not None:
                with server.lock:
                    is_cut, server.cuts_left = server.cuts_left > 0, server.cuts_left - 1
            self.wfile.write(data[: server.cuts] if is_cut else data)
            self.close_connection = is_cut

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            pass

    return Handler


def _ask(
    port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


@pytest.fixture(scope="session")
def s3_process() -> Iterator[S3Server]:
    with running() as server:
        yield server


@pytest.fixture
def s3(s3_process: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """An empty bucket, which the environment leads to."""
    for name, value in s3_process.environment.items():
        monkeypatch.setenv(name, value)
    s3_process.restore()
    return s3_process
