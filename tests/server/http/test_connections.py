"""Connections that clients leave open, or open too many of, and requests that are framed twice."""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from ccingest.server.http.connections import LoopErrors, most_answered, most_taken
from ccingest.server.http.options import Limits
from ccingest.server.http.protocol import BoundedProtocol, BoundedWebSocket
from server.http.kit import Running
from server.http.test_security import raw

_UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n"
)
_LONG = 10.0  # seconds; nothing here takes one

Dialogue = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse("done")(scope, receive, send)


def talk(dialogue: Dialogue, *, seconds: float = 0.4, most: int = 100) -> bytes:
    """What a client gets that is cut off when nothing comes of it for `seconds`."""

    async def run() -> bytes:
        config = uvicorn.Config(_app, ws=BoundedWebSocket, http=BoundedProtocol, log_config=None)
        config.load()
        state, loop = ServerState(), asyncio.get_running_loop()
        bounds = {"header_seconds": seconds, "most_connections": most}
        protocol = type("Protocol", (BoundedProtocol,), bounds)
        server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
            try:
                return await asyncio.wait_for(dialogue(reader, writer), _LONG)
            finally:
                writer.close()

    return asyncio.run(run())


def saying(*parts: str) -> Dialogue:
    """Say each part after the answer to the one before, then read to the end."""

    async def dialogue(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        answer = b""
        for number, part in enumerate(parts):
            if number:
                answer += await reader.read(65536)
            writer.write(part.encode())
        with suppress(ConnectionResetError):
            return answer + await reader.read()
        return answer

    return dialogue


@pytest.mark.parametrize("length", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("rest", ["1", "1\r\n"])
def test_a_body_that_was_answered_has_to_come_to_its_end(length: str, rest: str) -> None:
    answer = talk(saying(f"POST / HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n", rest))
    assert answer.startswith(b"HTTP/1.1 200 OK")


def test_after_such_a_body_comes_a_request_in_time_or_the_end() -> None:
    post = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"
    get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert talk(saying(post, f"ab{get}")).count(b"200 OK") == 2
    assert talk(saying(post, "ab")).count(b"200 OK") == 1


@pytest.mark.parametrize(
    "request_text",
    [
        f"GET /{'a' * 9000} HTTP/1.1\r\nHost: localhost\r\n{_UPGRADE}\r\n",
        f"GET /ws HTTP/1.1\r\nHost: localhost\r\n{_UPGRADE}"
        + "".join(f"X-{n}: 1\r\n" for n in range(200))
        + "\r\n",
        f"GET /ws HTTP/1.1\r\nHost: localhost\r\n{_UPGRADE}Content-Length: 2\r\n\r\nab",
        f"GET /ws HTTP/1.1\r\nHost: localhost\r\n{_UPGRADE}Transfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["long", "many", "body", "chunked"],
)
def test_a_websocket_request_that_can_not_be_read_is_answered(request_text: str) -> None:
    assert talk(saying(request_text), seconds=60).startswith(b"HTTP/1.1 400 Bad Request")


def test_more_connections_than_there_may_be_are_cut_off() -> None:
    get = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert b"200 OK" in talk(saying(get), most=1)
    assert talk(saying(get), most=0) == b""


def test_the_bounds_of_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    assert most_answered(Limits()) == 512 < most_taken(Limits()) < 1024 * 0.6
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, 0))
    assert most_answered(Limits()) == Limits().connections < most_taken(Limits())


def test_descriptors_that_run_out_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    loop, handler = asyncio.new_event_loop(), LoopErrors()
    try:
        with caplog.at_level(logging.ERROR):
            for _ in range(1000):
                error = OSError(errno.EMFILE, "Too many open files")
                handler(loop, {"message": "accept", "exception": error})
            assert [record.getMessage() for record in caplog.records] == [
                "No more connections can be taken now: Too many open files."
            ]
            handler(loop, {"message": "another", "exception": ValueError("x")})
            assert caplog.records[-1].name == "asyncio"
    finally:
        loop.close()


def test_a_request_of_two_lengths_is_refused_and_nothing_after_it_is_read(server: Running) -> None:
    answer = raw(
        server,
        b"POST /projects/default/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /jobs HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"two_lengths" in answer
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize("answered", ["POST", "GET"])
def test_a_chunk_that_is_none_after_the_answer_ends_the_connection_in_silence(
    answered: str, caplog: pytest.LogCaptureFixture
) -> None:
    post = f"{answered} / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert talk(saying(post, "zz\r\n"), seconds=60).count(b"HTTP/1.1") == 1
    assert [record for record in caplog.records if record.exc_info] == []


def test_a_chunk_that_is_none_in_a_request_that_is_answered_at_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    post = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    answer = talk(saying(post), seconds=60)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert [record for record in caplog.records if record.exc_info] == []


def test_a_body_in_a_million_pieces_is_not_read_to_its_end() -> None:
    post = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    start = time.process_time()
    answer = talk(saying(post + "1\r\nx\r\n" * 1_000_000), seconds=60)
    assert answer.count(b"HTTP/1.1") <= 1
    assert time.process_time() - start < 3


def test_a_body_in_pieces_of_a_usual_size_is_read() -> None:
    pieces = "400\r\n" + "x" * 1024 + "\r\n"
    post = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    get = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = talk(saying(post + pieces * 2000 + "1\r\nx\r\n" * 1000 + "0\r\n\r\n" + get))
    assert answer.count(b"200 OK") == 2


@pytest.mark.parametrize("path", ["/jobs", "/", "/ui/jobs", "/ui/sign-in", "/projects"])
def test_a_cookie_of_backslashes_takes_no_time(server: Running, path: str) -> None:
    """Python's http.cookies takes 5 s for it."""
    start = time.monotonic()
    answer = server.get(path, headers={"Cookie": 'a="' + "\\" * 30_000 + '"'})
    assert answer.status_code in (200, 303)
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/projects/default/query", {"query": "x", "dataset": [1] * 300_000}),
        ("/projects/default/query", {"query": "x", **{f"k{n}": 1 for n in range(50_000)}}),
        ("/projects/default/schedules", {f"k{n}": 1 for n in range(50_000)}),
    ],
    ids=["items", "unknown", "refused"],
)
def test_a_body_of_very_many_faults_takes_no_time(
    server: Running, path: str, body: dict[str, Any]
) -> None:
    start = time.monotonic()
    answer = server.post(path, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The body: Nothing may have over 1,000 members."
    assert time.monotonic() - start < 3
