"""The command at a terminal: progress bars, colours, questions, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.terminal import Shown, at_terminal
from git_server import make_repository

COLOUR = re.compile(r"\x1b\[[\d;]*m")
TAX = 'RATE = 0.2\n\n\ndef tax_of(price):\n    """Tax."""\n    return price * RATE\n'
TO_DELETE = ("asked", "not-asked", "no-terminal")
STEER = "\x1b[2J\x1b]0;owned\x07"  # clears the screen and names the window
STEERED = re.compile(r"\x1b\[2J|\x1b\]|\x07|\x1b\[5m")
MANY = {
    f"src/part{n}{STEER}.py": "".join(
        f"def f{n}_{i}(x):\n    return x * {i}\n\n\n" for i in range(120)
    )
    for n in range(150)
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose home has the dataset `shop` and three of the same to delete."""
    folder = tmp_path_factory.mktemp("terminal")
    small = [folder / name for name in ("shop", *TO_DELETE)]
    for repository in small:
        make_repository(repository, {"tax.py": TAX})
    make_repository(folder / "many", MANY)
    unwanted = ("CCINGEST_", "CHUNK_", "GITHUB_", "GH_", "COLUMNS", "LINES", "NO_COLOR", "FORCE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    made = {**kept, "CCINGEST_HOME": str(folder / "home"), "CCINGEST_PAGER": "cat"}
    make_repository(folder / "evil", {f"evil{STEER}.py": "print('\x1b[5mevil')\n"})
    at_pipe(made, "github", "add", *map(str, small), str(folder / "evil"))
    return made


@pytest.fixture
def many(environment: dict[str, str]) -> str:
    """The path of a repository whose ingest takes some seconds."""
    return str(Path(environment["CCINGEST_HOME"]).parent / "many")


def at_pipe(environment: dict[str, str], *arguments: str) -> Any:
    """The JSON document of a command without a terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", *arguments, "--json"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def datasets(environment: dict[str, str]) -> list[str]:
    return [row["dataset"] for row in at_pipe(environment, "datasets")["datasets"]]


def frames(shown: Shown) -> list[str]:
    """The states of the line with the progress bar, in their order."""
    return [COLOUR.sub("", frame) for frame in shown.written.split("\r\x1b[2K")]


def test_a_progress_bar_comes_and_goes(environment: dict[str, str], many: str) -> None:
    shown = at_terminal("github", "add", many, environment=environment, columns=140)
    assert shown.code == 0
    bar = (
        r"many embed  ━{24}  \d+%  (?:\d+ s left  )?"
        r"\d+/150 files  [\d,]+ chunks  \d+\.\d MB/s  src/part\d+\\x1b"
    )
    assert [frame for frame in frames(shown) if re.search(bar, frame)]
    assert not STEERED.findall(shown.written)
    # Nothing of it stays on the screen.
    message, job = shown.screen
    assert re.fullmatch(r"many: indexed 150 files as [\d,]+ chunks at [0-9a-f]{10}", message)
    assert re.fullmatch(r"job [0-9a-f-]{36}, \d+\.\d s", job)
    assert "\x1b[?25l" in shown.written
    assert not shown.cursor_hidden


def test_ctrl_c_cancels(environment: dict[str, str], many: str) -> None:
    shown = at_terminal(
        "github", "add", many, "--dataset", "stopped", "--force",
        environment=environment, answer=(" chunks", "\x03"),
    )  # fmt: skip
    assert shown.code == 130
    assert not shown.cursor_hidden
    assert "Traceback" not in shown.written
    job = at_pipe(environment, "history", "-n", "1")["jobs"][0]
    # Nothing of the bar stays; at most the terminal's own "^C".
    assert [line.removeprefix("^C") for line in shown.screen if line != "^C"] == [
        "ccingest: cancelled stopped; the dataset was not made.",
        "ccingest: run the same command again to go on, or "
        f"`ccingest retry {job['jobId'][:8]}` for a worker.",
    ]
    assert (job["dataset"], job["status"]) == ("stopped", "cancelled")
    assert "stopped" not in datasets(environment)


def test_a_status_has_its_colour(environment: dict[str, str]) -> None:
    arguments = ("history", "--status", "completed")
    colourful = at_terminal(*arguments, environment=environment)
    assert "\x1b[32mcompleted\x1b[0m" in colourful.written
    plain = at_terminal(*arguments, environment={**environment, "NO_COLOR": "1"})
    assert plain.screen == colourful.screen
    assert colours(plain) == set()


def test_a_snippet_is_highlighted(environment: dict[str, str]) -> None:
    arguments = ("query", "tax of a price", "-d", "shop", "-k", "1")
    colourful = at_terminal(*arguments, environment=environment)
    # Its keywords, its strings and its names differ.
    assert len({colour_of(colourful, text) for text in ("def", '"""', "RATE")}) == 3
    # The words of the question stand out.
    assert "4" in colour_of(colourful, "Tax")[2:-1].split(";")
    head, *snippet = colourful.screen
    assert re.fullmatch(r"1\. tax\.py:1-6  tax_of  shop  \d\.\d{2}", head)
    assert [line.strip() for line in snippet] == [
        f"{number}  {line}".strip() for number, line in enumerate(TAX.splitlines(), start=1)
    ]
    plain = at_terminal(*arguments, environment={**environment, "NO_COLOR": "1"})
    assert plain.screen == colourful.screen
    assert colours(plain) == set()


def colours(shown: Shown) -> set[str]:
    """The escape sequences that set a colour, without those for bold and dim."""
    parts = {
        (found[0], number) for found in COLOUR.finditer(shown.written)
        for number in found[0][2:-1].split(";")
    }  # fmt: skip
    return {found for found, number in parts if number.isdigit() and int(number) >= 30}


def colour_of(shown: Shown, text: str) -> str:
    """The sequence before the text."""
    found = re.search(rf"(\x1b\[[\d;]*m){re.escape(text)}", shown.written)
    assert found, text
    return found[1]


def test_delete_asks_and_keeps(environment: dict[str, str]) -> None:
    for typed in ("n\n", "\n", "\x04"):  # the last is Ctrl-D
        shown = at_terminal(
            "delete", "--dataset", "shop", environment=environment, answer=("[y/N] ", typed)
        )
        assert shown.code == 130
        assert shown.screen[0].startswith("Delete dataset shop with ")
        assert "Nothing is deleted." in " ".join(shown.screen)
    assert "shop" in datasets(environment)


def test_delete_asks_and_deletes(environment: dict[str, str]) -> None:
    shown = at_terminal(
        "delete", "--dataset", "asked", environment=environment, answer=("[y/N] ", "y\n")
    )
    assert (shown.code, shown.screen) == (
        0, ["Delete dataset asked with 1 chunk? [y/N] y", "deleted asked: 1 chunk"],
    )  # fmt: skip
    shown = at_terminal("delete", "--dataset", "not-asked", "--yes", environment=environment)
    assert (shown.code, shown.screen) == (0, ["deleted not-asked: 1 chunk"])
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", "delete", "--dataset", "no-terminal"],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("deleted no-terminal: 1 chunk\n", "")
    assert set(TO_DELETE).isdisjoint(datasets(environment))


def test_a_narrow_terminal_shows_ids_in_full(environment: dict[str, str]) -> None:
    """Ids, statuses and commits are whole at 40 columns, where each row is a block."""
    rows = at_pipe(environment, "datasets")["datasets"]
    (sha,) = {row["sha"][:7] for row in rows if row["dataset"] == "shop"}
    jobs = at_pipe(environment, "history")["jobs"]
    history = on_one_line(at_terminal("history", environment=environment, columns=40))
    listed = on_one_line(at_terminal("datasets", environment=environment, columns=40))
    for job in jobs:
        assert f"job      {job['jobId'][:8]} status   {job['status']}" in history
    assert sha in history
    assert sha in listed
    assert "created" in history
    assert "updated" in listed


def on_one_line(shown: Shown) -> str:
    """The text on the screen, joined to one line."""
    return COLOUR.sub("", shown.written).replace("\r\n", " ")


def test_a_hit_does_not_control_the_terminal(environment: dict[str, str]) -> None:
    shown = at_terminal("query", "print evil", "-d", "evil", environment=environment)
    assert shown.code == 0
    assert shown.screen[0].split("  ")[0] == r"1. evil\x1b[2J\x1b]0;owned\x07.py:1-1"
    assert r"print('\x1b[5mevil')" in COLOUR.sub("", shown.written)
    assert not STEERED.findall(shown.written)


def test_delete_does_not_ask_for_what_is_missing(environment: dict[str, str]) -> None:
    shown = at_terminal("delete", "no-such-dataset", environment=environment)
    assert shown.code == 3
    assert "[y/N]" not in shown.written
