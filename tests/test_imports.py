"""The cost of starting: a command imports only what it needs, and the package imports nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ccingest.cli import app, output
from git_server import make_repository

BUDGET = 20_000  # microseconds for `import ccingest`, without the start of Python
TRIES = 7
READS_NOTHING = {"lancedb", "pyarrow", "numpy", "pygit2", "fastembed", "tree_sitter", "httpx"}
ONLY_SEARCHES = {"pygit2", "tree_sitter", "sqlite_utils", "httpx", "fastembed"}
# Runs the command line in its arguments. Prints the imported modules as the last line of stderr.
RUN = """\
import sys
from ccingest.cli.app import run
code = run(sys.argv[1:])
print("\\n" + " ".join(sys.modules), file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one dataset and one job in its history."""
    folder = tmp_path_factory.mktemp("imports")
    make_repository(folder / "shop", {"tax.py": "def tax_of(price):\n    return price * 0.2\n"})
    output.stdout.cache_clear()  # they cache the streams of the last run
    output.stderr.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCINGEST_HOME", str(folder / "home"))
        assert app.run(["github", "add", str(folder / "shop"), "--json"]) == 0
    return folder / "home"


def imported_by(home: Path, *arguments: str) -> set[str]:
    """The top-level modules that are imported when the command has ended with code 0."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**os.environ, "CCINGEST_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout
    return {module.partition(".")[0] for module in done.stderr.splitlines()[-1].split()}


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (("--help",), READS_NOTHING),
        (("history",), READS_NOTHING),
        (("query", "tax of a price"), ONLY_SEARCHES),
    ],
    ids=["help", "history", "query"],
)
def test_a_command_imports_what_it_needs(
    home: Path, arguments: tuple[str, ...], unwanted: set[str]
) -> None:
    imported = imported_by(home, *arguments)
    assert "ccingest" in imported
    assert imported & unwanted == set()


def test_an_ingest_imports_these_modules(home: Path) -> None:
    """This shows that the names above are right, so that the test before can fail."""
    imported = imported_by(home, "github", "add", str(home.parent / "shop"), "--force")
    assert imported >= {"lancedb", "pyarrow", "numpy", "pygit2"}


def import_time(module: str) -> int:
    """Microseconds for importing a module in a new process, with all that it imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"],
        capture_output=True,
        text=True,
        check=True,
    )
    times = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines()]
    (total,) = (int(total) for _, total, name in times if name.strip() == module)
    return total


def test_the_package_imports_within_its_budget() -> None:
    least = min(import_time("ccingest") for _ in range(TRIES))
    assert least <= BUDGET
    assert import_time("numpy") > least  # so an import of numpy would be measured
