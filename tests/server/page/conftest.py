"""A real server, and a real browser in front of it: one of each for a module."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from git_server import make_repository

expect.set_options(timeout=20_000)  # milliseconds; CI may be slow
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# What code, paths and names of repositories may hold. Nothing of it may become a part of the page.
HOSTILE = '<script>alert("1")</script>'
HOSTILE_PATH = 'src/<img src=x onerror=alert(1)>/"quoted" & \u202eevil.py'
SMALL = {
    "README.md": "# Shop\n\nHow taxes and retries work.\n",
    "src/tax.py": "def tax_of(price):\n    return price * 0.2\n",
    "src/retry.py": "\n" * 30
    + "def retry_with_backoff(call, attempts=5):\n"
    + '    """Try again after a failure, waiting longer each time."""\n'
    + "    for attempt in range(attempts):\n        delay = 2 ** attempt\n        yield delay\n",
    "web/app.js": f"// {HOSTILE}\nfunction render(page) {{ return page.innerHTML = '{HOSTILE}'; }}\n",
    HOSTILE_PATH: f"def evil_function():\n    return '{HOSTILE}'  # \u202e\n",
}


def big_repository(folder: Path, files: int = 100) -> Path:
    """One whose ingest takes seconds, so that its bar can be seen moving."""
    body = "".join(
        f"def step_{n}(value):\n    total = value * {n}\n    return total + len(str(value))\n\n\n"
        for n in range(400)
    )
    make_repository(folder, {f"part{n}/file{n}.py": f"# {n}\n{body}" for n in range(files)})
    return folder


@dataclass
class Watched:
    """A page of the browser, and what must not happen in it."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def watch(self) -> Watched:
        self.page.on("console", lambda message: self.faults.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        self.page.on("request", self._check)
        return self

    def _check(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.faults.append(f"request: {request.url}")

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no chromium; .ci/run installs it")
        pytest.skip("no chromium is installed")
    with sync_playwright() as playwright:
        # Without a sandbox, because containers often run as root.
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
