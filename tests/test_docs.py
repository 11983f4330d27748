"""The documents in docs/ are up to date: their generated parts, and the files that they name."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from test_readme import COMMANDS, command_in, command_lines

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted((ROOT / "docs").rglob("*.md"))
GENERATED = [path for path in DOCUMENTS if "<!-- generated: " in path.read_text(encoding="utf8")]
# Runs without writing; prints the document as docs/generate.py would write it.
RENDER = """\
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from generate import rendered
sys.stdout.buffer.write(rendered(Path(sys.argv[2]).read_text(encoding="utf8")).encode())
"""


@pytest.mark.parametrize("document", GENERATED, ids=lambda path: path.name)
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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_the_documents_are_understood(document: Path) -> None:
    text = document.read_text(encoding="utf8")
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for arguments in command_lines(block):
            name = command_in(arguments)
            assert name, (document, arguments)
            assert COMMANDS[name].make_context(name, arguments[len(name.split()) :]).params


def test_every_page_stands_in_the_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf8")
    listed = set(re.findall(r": ([\w/-]+\.md)$", text, re.MULTILINE))
    made = {"benchmarks.md", "changelog.md", *reference().PAGES}
    assert listed == {str(path.relative_to(ROOT / "docs")) for path in DOCUMENTS} | made


def test_the_references_name_everything() -> None:
    pages = {name: render() for name, render in reference().PAGES.items()}
    for name, command in COMMANDS.items():
        if not command.hidden:
            assert f"### ccingest {name}\n" in pages["reference/commands.md"]
    for name in json.loads((ROOT / "docs" / "documents.schema.json").read_text())["$defs"]:
        assert f"## {name}\n" in pages["reference/documents.md"]
    for method in ("ingest", "search", "events", "delete"):
        assert f"### Client.{method}\n" in pages["reference/library.md"]
    assert " at 0x" not in "".join(pages.values())
    assert all(page.count("```") % 2 == 0 for page in pages.values())


def reference() -> Any:
    """The module that makes the reference pages."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
