"""Locales whose encoding is not UTF-8: paths are the same texts as elsewhere, and all files are found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from git_server import git


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a locale whose encoding is Latin-1."""
    folder = tmp_path_factory.mktemp("locales")
    made = folder / "en_US.ISO-8859-1"
    command = ["localedef", "-c", "-i", "en_US", "-f", "ISO-8859-1", str(made)]
    try:
        subprocess.run(command, capture_output=True, check=False)
    except OSError:
        pytest.skip("there is no localedef")
    if not made.exists():
        pytest.skip("there are no sources of locales")
    return str(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A work tree whose names are UTF-8."""
    folder = tmp_path / "größe"
    folder.mkdir()
    (folder / "世.py").write_text("def tax(): pass\n")
    (folder / "ü.py").write_text("def fee(): pass\n")
    for arguments in ("init", "-q"), ("add", "."), ("commit", "-qm", "x"):
        git(folder, *arguments)
    return folder


def run(environment: dict[str, str], folder: Path, *arguments: str | bytes) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", *arguments],
        env={**environment, "PYTHONUTF8": "0"},
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_latin_1(environment: dict[str, str], locales: str, folder: Path) -> None:
    latin = {**environment, "LC_ALL": "en_US.ISO-8859-1", "LOCPATH": locales}
    check(latin, folder)
    # What is typed at a terminal of that locale has its encoding, and so has what is shown there.
    assert b"fee" in run(latin, folder, "show", b"\xfc.py", "-d", "both")
    assert b"\xfc.py" in run(latin, folder, "files", "both")


def test_ascii(environment: dict[str, str], folder: Path) -> None:
    plain = {**environment, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    check(plain, folder)
    assert rb"\u4e16.py" in run(plain, folder, "files", "both")


def check(environment: dict[str, str], folder: Path) -> None:
    run(environment, folder, "folder", "add", ".", "-d", "both")
    listed = json.loads(run(environment, folder, "files", "both", "--json"))["files"]
    assert {file["path"] for file in listed} == {"世.py", "ü.py"}
    hits = json.loads(run(environment, folder, "query", "--here", "tax or fee", "--json"))["hits"]
    assert {hit["path"]: hit["state"] for hit in hits} == {
        "世.py": "committed",
        "ü.py": "committed",
    }
    assert b"fee" in run(environment, folder, "show", "ü.py".encode(), "-d", "both")
