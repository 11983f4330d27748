"""`doctor --url` and `webhook test`, where something else than a server of ccingest answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ccingest.app.server_check import check_server
from ccingest.app.webhook_check import send_push
from ccingest.errors import AccessError, CcingestError, NetworkError, UsageError
from ccingest.settings import load_settings

SECRET = "hunter2hunter2"
TOKEN = f"ghp_{SECRET * 3}"


@contextmanager
def answering(
    body: bytes, status: int = 200, **headers: str
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A server that gives everybody this answer, and what it was asked for."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            asked.append((self.command, self.path))
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def push(url: str) -> dict[str, object]:
    return send_push(load_settings(), url, "org/shop", "main", "a secret", only_ping=True)


OTHERS = [
    b"",
    b"null",
    b"[1]",
    b"{}",
    b"<html>",
    b"[" * 100_000,
    b'{"version": ' + b"9" * 10_000 + b"}",
    b'{"version": null, "projects": 5, "status": {}, "message": []}',
    b"\xff\xfe",
]


@pytest.mark.parametrize("body", OTHERS, ids=range(len(OTHERS)))
def test_another_server_is_told_from_ours(body: bytes) -> None:
    with answering(body) as (url, _):
        (check,) = check_server(url, None)
        assert not check.ok
        assert check.detail == f"{url} does not answer like a server of ccingest"
        with pytest.raises(NetworkError, match="does not answer like a server of ccingest"):
            push(url)


def test_a_signed_push_goes_to_the_server_that_was_named() -> None:
    with (
        answering(b'{"status": "ignored", "message": "pong"}') as (elsewhere, asked),
        answering(b"", 302, Location=f"{elsewhere}/other") as (url, _),
    ):
        with pytest.raises(NetworkError, match="sends elsewhere") as caught:
            push(url)
        assert elsewhere in caught.value.message
        assert not check_server(url, None)[0].ok
        assert asked == []


@pytest.mark.parametrize(("status", "kind"), [(403, AccessError), (500, CcingestError)])
def test_what_a_server_says_is_cut_and_has_no_secret(
    status: int, kind: type[CcingestError]
) -> None:
    document = {"error": {"message": f"\x1b[2J{TOKEN} {'x' * 100_000}"}}
    with answering(json.dumps(document).encode(), status) as (url, _):
        with pytest.raises(kind) as caught:
            push(url)
        assert "?[2J... xxx" in caught.value.message
        assert len(caught.value.message) < 300
    with answering(b'{"error": {"message": ["x"]}}', status) as (url, _), pytest.raises(kind):
        push(url)


@pytest.mark.parametrize("url", [f"http://u:{SECRET}@host/", f"http://u:{SECRET}", "host:3030"])
def test_an_address_that_can_not_be_one(url: str) -> None:
    for call in (lambda: check_server(url, None), lambda: push(url)):
        with pytest.raises(UsageError) as caught:
            call()
        assert SECRET not in caught.value.message


def test_a_token_that_can_not_be_one_is_not_shown() -> None:
    with pytest.raises(AccessError, match="malformed") as caught:
        check_server("http://127.0.0.1:9", f"{SECRET}\nx")
    assert SECRET not in caught.value.message
