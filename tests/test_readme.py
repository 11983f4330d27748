"""The README's commands exist, and those of its tour do what it shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from ccingest.cli.app import whole_app
from git_server import git

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf8")
SHELL_BLOCK = re.compile(r"^```(?:sh|console|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REDIRECTION = re.compile(r"\d?>\S+")
SHELL_OPERATORS = {"&&", "|", ";", "||"}
JOB = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Step:
    """A command of the tour, and the lines that the README shows below it."""

    command: str
    shown: list[str]


def leaves(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that does something, by the words that call it."""
    for part, inner in getattr(command, "commands", {}).items():
        whole = f"{name} {part}".strip()
        if hasattr(inner, "commands"):
            yield from leaves(inner, whole)
        else:
            yield whole, inner


COMMANDS = dict(leaves(typer.main.get_command(whole_app())))


def command_in(words: list[str]) -> str | None:
    """The command that these words begin with."""
    for length in (2, 1):
        if (name := " ".join(words[:length])) in COMMANDS:
            return name
    return None


def command_lines(block: str) -> Iterator[list[str]]:
    """The arguments of each call of ccingest in a block of shell commands."""
    for line in block.splitlines():
        if not re.search(r"(?:^|[/ ])ccingest ", line):
            continue
        call: list[str] = []
        apart = REDIRECTION.sub("", line).replace("(", " ; ").replace(")", " ; ")
        for word in [*shlex.split(apart, comments=True), ";"]:
            if word in SHELL_OPERATORS:
                yield from [call[1:]] if call and call[0].endswith("ccingest") else []
                call = []
            elif call or word not in ("$", "-", "run:"):
                call.append(word)


def shell_calls() -> list[list[str]]:
    calls = []
    for block in SHELL_BLOCK.findall(README):
        # In a console, what has no "$" is output.
        is_console = block.startswith("$ ")
        lines = [line for line in block.splitlines() if not is_console or line.startswith("$ ")]
        calls += list(command_lines("\n".join(lines)))
    return calls


@pytest.mark.parametrize("arguments", shell_calls(), ids=" ".join)
def test_a_command_of_the_readme_is_understood(arguments: list[str]) -> None:
    name = command_in(arguments)
    assert name, arguments
    # This parses and checks the arguments; only `invoke` would run the command.
    context = COMMANDS[name].make_context(name, arguments[len(name.split()) :])
    assert context.params


def test_the_calls_were_found() -> None:
    assert len(shell_calls()) == len(re.findall(r"(?:\$ |- run: |&& )ccingest ", README))


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    local = [link for link in links if "://" not in link]
    assert len(local) > 8
    assert [link for link in local if not (ROOT / link).exists()] == []


def tour() -> list[Step]:
    section = README.split("\n## A tour\n")[1].split("\n## ")[0]
    steps = []
    for block in SHELL_BLOCK.findall(section):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            steps.append(Step(command, shown))
    return steps


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of this package's source as the repository `ccingest`: to embed all of it takes long."""
    here = tmp_path_factory.mktemp("checkout") / "ccingest"
    left_out = ("weights", "__pycache__", "app", "cli", "db", "documents", "server", "store")
    shutil.copytree(
        ROOT / "src" / "ccingest", here / "src" / "ccingest",
        ignore=shutil.ignore_patterns(*left_out, "terminal"),
    )  # fmt: skip
    shutil.copytree(ROOT / "docs" / "guides", here / "docs" / "guides")
    (here / "nothing.py").touch()
    (here / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    (here / "large.json").write_text(json.dumps(list(range(50_000))))
    (here / "made.txt").write_text("a\nb\n")
    (here / ".gitattributes").write_text("made.txt linguist-generated\n")
    (here / "notes.txt").write_text("A file without a syntax tree.\n")
    git(here, "init", "-q", "-b", "main")
    git(here, "add", ".")
    git(here, "commit", "-q", "-m", "first")
    return here


def test_the_tour_goes_as_it_is_shown(checkout: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    # As an installed command, which imports nothing of the current folder.
    start = "'import sys; del sys.path[0]; from ccingest.__main__ import main; main()'"
    for name, arguments in (("ccingest", f"-c {start}"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {arguments} "$@"\n')
        (programs / name).chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CCINGEST_HOME": str(tmp_path / "home"),
    }
    jobs: dict[str, str] = {}  # of the README -> here
    for step in tour():
        command = step.command.replace("/tmp/rich", str(tmp_path / "rich"))
        for there, here in jobs.items():
            command = command.replace(there, here).replace(there[:8], here[:8])
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=checkout, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stdout)
        jobs |= zip(JOB.findall("\n".join(step.shown)), JOB.findall(done.stdout), strict=False)
        compare(step, done.stdout.splitlines())


def test_the_library_program_prints_what_is_shown(checkout: Path, tmp_path: Path) -> None:
    program, shown = README.split("<!-- library -->\n")[1].split("```\n")[:2]
    done = subprocess.run(
        [sys.executable, "-c", program.removeprefix("```python\n")],
        cwd=checkout,
        env={**os.environ, "CCINGEST_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert 8 <= len(program.splitlines()) <= 13
    expected = shown.partition("```text\n")[2].splitlines()
    assert expected
    missing = {kind(line) for line in expected} - {kind(line) for line in done.stdout.splitlines()}
    assert not missing
    assert done.stdout.endswith(" chunks deleted\n")


def compare(step: Step, printed: list[str]) -> None:
    """Every line that the README shows has one of its kind in what was printed."""
    if step.command.startswith("ccingest show"):
        assert len(printed) == len(step.shown)  # lines of the source, which change
    elif "--json" in step.command:
        assert [shape(json.loads(line)) for line in step.shown] == [
            shape(json.loads(line)) for line in printed
        ]
    else:
        missing = {kind(line) for line in step.shown} - {kind(line) for line in printed}
        assert not missing, (step.command, missing, printed)


def kind(line: str) -> str:
    """The first word of a line, without what differs from run to run and from source to source."""
    word = (line.split() or [""])[0]
    if "/" in word:
        return "path"
    if JOB.fullmatch(word) or re.fullmatch("[0-9a-f]{8}", word):
        return "job"
    return re.sub(r"[\d.,+-]+", "0", word)


def shape(value: Any) -> Any:
    """A document with its keys, but without its values."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None
