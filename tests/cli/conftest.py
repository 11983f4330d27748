from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from git_server import GitServer

PYTHON = """\
\"\"\"Sums.\"\"\"


def add_numbers(first, second):
    \"\"\"Add two numbers.\"\"\"
    return first + second
"""
GO = """\
package shop

// Checkout computes the total price of a basket, with tax.
func Checkout(basket Basket, tax float64) float64 {
	total := 0.0
	for _, item := range basket.Items {
		total += item.Price
	}
	return total * (1 + tax)
}
"""
README = "# Shop\n\nA small shop.\n\n## Refunds\n\nMoney is given back within a week.\n"
FILES = {"sums.py": PYTHON, "shop/checkout.go": GO, "README.md": README, "logo.png": "\x89PNG"}


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        (line,) = self.out.splitlines()
        return json.loads(line)


Run = Callable[..., Done]


def added(ccingest: Run, url: str, *flags: str) -> Done:
    done = ccingest("github", "add", url, "--json", *flags)
    assert done.code == 0, done.err
    return done


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """The machine's environment, but with a new home and without a token."""
    unwanted = ("CCINGEST_", "CHUNK_", "GITHUB_TOKEN", "GH_", "EMBEDDING_", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, "CCINGEST_HOME": str(home), "PYTHONWARNINGS": "error::ResourceWarning"}


@pytest.fixture
def ccingest(environment: dict[str, str]) -> Run:
    """Run the real command in a new process."""

    def run(*arguments: str, stdin: str = "", **more: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "ccingest", *arguments],
            env={**environment, **more},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def here(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run the command in this process, which is faster, for tests that need no new process."""
    from ccingest.cli import app
    from ccingest.terminal import output

    for name in set(os.environ) - set(environment):
        monkeypatch.delenv(name)
    monkeypatch.setenv("CCINGEST_HOME", environment["CCINGEST_HOME"])

    def run(*arguments: str, stdin: str = "", **more: str) -> Done:
        output.stdout.cache_clear()  # they cache the streams of the last run
        output.stderr.cache_clear()
        capfd.readouterr()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
            for name, value in more.items():
                patched.setenv(name, value)
            code = app.run(arguments)
        done = Done(code, *capfd.readouterr())
        assert "Traceback" not in done.err, done.err
        return done

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)
    signal.set_wakeup_fd(-1)


@pytest.fixture
def shop(git_server: GitServer) -> str:
    """The URL of a small repository on the server."""
    git_server.add("org/shop", FILES)
    return f"{git_server.url}/org/shop"
