"""A real smart-HTTP git server on the loopback address: `git http-backend` behind http.server."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

import pygit2

IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *arguments: str, stdin: bytes | None = None) -> str:
    """Run git in a folder; returns what it prints."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **IDENTITY},
        input=stdin,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def make_repository(folder: Path, files: Mapping[str, bytes | str], branch: str = "main") -> str:
    """A bare repository with one commit of these files; returns the commit's id."""
    repository = pygit2.init_repository(folder, bare=True, initial_head=branch)
    # As on GitHub, any commit can be fetched by its id.
    repository.config["uploadpack.allowAnySHA1InWant"] = "true"
    return commit(folder, files, branch)


def commit(folder: Path, files: Mapping[str, bytes | str], branch: str = "main") -> str:
    """Add a commit whose tree is exactly these files; returns its id. Takes any path git takes."""
    repository = pygit2.Repository(folder)
    top: _Folder = {}
    for path, content in files.items():
        *above, name = os.fsencode(path).split(b"/")
        into = top
        for part in above:
            below = into.setdefault(part, {})
            assert isinstance(below, dict), f"{path} is below a file"
            into = below
        into[name] = repository.odb.write(pygit2.enums.ObjectType.BLOB, _data(content))
    return commit_tree(folder, str(_write(repository, top)), branch)


_Folder: TypeAlias = "dict[bytes, pygit2.Oid | _Folder]"


def _write(repository: pygit2.Repository, folder: _Folder) -> pygit2.Oid:
    """The tree of a folder. libgit2's own builder of trees would refuse some names."""
    entries = []
    for name, found in folder.items():
        if isinstance(found, dict):
            entries.append((name + b"/", b"40000 ", name, _write(repository, found)))
        else:
            entries.append((name, b"100644 ", name, found))
    content = b"".join(mode + name + b"\0" + oid.raw for _, mode, name, oid in sorted(entries))
    return repository.odb.write(pygit2.enums.ObjectType.TREE, content)


def commit_tree(folder: Path, tree: str, branch: str = "main") -> str:
    repository = pygit2.Repository(folder)
    name = f"refs/heads/{branch}"
    parent = repository.references.get(name)
    parents = [parent.target] if parent else []
    author = pygit2.Signature(IDENTITY["GIT_AUTHOR_NAME"], IDENTITY["GIT_AUTHOR_EMAIL"])
    return str(repository.create_commit(name, author, author, "a change\n", tree, parents))


def raw_tree(folder: Path, entries: Sequence[tuple[str, bytes, str]]) -> str:
    """A tree of (mode, name, id), written unchecked: git's own commands would refuse some."""
    content = b"".join(
        mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries
    )
    write = ("hash-object", "-t", "tree", "-w", "--literally", "--stdin")
    return git(folder, *write, stdin=content)


def _data(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


class GitServer:
    """Serves every repository under `root`. Its attributes may be changed while it runs."""

    def __init__(self, root: Path, address: str = "127.0.0.1") -> None:
        self.root = root
        self.address = address
        self.token: str | None = None  # required when set
        self.status: int | None = None  # answer every request with it
        self.status_for_pack: int | None = None  # answer the second request of a clone with it
        self.redirect: str | None = None  # answer with a redirect to this base URL
        self.redirect_status = 302
        self.redirect_only_with_token = False  # and answer as usual without a token
        self.delay = 0.0  # seconds before every answer
        self.is_silent = ""  # GET or POST: take such a request and say nothing
        self.break_off = False  # send half of the pack, then close the connection
        self.headers: dict[str, str] = {}
        self.authorizations: list[str | None] = []  # the Authorization header of each request
        self._server = _QuietServer((address, 0), _handler(self))

    @property
    def host(self) -> str:
        return f"{self.address}:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def add(self, name: str, files: Mapping[str, bytes | str], branch: str = "main") -> str:
        """A new repository `name` ("org/repo"); returns its commit."""
        return make_repository(self.root / f"{name}.git", files, branch)

    def commit(self, name: str, files: Mapping[str, bytes | str], branch: str = "main") -> str:
        return commit(self.root / f"{name}.git", files, branch)

    @contextmanager
    def running(self) -> Iterator[GitServer]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: in some tests, clients close the connection early."""


def _handler(server: GitServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._serve(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def _serve(self, body: bytes) -> None:
            server.authorizations.append(self.headers.get("Authorization"))
            slept = 0.0
            while server.is_silent == self.command:
                time.sleep(0.05)
            while slept < server.delay:
                time.sleep(0.05)
                slept += 0.05
            # Repositories are also served below /moved, where nothing is redirected.
            moved = self.path.startswith("/moved")
            self.path = self.path.removeprefix("/moved")
            has_token = self.headers.get("Authorization") is not None
            if server.redirect and not moved and has_token >= server.redirect_only_with_token:
                location = {"Location": server.redirect + self.path}
                return self._answer(server.redirect_status, b"", location)
            if server.status:
                return self._answer(server.status, b"no", server.headers)
            if server.status_for_pack and self.command == "POST":
                return self._answer(server.status_for_pack, b"no", server.headers)
            if server.token and not self._has_token(server.token):
                return self._answer(401, b"", {"WWW-Authenticate": 'Basic realm="git"'})
            return self._backend(body)

        def _has_token(self, token: str) -> bool:
            kind, _, value = self.headers.get("Authorization", "").partition(" ")
            return kind == "Basic" and base64.b64decode(value).decode().endswith(f":{token}")

        def _backend(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            environment = {
                **os.environ,
                **IDENTITY,
                "GIT_PROJECT_ROOT": str(server.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REMOTE_USER": "test",
            }
            done = subprocess.run(
                ["git", "-c", "safe.directory=*", "http-backend"],
                env=environment,
                input=body,
                capture_output=True,
                check=False,
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
            status = int(headers.pop("Status", "200").split()[0])
            if server.break_off and self.command == "POST" and len(content) > 1000:
                self.send_response(200)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2])
                self.close_connection = True
                return None
            return self._answer(status, content, headers)

        def _answer(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler
