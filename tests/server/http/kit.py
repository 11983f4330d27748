"""A real server process on a free port, and the repositories that it may read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from git_server import git

SHOP = {
    "tax.py": 'def tax_of(price):\n    """The tax on a price."""\n    return price * 0.2\n',
    "shop/basket.go": "package shop\n\n// Total sums the prices of a basket.\nfunc Total() int {\n\treturn 1\n}\n",
    "README.md": "# Shop\n\nMoney is given back within a week.\n",
}
_START = 140.0  # seconds; the machine may do much else, and a test starts two at most
_UNWANTED = ("CCINGEST_", "GITHUB_TOKEN", "GH_", "CHUNK_", "EMBEDDING_")


@dataclass
class Running:
    """A server that runs."""

    url: str
    process: subprocess.Popen[bytes]
    home: Path
    folder: Path  # below which requests may name folders
    log: Path
    client: httpx.Client

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return self.client.post(path, json=body, **more)

    def delete(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return self.client.request("DELETE", path, json=body, **more)

    @property
    def websocket_url(self) -> str:
        return f"ws{self.url.removeprefix('http')}/ws"

    def job(self, job_id: str, seconds: float = 100.0) -> dict[str, Any]:
        """The job when it has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            document: dict[str, Any] = self.get(f"/jobs/{job_id}").json()
            if document["status"] not in ("pending", "in_progress"):
                return document
            time.sleep(0.1)
        raise AssertionError(f"{document} after {seconds} s; {self.log.read_text()}")

    def add(self, repository: Path, **more: Any) -> dict[str, Any]:
        """Add a repository in a folder; returns the job when it has completed."""
        answer = self.post("/projects/default/ingest/github", {"repo": str(repository), **more})
        assert answer.status_code in (200, 202), answer.text
        job = self.job(answer.json()["jobId"])
        assert job["status"] == "completed", job
        return job


def environment(home: Path, **more: str) -> dict[str, str]:
    """The machine's environment, but with this home and without a token."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED)}
    return {**kept, "CCINGEST_HOME": str(home), **more}


def make_shop(folder: Path, files: Mapping[str, str] = SHOP, origin: str = "") -> Path:
    """A repository with a work tree. `origin` gives it a name and a host."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    if origin:
        git(folder, "remote", "add", "origin", origin)
    change(folder, files)
    return folder


def change(folder: Path, files: Mapping[str, str]) -> str:
    """A commit of these files; returns its id."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "a change")
    return git(folder, "rev-parse", "HEAD")


@contextmanager
def running(
    tmp: Path, *flags: str, home: Path | None = None, workers: int = 1, **variables: str
) -> Iterator[Running]:
    """A server below `tmp`. It is killed at the end if it still runs."""
    folder = tmp / "open"
    folder.mkdir(exist_ok=True)
    log = tmp / f"server-{time.monotonic_ns()}.log"
    used = home or tmp / "home"
    command = [sys.executable, "-m", "ccingest", "serve", "--port", "0"]
    command += ["--workers", str(workers), "--question-processes", "0"]
    command += ["--allow-folder", str(folder), *flags]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            command, env=environment(used, **variables), stderr=stderr, cwd=tmp
        )
    try:
        url = _url_of(process, log)
        with httpx.Client(base_url=url, timeout=30) as client:
            yield Running(url, process, used, folder, log, client)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _url_of(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + _START
    while time.monotonic() < end and process.poll() is None:
        text = log.read_text(encoding="utf8")
        if text.startswith("ccingest serves ") and "\n" in text:
            return text.split()[2].rstrip(";")
        time.sleep(0.05)
    raise AssertionError(f"the server does not start: {log.read_text(encoding='utf8')}")
