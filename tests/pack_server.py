"""Packs that are put together byte by byte, and a smart-HTTP git server that sends one of them."""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT, TREE, BLOB, TAG, OFS_DELTA, REF_DELTA = 1, 2, 3, 4, 6, 7
_NAMES = {COMMIT: b"commit", TREE: b"tree", BLOB: b"blob", TAG: b"tag"}
_COPIED = 0xFFFFFF  # bytes that one instruction of a delta copies at most
_WHO = b"A <a@example.org> 1700000000 +0000"
_CAPABILITIES = (
    b"multi_ack thin-pack side-band side-band-64k ofs-delta shallow no-progress "
    b"allow-tip-sha1-in-want allow-reachable-sha1-in-want symref=HEAD:refs/heads/main"
)


def id_of(kind: int, content: bytes) -> bytes:
    return hashlib.sha1(b"%s %d\0" % (_NAMES[kind], len(content)) + content).digest()


def stored(kind: int, content: bytes, *, size: int | None = None) -> bytes:
    """An object as a pack has it. `size` is what it says, which may be a lie."""
    return _head(kind, len(content) if size is None else size) + zlib.compress(content, 9)


def delta_by_id(base: bytes, delta: bytes) -> bytes:
    return _head(REF_DELTA, len(delta)) + base + zlib.compress(delta, 9)


def delta_by_distance(distance: int, delta: bytes) -> bytes:
    """`distance` is from the beginning of this entry back to the beginning of its base."""
    digits = [distance & 127]
    while distance := distance >> 7:
        distance -= 1
        digits.append(128 | distance & 127)
    return _head(OFS_DELTA, len(delta)) + bytes(reversed(digits)) + zlib.compress(delta, 9)


def delta_of(base: int, result: int) -> bytes:
    """A delta that repeats the beginning of a base of so many bytes until the result has its size."""
    steps = bytearray(_number(base) + _number(result))
    part = min(base, _COPIED)
    while result:
        size = min(part, result)
        steps += bytes([0xF0]) + size.to_bytes(3, "little")
        result -= size
    return bytes(steps)


def tree_of(files: Iterable[tuple[bytes, bytes]]) -> bytes:
    """`files`: names and ids."""
    return b"".join(b"100644 %s\0%s" % file for file in sorted(files))


def commit_of(tree: bytes, message: bytes = b"x\n") -> bytes:
    return b"tree %s\nauthor %s\ncommitter %s\n\n%s" % (tree.hex().encode(), _WHO, _WHO, message)


def pack_of(entries: Sequence[bytes]) -> bytes:
    pack = b"PACK" + (2).to_bytes(4, "big") + len(entries).to_bytes(4, "big") + b"".join(entries)
    return pack + hashlib.sha1(pack).digest()


@dataclass(frozen=True)
class PackServer:
    url: str
    requests: list[bytes]


@contextmanager
def serving_pack(head: bytes, answers: Iterable[bytes]) -> Iterator[PackServer]:
    """A server of one repository. `head` is the id of its branch, `answers` what it says after NAK."""
    requests: list[bytes] = []
    refs = [b"%s HEAD\0%s\n" % (head.hex().encode(), _CAPABILITIES)]
    refs.append(b"%s refs/heads/main\n" % head.hex().encode())
    listing = packet(b"# service=git-upload-pack\n") + b"0000"
    listing += b"".join(map(packet, refs)) + b"0000"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer("advertisement", [listing])

        def do_POST(self) -> None:
            body = self._body()
            requests.append(body)
            shallow = packet(b"shallow " + head.hex().encode()) + b"0000"
            said = [shallow] if b"deepen" in body else []
            if b"done" in body:
                self._answer("result", [*said, packet(b"NAK\n")], answers)
            else:
                self._answer("result", said)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers["Content-Length"]))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _answer(self, what: str, *parts: Iterable[bytes]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", f"application/x-git-upload-pack-{what}")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                for part in (part for group in parts for part in group):
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
                self.wfile.write(b"0\r\n\r\n")
            except OSError:  # the client has enough of it
                self.close_connection = True

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield PackServer(f"http://127.0.0.1:{server.server_port}/o/r.git", requests)
    finally:
        server.shutdown()
        server.server_close()


def in_band(pack: bytes) -> Iterator[bytes]:
    """A pack as a server sends it."""
    for start in range(0, len(pack), 60_000):
        yield packet(b"\x01" + pack[start : start + 60_000])
    yield b"0000"


def packet(content: bytes) -> bytes:
    return b"%04x%s" % (len(content) + 4, content)


def _head(kind: int, size: int) -> bytes:
    digits = [kind << 4 | size & 15]
    size >>= 4
    while size:
        digits[-1] |= 128
        digits.append(size & 127)
        size >>= 7
    return bytes(digits)


def _number(value: int) -> bytes:
    digits = [value & 127]
    while value := value >> 7:
        digits[-1] |= 128
        digits.append(value & 127)
    return bytes(digits)
