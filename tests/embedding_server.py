"""A server on loopback that speaks the embeddings API of OpenAI, as recorded, and its faults.

The shapes of requests and answers are those of POST /v1/embeddings of api.openai.com (base64 where it
is asked for), of Ollama (which has no base64 and needs no key), and of api.voyageai.com (which knows
`input_type` and `output_dimension`). A vector depends on the words of a text only, so that a question
is near to what has its words.
"""

from __future__ import annotations

import base64
import json
import re
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_WORD = re.compile(r"[a-z0-9]+")


def vector_of(text: str, dimensions: int, length: float = 1.0) -> list[float]:
    """The vector of a text: a sum over its words, of this length."""
    numbers = [0.0] * dimensions
    for word in _WORD.findall(text.lower()):
        digest = blake2b(word.encode(), digest_size=8).digest()
        numbers[int.from_bytes(digest[:4], "big") % dimensions] += 1.0
        numbers[int.from_bytes(digest[4:], "big") % dimensions] += 0.5
    size = sum(number * number for number in numbers) ** 0.5 or 1.0
    return [number * length / size for number in numbers]


@dataclass
class Fault:
    """An answer instead of vectors. Without `body` it is the error document of the status."""

    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: int = 0  # bytes that are promised but never sent
    delay: float = 0.0  # seconds before the answer
    repeat: bytes = b""  # sent again and again until the client goes


class EmbeddingServer:
    """A server whose attributes may be changed while it runs."""

    def __init__(self) -> None:
        self.dimensions = 8
        self.length = 1.0  # of the vectors
        self.key: str | None = None  # required when set
        self.has_base64 = True
        self.models: set[str] | None = None  # None: any name
        self.longest = 1_000_000  # characters of a text; a longer one is refused
        self.refused = ""  # a text with this in it is refused
        self.delay = 0.0  # seconds before each answer
        self.faults: list[Fault] = []  # the answers to the next requests
        self.change: Callable[[list[dict[str, Any]]], None] | None = None  # of the vectors
        self.requests: list[dict[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.at_once = 0  # requests that run now
        self.most_at_once = 0
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def texts(self) -> list[str]:
        """All texts that were embedded, or refused."""
        return [text for request in self.requests for text in request["input"]]

    @contextmanager
    def running(self) -> Iterator[EmbeddingServer]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def close(self) -> None:
        """Accept no more connections, as a service that is gone."""
        self._server.shutdown()
        self._server.server_close()


def error_document(message: str, code: str | None = None) -> bytes:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return json.dumps({"error": error}).encode()


def _handler(server: EmbeddingServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # otherwise the body waits 40 ms for the client's ACK

        def handle(self) -> None:
            with suppress(OSError):  # a client may close the connection during an answer
                super().handle()

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with server.lock:
                server.requests.append(request)
                server.headers.append(dict(self.headers))
                server.at_once += 1
                server.most_at_once = max(server.most_at_once, server.at_once)
                fault = server.faults.pop(0) if server.faults else None
            try:
                with suppress(OSError):
                    self._reply(fault or _answer(server, self.path, self.headers, request))
            finally:
                with server.lock:
                    server.at_once -= 1

        def _reply(self, fault: Fault) -> None:
            time.sleep(fault.delay)
            body = fault.body if fault.body is not None else error_document("It failed.")
            self.send_response(fault.status)
            for name, value in fault.headers.items():
                self.send_header(name, value)
            if not fault.repeat:
                self.send_header("Content-Length", str(len(body) + fault.cut))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)
            while fault.repeat:
                self.wfile.write(fault.repeat)
            self.close_connection = bool(fault.cut)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _answer(server: EmbeddingServer, path: str, headers: Any, request: Mapping[str, Any]) -> Fault:
    refusal = _refusal(server, path, headers, request)
    if refusal:
        return refusal
    size = request.get("dimensions") or request.get("output_dimension") or server.dimensions
    as_base64 = server.has_base64 and request.get("encoding_format") == "base64"
    vectors = [vector_of(text, size, server.length) for text in request["input"]]
    data: list[dict[str, Any]] = [
        {"object": "embedding", "index": index, "embedding": _packed(one) if as_base64 else one}
        for index, one in enumerate(vectors)
    ]
    if server.change:
        server.change(data)
    tokens = sum(len(text) // 4 for text in request["input"])
    document = {
        "object": "list",
        "data": data,
        "model": request["model"],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
    return Fault(200, body=json.dumps(document).encode(), delay=server.delay)


def _refusal(
    server: EmbeddingServer, path: str, headers: Any, request: Mapping[str, Any]
) -> Fault | None:
    texts: Sequence[str] = request["input"]
    given, longest = headers.get("Authorization"), max(map(len, texts))
    refusal = None
    if path != "/v1/embeddings":
        refusal = Fault(404, body=b"404 page not found")
    elif server.key and given != f"Bearer {server.key}":
        said = f"Incorrect API key provided: {given}."
        refusal = Fault(401, body=error_document(said, "invalid_api_key"))
    elif server.models is not None and request["model"] not in server.models:
        refusal = Fault(404, body=error_document(f"model {request['model']!r} not found"))
    elif not all(texts):
        refusal = Fault(400, body=error_document("'$.input' is invalid."))
    elif server.refused and any(server.refused in text for text in texts):
        refusal = Fault(400, body=error_document("an input is invalid"))
    elif longest > server.longest:
        said = f"This model's maximum context length is 8192 tokens, but this has {longest}."
        refusal = Fault(400, body=error_document(said))
    return refusal


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
