"""The doors of a server: HTTP requests, WebSocket messages, webhooks, and MCP messages.

The application is asked in this process, as its web server would ask it, and an MCP server over the
standard streams of a process of its own.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, unquote, urlencode

from fastapi import FastAPI

from ccingest import Client
from ccingest.server.http.app import build_app
from ccingest.server.http.options import ServerOptions
from fuzzing import door_samples as doors
from fuzzing import samples
from fuzzing.texts import PASSWORD, hostile, hostile_bytes, hostile_value, in_parts

_SECRET = "the secret of webhooks"
_SECONDS = 60.0  # by the clock, on a machine that does other things as well


@dataclass
class _Asked:
    """What the application sends."""

    status: int = 0
    body: bytearray = field(default_factory=bytearray)
    messages: list[str] = field(default_factory=list)


@lru_cache
def home_of(folder: Path) -> Path:
    """A home with one dataset, made once for all processes."""
    home = folder / "doors"
    if not home.exists():
        shop = folder / "shop"
        shop.mkdir()
        for name, text in samples.SOURCES:
            (shop / name).write_text(text, encoding="utf8")
        with Client(home) as client:
            client.ingest(str(shop), source="folder")
    return home


@lru_cache
def _application(folder: Path) -> tuple[asyncio.AbstractEventLoop, FastAPI]:
    loop = asyncio.new_event_loop()
    options = ServerOptions(webhook_secret=_SECRET, folders=(folder,), token=None)
    app = build_app(Client(home_of(folder)), options)
    lifespan = app.router.lifespan_context(app)
    loop.run_until_complete(lifespan.__aenter__())
    app.state.lifespan = lifespan  # it ends when nobody holds it
    return loop, app


def requests(random: Random, folder: Path) -> Iterator[str]:
    loop, app = _application(folder)
    kind = random.choice(["any", "any", "any", "webhook", "socket"])
    if kind == "socket":
        asked = loop.run_until_complete(_socket(random, app))
        for message in asked.messages:
            kind = json.loads(message)["type"]
            assert kind in ("connected", "error") or kind.endswith(":progress"), message
            yield message
        return
    scope, body = _webhook(random) if kind == "webhook" else _request(random)
    asked = loop.run_until_complete(asyncio.wait_for(_ask(random, app, scope, body), _SECONDS))
    what = (
        f"{scope['method']} {scope['path'][:200]!a}?{scope['query_string'][:200]!a} {body[:300]!a}"
    )
    assert 100 <= asked.status < 600, f"{what}: no answer"
    text = asked.body.decode("utf8", "strict")
    assert asked.status not in (500, 504), f"{what}: HTTP {asked.status} {text[:500]}"
    assert "Traceback" not in text, f"{what}: {text[:500]}"
    if asked.status >= 400 and scope["path"].startswith(("/projects", "/jobs", "/webhooks")):
        assert json.loads(text)["error"], f"{what}: {text[:300]}"
    yield text


def _request(random: Random) -> tuple[dict[str, Any], bytes]:
    method, path, query, document = random.choice(doors.REQUESTS)
    if random.random() < 0.05:
        method = random.choice(["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "X"])
    parts = path.split("/")
    if random.random() < 0.3:
        at = random.randrange(len(parts))
        parts[at] = hostile(random, [parts[at] or "x", *samples.PATHS])
    pairs = [(name, value) for name, value in query.items() if random.random() < 0.7]
    if pairs and random.random() < 0.6:
        name, value = random.choice(pairs)
        pairs.append((name, hostile(random, [value, *samples.HEADERS])))
    if random.random() < 0.1:
        pairs.append((hostile(random, ["project", "cursor"]), "x"))
    given = urlencode(pairs, errors="replace").encode()
    if random.random() < 0.1:
        given = hostile_bytes(random, [given.decode()])[:2000]
        given = bytes(byte for byte in given if 0x20 < byte < 0x7F)  # h11 refuses any other
    for _ in range(random.choice([0, 0, 1, 2])):
        document = hostile_value(random, document)
    body = b"" if document is None else json.dumps(document).encode()
    if random.random() < 0.2:
        body = hostile_bytes(random, [body.decode()])
    return _scope(random, method, "/".join(parts), given, _headers(random)), body


def _webhook(random: Random) -> tuple[dict[str, Any], bytes]:
    document: Any = doors.PUSH
    for _ in range(random.choice([0, 1, 3])):
        document = hostile_value(random, document)
    body = json.dumps(document).encode()
    headers = {**_headers(random), "x-github-event": "push", "x-github-delivery": "7"}
    if random.random() < 0.3:
        body = urlencode({"payload": body.decode()}).encode()
        headers["content-type"] = "application/x-www-form-urlencoded"
    if random.random() < 0.2:
        body = hostile_bytes(random, [body.decode()])
    signature = hmac.new(_SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers["x-hub-signature-256"] = f"sha256={signature}"
    if random.random() < 0.2:
        name = random.choice(sorted(headers))
        headers[name] = hostile(random, [headers[name], *samples.HEADERS])
    return _scope(random, "POST", "/webhooks/github", b"", headers), body


def _headers(random: Random) -> dict[str, str]:
    headers = {"host": "localhost", "content-type": "application/json", "accept": "*/*"}
    if random.random() < 0.3:
        name = random.choice(doors.HEADERS)
        headers[name] = hostile(random, [headers.get(name, "a"), *samples.HEADERS])[:8000]
    return headers


def _scope(
    random: Random, method: str, path: str, query: bytes, headers: Mapping[str, str]
) -> dict[str, Any]:
    raw = quote(path, safe="/%:@!$&'()*+,;=-._~", errors="replace")
    listed = [
        (name.encode(), value.encode("latin-1", "replace").replace(b"\r", b"").replace(b"\n", b""))
        for name, value in headers.items()
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": random.choice(["1.1", "1.0"]),
        "method": method,
        "scheme": "http",
        "path": unquote(raw) or "/",
        "raw_path": raw.encode() or b"/",
        "root_path": "",
        "query_string": query,
        "headers": listed,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 3030),
        "state": {},
    }


async def _ask(random: Random, app: FastAPI, scope: dict[str, Any], body: bytes) -> _Asked:
    parts = in_parts(random, body)[:2000] or [b""]
    asked, begun = _Asked(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        if parts:
            return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}
        if scope["path"].startswith(("/events", "/mcp")):  # which have no end of their own
            await asyncio.wait({asyncio.create_task(begun.wait())}, timeout=1)
            return {"type": "http.disconnect"}
        await asyncio.sleep(_SECONDS)
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            asked.status = message["status"]
            begun.set()
        asked.body += message.get("body", b"")

    await app(scope, receive, send)
    return asked


async def _socket(random: Random, app: FastAPI) -> _Asked:
    asked = _Asked()
    waiting: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    for _ in range(random.randrange(6)):
        said = json.dumps(hostile_value(random, random.choice(doors.MESSAGES)))
        if random.random() < 0.3:
            waiting.append({"type": "websocket.receive", "bytes": hostile_bytes(random, [said])})
        else:
            waiting.append({"type": "websocket.receive", "text": hostile(random, [said])})
    waiting.append({"type": "websocket.disconnect", "code": 1000})

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return waiting.pop(0) if waiting else {"type": "websocket.disconnect", "code": 1000}

    async def send(message: Mapping[str, Any]) -> None:
        if message["type"] == "websocket.send":
            asked.messages.append(message["text"])

    scope = _scope(random, "GET", "/ws", b"", {"host": "localhost"})
    scope |= {"type": "websocket", "scheme": "ws", "subprotocols": []}
    await asyncio.wait_for(app(scope, receive, send), _SECONDS)
    return asked


assert PASSWORD in json.dumps(doors.REQUESTS[0][3])
