"""The documents in docs/ are up to date: their generated parts, and the files that they name."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
# Runs without writing; prints the document as docs/generate.py would write it.
RENDER = """\
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from generate import rendered
sys.stdout.buffer.write(rendered(Path(sys.argv[2]).read_text(encoding="utf8")).encode())
"""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_generated_parts_are_up_to_date(document: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(ROOT / "docs"), str(document)],
        capture_output=True,
        check=True,
    )
    stale = "run `python docs/generate.py`"
    assert done.stdout.decode() == document.read_text(encoding="utf8"), stale


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_and_folders_that_are_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf8")
    named = re.findall(r"`((?:src|tests|docs|benchmarks)/[\w./-]+)`", text)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_architecture_names_functions_that_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf8")
    found = re.findall(r"`(\w+)` in `(src/ccingest/[\w/]+\.py)`", text)
    assert found
    for name, path in found:
        source = (ROOT / path).read_text(encoding="utf8")
        assert re.search(rf"^(?:    )?(?:class|def) {name}\b|^{name}\b", source, re.MULTILINE), name


def test_the_manual_page_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import man; print(man.text(), end='')"],
        cwd=ROOT / "docs",
        capture_output=True,
        text=True,
        check=True,
    )
    page = ROOT / "man" / "ccingest.1"
    assert done.stdout == page.read_text(encoding="utf8"), "run `python docs/man.py`"


@pytest.mark.skipif(not shutil.which("groff"), reason="needs groff")
def test_the_manual_page_has_no_warnings() -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-z", "-Tutf8", ROOT / "man" / "ccingest.1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
