"""Webhooks: what is signed leads to one job, and nothing else to any."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from ccingest.app.pushes import signature_of
from server.http.conftest import SECRET
from server.http.kit import Running, change, environment, make_shop, running

PATH = "/webhooks/github"


def payload(name: str, branch: str = "main", **more: Any) -> dict[str, Any]:
    repository = {"full_name": name, "html_url": f"https://github.com/{name}"}
    return {"ref": f"refs/heads/{branch}", "repository": repository, **more}


def send(server: Running, content: Any, **headers: str) -> httpx.Response:
    """A delivery as GitHub sends it, signed unless `headers` say otherwise."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    signed = {
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": signature_of(body, SECRET),
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return server.client.post(PATH, content=body, headers=signed)


@pytest.fixture(scope="module")
def pushed(server: Running) -> Running:
    """A server with a dataset of acme/hooked."""
    origin = "https://github.com/acme/hooked.git"
    server.add(make_shop(server.folder / "hooked", origin=origin))
    return server


def test_a_push_brings_a_dataset_up_to_date(pushed: Running) -> None:
    commit = change(pushed.folder / "hooked", {"later.py": "LATER = 1\n"})
    answer = send(pushed, payload("acme/hooked"), X_GitHub_Delivery="delivery-1")
    assert answer.status_code == 202
    assert answer.json()["status"] == "queued"
    job = pushed.job(answer.json()["jobId"])
    assert (job["status"], job["sha"]) == ("completed", commit)
    again = send(pushed, payload("acme/hooked"), X_GitHub_Delivery="delivery-1")
    assert again.status_code == 202
    assert (again.json()["status"], again.json()["jobId"]) == ("duplicate", job["jobId"])


def test_a_form_is_a_payload_too(pushed: Running) -> None:
    form = urlencode({"payload": json.dumps(payload("acme/hooked"))}).encode()
    kind = "application/x-www-form-urlencoded"
    assert send(pushed, form, Content_Type=kind).status_code == 202


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        ({"zen": "Keep it logically awesome."}, {"X_GitHub_Event": "ping"}),
        ({"action": "opened"}, {"X_GitHub_Event": "issues"}),
        (payload("acme/hooked", "topic"), {}),
        (payload("acme/hooked", deleted=True), {}),
        (payload("acme/unknown"), {}),
        ({**payload("acme/hooked"), "ref": "refs/tags/main"}, {}),
    ],
    ids=["ping", "issue", "branch", "deleted", "unknown", "tag"],
)
def test_what_leads_to_no_job(pushed: Running, content: Any, headers: dict[str, str]) -> None:
    answer = send(pushed, content, **headers)
    assert answer.status_code == 200
    assert answer.json()["jobs"] == []


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        "sha1=" + "0" * 40,
        signature_of(b"another body", SECRET),
    ],
)
def test_what_is_not_signed_is_refused(pushed: Running, signature: str) -> None:
    answer = send(pushed, payload("acme/hooked"), X_Hub_Signature_256=signature)
    assert answer.status_code == 401
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "content", [b"no JSON", b"[1]", b"{}", b"[" * 100_000, {**payload("a/b"), "ref": 1}]
)
def test_a_signed_payload_that_is_none(pushed: Running, content: Any) -> None:
    assert send(pushed, content).status_code == 400


def test_a_delivery_without_an_id(pushed: Running) -> None:
    assert send(pushed, payload("acme/hooked"), X_GitHub_Delivery="").status_code == 400


def test_the_sample_of_the_command(pushed: Running) -> None:
    def sample(*flags: str, secret: str = SECRET) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ccingest", "webhook", "test", "acme/hooked", "--json"]
        return subprocess.run(
            [*command, "--url", pushed.url, *flags],
            env=environment(pushed.home, CCINGEST_WEBHOOK_SECRET=secret),
            capture_output=True,
            text=True,
            check=False,
        )

    done = sample()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "queued"
    assert sample("--ping", secret="wrong").returncode == 4


def test_a_server_without_a_secret_takes_none(tmp_path: Any) -> None:
    with running(tmp_path, workers=0) as server:
        assert send(server, payload("acme/hooked")).status_code == 403
