"""Connections by TLS: to the address that was checked, with a certificate for the host's name."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ccingest.errors import NetworkError
from ccingest.sources.web import transport
from sources.web.kit import crawl
from web_server import WebServer, page


class Secure(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        data = page("Secure").encode()
        self.send_response(200 if self.path == "/" else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        if self.path == "/":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing: pytest would show it."""


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server whose certificate is for `secure.test`, and is trusted."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=secure.test",
         "-addext", "subjectAltName=DNS:secure.test"],
        check=True, capture_output=True,
    )  # fmt: skip
    server = ThreadingHTTPServer(("127.0.0.1", 0), Secure)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    real = socket.getaddrinfo
    monkeypatch.setattr(  # names of this test lead to this machine
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: real(
            "127.0.0.1" if str(host).endswith(".test") else host, *rest, **more
        ),
    )
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_the_certificate_is_checked_for_the_name(port: int, tmp_path: Path) -> None:
    found = crawl(f"https://secure.test:{port}/", tmp_path)
    assert found.texts["index.md"].startswith("# Secure {#secure}")
    with pytest.raises(NetworkError, match="certificate verify failed"):
        crawl(f"https://other.test:{port}/", tmp_path)


def test_a_name_with_an_emoji(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "public_addresses", lambda *_, **__: ["127.0.0.1"])
    with WebServer({"/": page("Snow")}).running() as server:
        port = server.url.rpartition(":")[2]
        found = crawl(f"http://\u2603.test:{port}/", tmp_path)
        assert found.texts["index.md"].startswith("# Snow")
        assert server.headers[-1]["host"] == f"xn--n3h.test:{port}"


def test_a_server_without_tls(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def hang_up() -> None:
            for _ in range(10):
                try:
                    listening.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(NetworkError, match="can't be reached"):
            crawl(f"https://127.0.0.1:{port}/", tmp_path)
