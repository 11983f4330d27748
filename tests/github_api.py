"""A server on loopback that speaks GitHub's REST API: its listing of repositories, as recorded.

The shape of what it answers, rows, headers and error documents, is that of api.github.com with
X-GitHub-Api-Version 2022-11-28; fields that nobody reads are left out.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


def row(full_name: str, **changes: Any) -> dict[str, Any]:
    """A repository in the form of the API."""
    owner, _, name = full_name.partition("/")
    return {
        "id": 1296269,
        "node_id": "MDEwOlJlcG9zaXRvcnkxMjk2MjY5",
        "name": name,
        "full_name": full_name,
        "owner": {"login": owner, "id": 1, "type": "Organization", "site_admin": False},
        "private": False,
        "html_url": f"https://github.com/{full_name}",
        "description": None,
        "fork": False,
        "url": f"https://api.github.com/repos/{full_name}",
        "clone_url": f"https://github.com/{full_name}.git",
        "language": None,
        "default_branch": "main",
        "size": 108,
        "archived": False,
        "disabled": False,
        "visibility": "public",
        "pushed_at": "2011-01-26T19:06:43Z",
        "created_at": "2011-01-26T19:01:12Z",
        "updated_at": "2011-01-26T19:14:43Z",
        **changes,
    }


@dataclass
class Reply:
    """An answer instead of the listing. Without `body` it is the error document of the status."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: int = 0  # bytes that are promised but never sent


class GitHubServer:
    """A server whose attributes may be changed while it runs."""

    def __init__(self) -> None:
        self.organisations: dict[str, Sequence[dict[str, Any]]] = {}
        self.users: dict[str, Sequence[dict[str, Any]]] = {}
        self.empty: set[str] = set()  # repositories without a commit
        self.page_size = 100  # the most; a client may request fewer
        self.token: str | None = None  # required when set
        self.next_base: str | None = (
            None  # the base of the URL in the Link header, if it is another one
        )
        self.replies: list[Reply] = []  # the answers to the next requests
        self.requests: list[tuple[str, Mapping[str, str]]] = []  # path and headers of each
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def paths(self) -> list[str]:
        return [urlsplit(path).path for path, _ in self.requests]

    @contextmanager
    def running(self) -> Iterator[GitHubServer]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()


_MESSAGES = {
    401: "Bad credentials",
    403: "Resource not accessible by personal access token",
    404: "Not Found",
    409: "Git Repository is empty.",
    429: "You have exceeded a secondary rate limit. Please wait a few minutes.",
    502: "Server Error",
}


def _handler(server: GitHubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # otherwise the body waits 40 ms for the client's ACK

        def setup(self) -> None:
            super().setup()
            server.connections += 1

        def handle(self) -> None:
            with suppress(ConnectionError):  # a client may close the connection during an answer
                super().handle()

        def do_GET(self) -> None:
            server.requests.append((self.path, dict(self.headers)))
            if server.replies:
                return self._send(server.replies.pop(0))
            if server.token and self.headers.get("Authorization") != f"Bearer {server.token}":
                return self._send(Reply(401))
            parts = urlsplit(self.path)
            match parts.path.removeprefix("/api/v3").strip("/").split("/"):
                case ["orgs", name, "repos"] if name.lower() in server.organisations:
                    rows = server.organisations[name.lower()]
                case ["users", name, "repos"] if name.lower() in server.users:
                    rows = server.users[name.lower()]
                case ["repos", owner, name, "commits"]:
                    is_empty = f"{owner}/{name}" in server.empty
                    return self._send(Reply(409) if is_empty else Reply(body=b'[{"sha":"1"}]'))
                case _:
                    return self._send(Reply(404))
            return self._send(self._page(rows, parts.path, parse_qs(parts.query)))

        def do_CONNECT(self) -> None:
            """The request of a client to a proxy. This one refuses all."""
            server.requests.append((self.path, dict(self.headers)))
            self._send(Reply(407))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def _page(
            self, rows: Sequence[dict[str, Any]], path: str, query: Mapping[str, list[str]]
        ) -> Reply:
            size = min(int(query.get("per_page", ["30"])[0]), server.page_size)
            number = int(query.get("page", ["1"])[0])
            last = max(1, -(-len(rows) // size))
            base = (server.next_base or server.url) + path
            links = [("prev", number - 1), ("next", number + 1), ("last", last), ("first", 1)]
            links = [(name, page) for name, page in links if 1 <= page <= last and last > 1]
            link = ", ".join(
                f'<{base}?per_page={size}&page={page}>; rel="{name}"' for name, page in links
            )
            start = (number - 1) * size
            body = json.dumps(rows[start : start + size]).encode()
            return Reply(headers={"Link": link} if link else {}, body=body)

        def _send(self, reply: Reply) -> None:
            body = reply.body
            if body is None:
                document = {
                    "message": _MESSAGES.get(reply.status, ""),
                    "documentation_url": "https://docs.github.com/rest",
                }
                body = json.dumps(document).encode()
            self.send_response_only(reply.status)
            headers = {
                "Date": formatdate(usegmt=True),
                "Content-Type": "application/json; charset=utf-8",
                "X-GitHub-Media-Type": "github.v3; format=json",
                "X-RateLimit-Limit": "60",
                "X-RateLimit-Remaining": "58",
                **reply.headers,
            }
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body) + reply.cut))
            self.end_headers()
            self.wfile.write(body)
            if reply.cut:
                self.close_connection = True

    return Handler
