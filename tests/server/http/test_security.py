"""The security of the server, one test for each promise of docs/guides/server.md.

"Everywhere" means REST, WebSocket, server-sent events and pages alike: one middleware stands before
them all.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from ccingest.errors import UsageError
from ccingest.server.http.options import ServerOptions, read_secret
from server.http.kit import Running, environment, make_shop, running

TOKEN = "a-token-that-nobody-guesses"
EVERYWHERE = ("/jobs", "/projects/default/stats", "/events", "/docs", "/openapi.json", "/nothing")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a token, which requests may not lead to private addresses."""
    flags = ("--allow-host", "ccingest.example.org")
    folder = tmp_path_factory.mktemp("strict")
    with running(folder, *flags, workers=0, CCINGEST_TOKEN=TOKEN) as started:
        yield started


@pytest.fixture(scope="module", autouse=True)
def silent(server: Running) -> Iterator[list[Future[tuple[bytes, float]]]]:
    """Clients that send nothing, or headers a bit at a time: what they get, and after which time.

    Their waiting goes on beside the other tests.
    """
    beginnings = (b"", b"GET /jobs HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    with ThreadPoolExecutor(len(beginnings)) as pool:
        yield [pool.submit(until_cut_off, server, beginning) for beginning in beginnings]


def until_cut_off(server: Running, beginning: bytes) -> tuple[bytes, float]:
    start = time.monotonic()
    with suppress(ConnectionResetError):
        return raw(server, beginning, seconds=30), time.monotonic() - start
    return b"", time.monotonic() - start


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def websocket_status(server: Running, **headers: str) -> int:
    """101, or the status of the refusal."""
    try:
        with connect(server.websocket_url, additional_headers=headers):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def raw(server: Running, request: bytes, seconds: float = 20.0) -> bytes:
    """What the server answers to these bytes, until it closes the connection."""
    address = httpx.URL(server.url)
    with socket.create_connection((address.host, address.port or 80), timeout=seconds) as opened:
        opened.sendall(request)
        answer = b""
        while part := opened.recv(65536):
            answer += part
        return answer


# Who may reach it


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "ccingest.example.org"])
def test_an_address_that_others_reach_needs_a_token(host: str) -> None:
    with pytest.raises(UsageError, match="token"):
        ServerOptions(host=host).check()
    assert ServerOptions(host=host, token=TOKEN).check()


def test_the_command_refuses_to_start_without_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", "serve", "--host", "0.0.0.0", "--port", "0"],
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "CCINGEST_TOKEN" in done.stderr


# DNS rebinding: a page whose name was made to lead to this machine


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:3030", "localhost.evil.example", ""]
)
def test_a_foreign_host_is_refused_everywhere(server: Running, path: str, host: str) -> None:
    answer = server.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert websocket_status(server, Host=host or "evil.example") in (400, 421)  # two Host headers


def test_two_hosts_are_refused(server: Running) -> None:
    answer = raw(server, b"GET /jobs HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "file://", "http://[", ""]
)
def test_a_foreign_page_is_refused_everywhere(server: Running, path: str, origin: str) -> None:
    assert server.get(path, headers={"Origin": origin}).status_code == 403
    assert websocket_status(server, Origin=origin) == 403


def test_our_own_page_is_not(server: Running) -> None:
    assert server.get("/jobs", headers={"Origin": server.url}).status_code == 200
    assert websocket_status(server, Origin=server.url) == 101


def test_a_name_that_the_operator_allows(strict: Running) -> None:
    named = {"Host": "ccingest.example.org", "Origin": "https://ccingest.example.org"}
    assert strict.get("/jobs", headers={**named, **bearer()}).status_code == 200


def test_no_other_page_may_read_an_answer(server: Running) -> None:
    """There is no CORS."""
    preflight = {"Origin": server.url, "Access-Control-Request-Method": "POST"}
    answer = server.client.options("/projects/default/query", headers=preflight)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


# The token


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize(
    "headers",
    [{}, bearer("wrong"), {"Authorization": "Bearer"}, {"Authorization": f"Digest {TOKEN}"}],
)
def test_the_token_is_wanted_everywhere(
    strict: Running, path: str, headers: dict[str, str]
) -> None:
    answer = strict.get(path, headers=headers)
    assert answer.status_code == 401
    assert "Bearer" in answer.headers["www-authenticate"]
    assert websocket_status(strict, **headers) == 401


def test_the_token_opens(strict: Running) -> None:
    basic = base64.b64encode(f"anybody:{TOKEN}".encode()).decode()
    for headers in (bearer(), {"Authorization": f"Basic {basic}"}):
        assert strict.get("/jobs", headers=headers).status_code == 200
        assert websocket_status(strict, **headers) == 101


def test_only_the_health_is_free(strict: Running) -> None:
    answer = strict.get("/health")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "version"}
    assert strict.get("/health/").status_code != 200
    assert strict.get("//health").status_code != 200


