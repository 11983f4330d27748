"""Bytes to the socket of an HTTP server in a process of its own: requests, WebSocket frames, and neither.

After each hostile connection the server answers another one, or something is wrong.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from random import Random
from urllib.parse import urlencode

from fuzzing import door_samples as doors
from fuzzing.doors import home_of
from fuzzing.processes import Watched
from fuzzing.texts import hostile_bytes, hostile_value, in_parts

_SECONDS = 90.0  # by the clock
_PATIENCE = 0.05  # seconds without a byte, after which no more is awaited
_CPU_SECONDS = 10.0
_MOST_OPEN = 64  # files and connections beside those of a server that nobody asks
_HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_BODIES = (
    "Content-Length: {size}", "Content-Length: {size}", "Content-Length: {size}", "Content-Length: 7",
    "Content-Length: 99999999999999999999", "Content-Length: -1", "Content-Length: {size}\r\nContent-Length: 0",
    "Transfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: {size}",
    "Transfer-Encoding: gzip, chunked", "Expect: 100-continue\r\nContent-Length: {size}",
)  # fmt: skip
_ENDS = ("read", "read", "half closed", "reset")
_SERVES = re.compile(r"serves http://(?P<host>[0-9.]+):(?P<port>\d+);")
_ANSWER = re.compile(rb"^HTTP/1\.[01] (\d{3}) ", re.MULTILINE)


class _Server(Watched):
    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-m", "ccingest", "serve", "--port", "0", "--workers", "0"]
        environment = {**os.environ, "CCINGEST_HOME": str(home), "CCINGEST_TOKEN": ""}
        self.errors = home / f"serve-{os.getpid()}.err"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [*command, "--question-processes", "0"],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=home,
            )
        atexit.register(self.process.kill)
        self.address = self._address()
        self.health()
        self.usually_open = self.open_files()

    def _address(self) -> tuple[str, int]:
        """Where it listens, which it says on stderr as soon as it does."""
        end = time.monotonic() + _SECONDS
        while not (found := _SERVES.search(self.said())):
            assert time.monotonic() < end, f"it does not start: {self.said()}"
            assert self.process.poll() is None, f"it ended: {self.said()}"
            time.sleep(0.05)
        return found["host"], int(found["port"])

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=_SECONDS)

    def health(self) -> None:
        with self.connect() as link:
            link.sendall(_HEALTH)
            said = b"".join(iter(lambda: link.recv(65536), b""))
        assert said.startswith(b"HTTP/1.1 200 "), f"/health says {said[:300]!a}: {self.said()}"

    def lets_go(self) -> bool:
        """Whether it closes, soon, what clients have closed."""
        end = time.monotonic() + _SECONDS
        while self.open_files() > self.usually_open + _MOST_OPEN:
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True


@lru_cache
def _server(folder: Path) -> _Server:
    return _Server(home_of(folder))


def sockets(random: Random, folder: Path) -> Iterator[str]:
    server = _server(folder)
    make = random.choice([_requests, _requests, _frames, _noise])
    sent = make(random)
    before = server.cpu()
    answer = _ask(server, random, sent)
    server.health()
    what = f"{b''.join(sent)[:500]!a}"
    for status in _ANSWER.findall(answer):
        assert status not in (b"500", b"504"), f"{what}: {answer[:500]!a}"
    assert server.cpu() - before < _CPU_SECONDS, f"{what}: {server.cpu() - before:.1f} s"
    assert server.is_small(), f"{what}: {server.peak() // 1024} MB"
    assert server.lets_go(), f"{what}: {server.open_files()} open files"
    assert "Traceback" not in server.said(), f"{what}: {server.said()}"
    yield answer.decode("utf8", "replace")
    yield server.said()


def _ask(server: _Server, random: Random, sent: Sequence[bytes]) -> bytes:
    """What the server says until it is silent or has closed the connection."""
    end = random.choice(_ENDS)
    said = bytearray()
    with server.connect() as link, suppress(OSError):
        for part in sent:
            link.sendall(part)
        if end == "half closed":
            link.shutdown(socket.SHUT_WR)
        if end == "reset":
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return b""
        link.settimeout(_PATIENCE)
        while data := link.recv(65536):
            said += data
    return bytes(said)


def _requests(random: Random) -> Sequence[bytes]:
    """Some requests one after the other, all on one connection."""
    data = b"".join(_request(random) for _ in range(random.choice([1, 1, 2, 5])))
    return in_parts(random, _changed(random, data))[:2000]


def _request(random: Random) -> bytes:
    method, path, query, document = random.choice(doors.REQUESTS)
    if document is not None and random.random() < 0.5:
        document = hostile_value(random, document)
    body = b"" if document is None else json.dumps(document).encode()
    framing = random.choice(_BODIES)
    if "chunked" in framing:
        size = random.choice(
            [f"{len(body):x}", f"{len(body):x};a=b", "0", "-1", "ffffffffffffffff"]
        )
        body = f"{size}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    lines = [
        f"{method} {path}?{urlencode(query)} HTTP/{random.choice(['1.1', '1.1', '1.0', '2.0'])}",
        "Host: localhost",
        "Content-Type: application/json",
        framing.format(size=len(body)),
        *(f"{random.choice(doors.HEADERS)}: {'a' * 10}" for _ in range(random.choice([0, 1, 300]))),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _frames(random: Random) -> Sequence[bytes]:
    """A handshake, and frames of WebSocket that need not follow the protocol."""
    frames = b"".join(_frame(random) for _ in range(random.randrange(8)))
    return [_HANDSHAKE, *in_parts(random, _changed(random, frames))[:2000]]


def _frame(random: Random) -> bytes:
    payload = json.dumps(hostile_value(random, random.choice(doors.MESSAGES))).encode()
    if random.random() < 0.3:
        payload = hostile_bytes(random, [payload.decode()])
    first = random.choice([0x81, 0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8A, 0xF1, 0x83, 0x8F])
    length = random.choice([len(payload)] * 6 + [0, 125, 2**16 - 1, 2**31, 2**63, 2**64 - 1])
    is_masked = random.random() < 0.9
    head = bytes([first])
    mark = 0x80 if is_masked else 0
    if length < 126:
        head += bytes([mark | length])
    elif length < 2**16:
        head += bytes([mark | 126]) + struct.pack(">H", length)
    else:
        head += bytes([mark | 127]) + struct.pack(">Q", length)
    if not is_masked:
        return head + payload
    mask = random.randbytes(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def _noise(random: Random) -> Sequence[bytes]:
    tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + random.randbytes(300)
    http2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + random.randbytes(60)
    long_line = b"GET /" + b"a" * random.choice([5000, 70_000, 5_000_000])
    endless = b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * random.choice([10, 5000, 50_000])
    kinds = [
        tls,
        http2,
        long_line,
        endless,
        random.randbytes(random.randrange(3000)),
        b"\r\n" * 900,
    ]
    return in_parts(random, random.choice(kinds))[:2000]


def _changed(random: Random, data: bytes) -> bytes:
    if random.random() < 0.5:
        return data
    if random.random() < 0.3:
        return hostile_bytes(random, [data.decode("latin-1")])
    changed = bytearray(data)
    for _ in range(random.choice([1, 2, 9])):
        if changed:
            changed[random.randrange(len(changed))] = random.choice(b"\0\r\n :;,\xff0a")
    return bytes(changed)
