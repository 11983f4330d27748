"""The steps of the GitHub Action, run by bash as the service runs them; without installing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from git_server import git

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "action.yml").read_text(encoding="utf8")
STEP = re.compile(r"^    - id: (\w+)\n(.*?)(?=^    - id: |\Z)", re.MULTILINE | re.DOTALL)
INPUT = re.compile(
    r'^  ([\w-]+):\n    description: .*\n    (?:default: "(.*)"|required: true)', re.M
)
FROM_INPUT = re.compile(r"^        (\w+): \$\{\{ inputs\.([\w-]+) \}\}$", re.MULTILINE)


@dataclass(frozen=True)
class Done:
    code: int
    printed: str
    summary: str
    outputs: str


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("action") / "a repository"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "proxy.md").write_text(
        "# Proxies\n\nTo configure a proxy, set `HTTPS_PROXY` to its URL.\n"
    )
    (folder / "tax.py").write_text("def tax_of(order):\n    return order * 0.2\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "a change")
    return folder


def run_action(checkout: Path, **inputs: str) -> Done:
    """All steps but the one that installs, until one fails."""
    work = checkout.parent
    programs = work / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "ccingest").write_text(f'#!/bin/sh\nexec {sys.executable} -m ccingest "$@"\n')
    (programs / "ccingest").chmod(0o755)
    values = {name: default or "" for name, default in INPUT.findall(TEXT)}
    assert inputs.keys() <= values.keys()
    files = {name: str(work / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    for name in files.values():
        Path(name).write_text("")
    code, printed = 0, ""
    for name, step in STEP.findall(TEXT):
        if name == "install" or code:
            continue
        given = {env: (values | inputs)[key] for env, key in FROM_INPUT.findall(step)}
        done = subprocess.run(
            # As documented for `shell: bash`.
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c",
             textwrap.dedent(step.partition("run: |\n")[2])],
            cwd=checkout,
            env={**os.environ, **given, **files, "RUNNER_TEMP": str(work),
                 "PATH": f"{programs}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        code, printed = done.returncode, printed + done.stdout
    return Done(code, printed, *(Path(name).read_text() for name in files.values()))


def test_questions_that_are_answered(checkout: Path) -> None:
    done = run_action(
        checkout,
        questions="how do I configure a proxy\n\n  \n--help; $(exit 3) `false` tax\n",
        include="docs/**",
        **{"min-score": "0.0"},
    )
    assert done.code == 0, done.printed
    assert "docs/proxy.md" in done.summary
    assert "tax.py" not in done.summary
    assert "## how do I configure a proxy\n" in done.summary
    assert "answered: --help; $(exit 3) `false` tax" in done.printed
    assert done.outputs == "unanswered=0\n"


def test_a_question_that_nothing_answers_fails(checkout: Path) -> None:
    inputs = {"include": "docs/**", "min-score": "1.0"}
    done = run_action(checkout, questions="whales", **inputs)
    assert done.code == 1
    assert "::error::No hit reaches 1.0: whales" in done.printed
    assert done.outputs == "unanswered=1\n"


@pytest.mark.parametrize("inputs", [{"path": "no/such/folder"}, {"min-score": "7"}])
def test_an_error_is_no_missing_answer(checkout: Path, inputs: dict[str, str]) -> None:
    done = run_action(checkout, questions="tax", **{"include": "docs/**", **inputs})
    assert done.code > 1
    assert "::error::" not in done.printed


def test_every_input_is_used() -> None:
    used = {name for _, name in FROM_INPUT.findall(TEXT)}
    assert used == {name for name, _ in INPUT.findall(TEXT)}
    assert [name for name, _ in STEP.findall(TEXT)] == ["install", "index", "ask"]
    # An input in a script would be run as code.
    assert not [step for _, step in STEP.findall(TEXT) if "${{" in step.partition("run: |")[2]]