def test_a_secret_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert read_secret({}, "CCINGEST_TOKEN", file) == TOKEN
    assert read_secret({"CCINGEST_TOKEN": TOKEN}, "CCINGEST_TOKEN") == TOKEN
    file.write_text("\n")
    for wrong in (file, tmp_path / "missing"):
        with pytest.raises(UsageError):
            read_secret({}, "CCINGEST_TOKEN", wrong)


# Folders of the server's machine


@pytest.mark.parametrize("field", ["local", "github"])
def test_only_folders_that_are_allowed(server: Running, tmp_path: Path, field: str) -> None:
    """A folder elsewhere, by its path, by dots and by a link; whether it exists is not told."""
    make_shop(tmp_path / "secret")
    link = server.folder / f"link-{field}"
    link.symlink_to(tmp_path / "secret")
    key = "path" if field == "local" else "repo"
    paths = [
        str(tmp_path / "secret"),
        str(tmp_path / "missing"),
        f"{server.folder}/../secret",
        str(link),
        "/etc",
        "/",
    ]
    if field == "github":
        paths += [f"file://{tmp_path}/secret", f"name={tmp_path}/secret", f" {tmp_path}/secret"]
    for path in paths:
        answer = server.post(f"/projects/default/ingest/{field}", {key: path})
        assert answer.status_code == 403, (path, answer.text)
        assert answer.json()["error"]["kind"] == "folder_not_allowed"


@pytest.mark.parametrize("path", ["~/secret", "./secret", "../secret", "."])
def test_no_relative_folder(server: Running, path: str) -> None:
    answer = server.post("/projects/default/ingest/github", {"repo": path})
    assert answer.status_code == 400


def test_a_repository_whose_objects_are_elsewhere(server: Running, tmp_path: Path) -> None:
    make_shop(tmp_path / "secret")
    folder = server.folder / "pointer"
    folder.mkdir()
    (folder / ".git").write_text(f"gitdir: {tmp_path / 'secret' / '.git'}\n")
    answer = server.post("/projects/default/ingest/github", {"repo": str(folder)})
    assert answer.status_code == 403


def test_no_kind_of_source_of_another_package(server: Running) -> None:
    """What it reads is not known."""
    schedule = {"repo": "wiki:anything", "every": "1h"}
    assert server.post("/projects/default/schedules", schedule).status_code == 400


# Server-side requests: what only the server can reach


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "[::ffff:127.0.0.1]",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
        "127.1",
        "2130706433",
    ],
)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_private_address(strict: Running, host: str, scheme: str) -> None:
    """Of names that lead there, redirects and a DNS that changes its mind: tests/sources/test_public.py."""
    body = {"repo": f"{scheme}://{host}/org/repo"}
    answer = strict.post("/projects/default/ingest/github", body, headers=bearer())
    assert answer.status_code == 403, answer.text
    assert answer.json()["error"]["kind"] == "forbidden_address"
    site = {"start_url": f"{scheme}://{host}/docs"}
    answer = strict.post("/projects/default/ingest/crawl", site, headers=bearer())
    assert answer.status_code == 403
    schedule = {**body, "every": "1h"}
    answer = strict.post("/projects/default/schedules", schedule, headers=bearer())
    assert answer.status_code == 403
    assert strict.get("/jobs", headers=bearer()).json() == {"jobs": []}


# Limits


def test_a_large_body(server: Running) -> None:
    body = {"query": "x" * 2_000_000}
    answer = server.post("/projects/default/query", body)
    assert answer.status_code == 413
    chunks = (b"x" * 100_000 for _ in range(20))  # without a Content-Length
    answer = server.client.post("/projects/default/query", content=chunks)
    assert answer.status_code == 413


def test_large_headers(server: Running) -> None:
    answer = server.get("/jobs", headers={"X-Large": "x" * 40_000})
    assert answer.status_code == 431
    huge = b"GET /jobs HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000
    assert raw(server, huge + b"\r\n\r\n").startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"query": ' * 50_000, "\x00", "nul", '{"a":1e999}']
)
def test_hostile_json(server: Running, body: str) -> None:
    answer = server.client.post("/projects/default/query", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] == "usage"


@pytest.mark.parametrize(
    "path",
    ["/projects/%00/stats", "/jobs/%ff", "/projects/a%2f..%2fb/datasets", "/jobs/" + "a" * 500],
)
def test_hostile_paths(server: Running, path: str) -> None:
    assert server.get(path).status_code in (200, 400, 404)


def test_paths_of_stored_files_lead_nowhere_else(shop: Running) -> None:
    for path in ("../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd"):
        answer = shop.get(f"/projects/default/files/{path}")
        assert answer.status_code == 404
        assert "root:" not in answer.text


# Browsers and secrets


@pytest.mark.parametrize("path", EVERYWHERE[:2] + EVERYWHERE[3:])
def test_a_browser_does_no_more_than_it_should(server: Running, path: str) -> None:
    headers = server.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


