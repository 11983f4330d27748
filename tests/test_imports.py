"""The cost of starting: a command imports only what it needs, and the package imports nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ccingest
from ccingest.cli import app
from ccingest.terminal import output
from git_server import make_repository

READS_NOTHING = {"lancedb", "pyarrow", "numpy", "pygit2", "fastembed", "tree_sitter", "httpx"}
ONLY_SEARCHES = {
    "lancedb", "pyarrow", "pygit2", "tree_sitter", "sqlite_utils", "httpx", "fastembed",
    "ccingest.languages", "ccingest.queue", "ccingest.sources.git",
    "ccingest.models.results", "ccingest.progress",
    "ccingest.sources.opening", "ccingest.sources.sites", "ccingest.store.writer", "secrets",
    "tokenizers", "rich",
}  # fmt: skip
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
    """All modules and packages that are imported when the command has ended with code 0."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**os.environ, "CCINGEST_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout
    return set(done.stderr.splitlines()[-1].split())


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
    assert imported >= {"numpy", *ONLY_SEARCHES} - {
        "fastembed", "httpx", "sqlite_utils", "tokenizers", "rich",
    }  # fmt: skip


def test_the_package_imports_nothing_but_its_own() -> None:
    """`import ccingest` is for programs too, which pay for what it imports."""
    script = (
        "import sys; before = set(sys.modules); import ccingest; print(*set(sys.modules) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    imported = {name.partition(".")[0] for name in done.stdout.split()}
    assert imported - sys.stdlib_module_names == {"ccingest"}
    assert imported & {"asyncio", "logging", "importlib", "subprocess", "sqlite3", "json"} == set()


def test_a_worker_that_chunks_imports_neither_store_nor_rules() -> None:
    """An ingest starts two of them, and waits."""
    done = subprocess.run(
        [sys.executable, "-c", "import ccingest.pipeline.chunk_worker, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(done.stdout.split())
    assert "tree_sitter" in imported
    assert not imported & {"ccingest.store", "ccingest.selection.rules", "pathspec", "lancedb"}


def test_the_package_imports_no_module_of_python_either() -> None:
    code = "import sys; had = {*sys.modules}; import ccingest; print(*({*sys.modules} - had))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=Path(ccingest.__file__).parent.parent,  # -S: without the packages that are installed
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) <= {"ccingest", "__future__"}