def test_no_page_asks_another_server(server: Running) -> None:
    text = server.get("/docs").text
    assert "POST /projects/{project}/query" in text
    assert not re.findall(r"(?:src|href)=.?https?://", text)
    assert "<script" not in text


def test_no_secret_in_answers_or_logs(strict: Running) -> None:
    password = "hunter2hunter2"
    url = f"https://user:{password}@127.0.0.1/org/repo?token={password}"
    answers: list[Any] = [
        strict.post("/projects/default/ingest/github", {"repo": url}, headers=bearer()),
        strict.post("/projects/default/ingest/github", {"repo": [url]}, headers=bearer()),
        strict.get(f"/jobs?token={password}&access_token={TOKEN}", headers=bearer()),
        strict.get(f"/nothing/{url}", headers=bearer()),
        strict.get("/metrics", headers=bearer()),
        strict.get("/openapi.json", headers=bearer()),
    ]
    texts = [answer.text for answer in answers] + [strict.log.read_text(encoding="utf8")]
    for text in texts:
        assert password not in text
        assert TOKEN not in text


def test_the_access_log_is_json(strict: Running) -> None:
    strict.get("/jobs?secret=1", headers=bearer())
    lines = strict.log.read_text(encoding="utf8").splitlines()[1:]
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    assert {"method": "GET", "path": "/jobs", "status": 200}.items() <= logged[-1].items()
    assert set(logged[-1]) == {
        *("time", "client", "method", "path", "status", "bytes", "milliseconds")
    }


def test_a_client_that_sends_nothing_is_cut_off(silent: list[Future[tuple[bytes, float]]]) -> None:
    """Neither may it keep a connection by sending headers, or a body, a bit at a time."""
    for one in silent:
        got, took = one.result()
        assert got == b""
        assert took < 25


@pytest.mark.parametrize("project", ["default", "https:me:p4ssw0rd@host.example"])
@pytest.mark.parametrize(
    "asked",
    [
        {"dataset": "https://me:p4ssw0rd@host.example/org/shop"},
        {"repo": "https://me:p4ssw0rd@host.example/org/shop"},
        {"dataset": "host.example/org:p4ssw0rd@other.example/shop"},
    ],
)
def test_a_dataset_that_is_missing_is_named_without_its_password(
    server: Running, project: str, asked: dict[str, str]
) -> None:
    answer = server.delete(f"/projects/{project}/ingest/github", asked)
    assert answer.status_code in (400, 404)
    assert "p4ssw0rd" not in answer.text


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    "path", ["/https:%2F%2Fme:p4ssw0rd@host.example", "/jobs/me:p4ssw0rd@h.io"]
)
def test_a_path_is_named_without_a_password(server: Running, method: str, path: str) -> None:
    answer = server.client.request(method, path)
    assert answer.status_code in (404, 405)
    assert "p4ssw0rd" not in answer.text


def test_a_long_address(server: Running) -> None:
    answer = server.client.get("/jobs?project=" + "a" * 40_000)
    assert (answer.status_code, answer.json()["error"]["kind"]) == (414, "too_large")


def test_a_method_that_nobody_knows_is_counted_with_others(strict: Running) -> None:
    for number in range(3):
        assert strict.client.request(f"METHOD{number}", "/jobs").status_code == 401
    counted = strict.client.get("/metrics", headers=bearer()).text
    assert "METHOD" not in counted
    assert 'method="other"' in counted


@pytest.mark.parametrize("path", ["/health", "/jobs", "/openapi.json", "/nothing"])
def test_head_is_answered_as_get_without_the_body(server: Running, path: str) -> None:
    got, asked = server.client.get(path), server.client.head(path)
    assert (asked.status_code, asked.content) == (got.status_code, b"")
    assert asked.headers["content-type"] == got.headers["content-type"]


def test_no_head_of_a_stream(server: Running) -> None:
    assert server.client.head("/events").status_code == 405
    assert "HEAD" not in server.client.post("/events").headers["allow"]
    assert "HEAD" in server.client.post("/health").headers["allow"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "query: Field required."),
        ({"query": 1}, "query: Input should be a valid string."),
        ([], "The body must be a JSON object with Content-Type: application/json."),
    ],
)
def test_a_wrong_field_is_named(server: Running, body: object, message: str) -> None:
    answer = server.client.post("/projects/default/query", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(message)


def test_a_body_without_its_type(server: Running) -> None:
    """As curl sends it with -d alone."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = server.client.post("/projects/default/query", content=b'{"query": "x"}', headers=form)
    assert answer.status_code == 400
    assert "with Content-Type: application/json." in answer.json()["error"]["message"]


def test_a_wrong_path_is_named(server: Running) -> None:
    answer = server.client.get("/projects/default/files/" + "a" * 5000)
    assert answer.json()["error"]["message"].startswith("path: String should have at most 4096")
