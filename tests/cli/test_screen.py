"""What is on the screen: pages, colours of code, the results of several adds, waiting workers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.terminal import Shown, at_terminal, screens
from git_server import make_repository

COLOUR = re.compile(r"\x1b\[(?:[\d;]*m|\?25[lh])")  # and whether the cursor is seen
TAX = 'RATE = 0.2\n\n\ndef tax_of(price):\n    """Tax."""\n    return price * RATE\n'
FILES = 400  # of each of two jobs, so many that both run at the same time
LONG = "".join(f"VALUE_{number} = {number}\n" for number in range(100))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose home has the dataset `shop`."""
    folder = tmp_path_factory.mktemp("screen")
    unwanted = ("CCINGEST_", "GITHUB_", "GH_", "COLUMNS", "LINES", "NO_COLOR", "FORCE_", "PAGER",
                "LESS", "VISUAL", "EDITOR")  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    made = {**kept, "CCINGEST_HOME": str(folder / "home")}
    make_repository(folder / "shop", {"tax.py": TAX, "long.py": LONG})
    make_repository(folder / "other", {"tax.py": TAX})
    run(made, "github", "add", str(folder / "shop"), "-q")
    return made


def run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", *arguments],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def folder_of(environment: dict[str, str]) -> Path:
    return Path(environment["CCINGEST_HOME"]).parent


def pager(environment: dict[str, str], script: str) -> dict[str, str]:
    """An environment with a pager that runs these commands."""
    made = folder_of(environment) / "pager"
    made.write_text(f"#!/bin/sh\n{script}\n")
    made.chmod(0o755)
    return {**environment, "PAGER": str(made)}


@pytest.mark.parametrize("number", ["0", "-5", "\u00b2", "many", ""])
def test_a_strange_size_is_that_of_the_terminal(environment: dict[str, str], number: str) -> None:
    for command in ("query tax", "datasets", "history", "show long.py:1-3"):
        usual = at_terminal(*command.split(), environment=environment)
        strange = {**environment, "COLUMNS": number, "LINES": number, "PAGER": "false"}
        shown = at_terminal(*command.split(), environment=strange)
        assert (shown.code, shown.screen) == (usual.code, usual.screen)


def test_what_is_longer_than_the_screen_is_paged(environment: dict[str, str]) -> None:
    paged = pager(environment, "echo PAGER; head -n 3")
    shown = at_terminal("show", "long.py", environment=paged)
    # The pager ends before it has read all: that is no error.
    assert (shown.code, shown.screen[0], len(shown.screen)) == (0, "PAGER", 4)
    assert "VALUE_0" in shown.screen[2]
    assert "\x1b[" in shown.written  # colours
    short = at_terminal("show", "tax.py", environment=paged)
    assert "PAGER" not in short.written
    assert "PAGER" not in at_terminal("show", "long.py", "--no-pager", environment=paged).written
    assert run(paged, "show", "long.py") == LONG


def test_which_pager(environment: dict[str, str]) -> None:
    paged = pager(environment, "echo PAGER; cat > /dev/null")
    for more in ({"CCINGEST_PAGER": ""}, {"CCINGEST_PAGER": "cat"}, {"CCINGEST_PAGER": "/no/such"}):
        shown = at_terminal("show", "long.py", environment={**paged, **more})
        assert (shown.code, "PAGER" in shown.written) == (0, False)
        assert "VALUE_99" in shown.written
    config = Path(environment["CCINGEST_HOME"]) / "config.toml"
    config.write_text(f'pager = "{paged["PAGER"]}"\n')
    try:
        assert "PAGER" in at_terminal("show", "long.py", environment=environment).written
    finally:
        config.unlink()


def test_less_can_be_left(environment: dict[str, str]) -> None:
    shown = at_terminal("show", "long.py", environment=environment, answer=("VALUE_20", "q"))
    assert shown.code == 0
    assert "VALUE_99" not in shown.written


def test_show_has_a_heading_and_numbers(environment: dict[str, str]) -> None:
    shown = at_terminal("show", "tax.py:4-5", environment=environment)
    assert re.fullmatch(r"shop:tax\.py:4-5  shop \S+ [0-9a-f]{10}", shown.screen[0])
    assert shown.screen[1:] == ["   4  def tax_of(price):", '   5      """Tax."""']
    assert run(environment, "show", "tax.py:4-5") == 'def tax_of(price):\n    """Tax."""\n'


def colours_of(shown: Shown) -> set[str]:
    return {code for code in COLOUR.findall(shown.written) if re.search(r"[34]\d|38;", code)}


def test_themes(environment: dict[str, str]) -> None:
    usual = at_terminal("show", "tax.py", environment=environment)
    for name in ("monokai", "ansi_light"):
        themed = at_terminal("show", "tax.py", environment={**environment, "CCINGEST_THEME": name})
        assert themed.screen == usual.screen
        assert colours_of(themed) != colours_of(usual)
    wrong = at_terminal("show", "tax.py", environment={**environment, "CCINGEST_THEME": "monokia"})
    assert (wrong.code, wrong.screen) == (
        2, ["ccingest: There is no theme 'monokia'; did you mean monokai."],
    )  # fmt: skip
    plain = {**environment, "CCINGEST_THEME": "monokai", "NO_COLOR": "1"}
    assert colours_of(at_terminal("show", "tax.py", environment=plain)) == set()


def test_several_adds_tell_each_result_once(environment: dict[str, str]) -> None:
    folder = folder_of(environment)
    two = (str(folder / "shop"), str(folder / "other"))
    shown = at_terminal("github", "add", *two, "--force", environment=environment)
    assert [line.split(":")[0] for line in shown.screen] == [
        "shop (1/2)", "other (2/2)", "2 completed",
    ]  # fmt: skip
    quiet = at_terminal("github", "add", *two, "--force", "-q", environment=environment)
    assert (quiet.code, quiet.written) == (0, "")


def test_an_unknown_host_is_told_once(environment: dict[str, str]) -> None:
    """Each of the two is tried twice, and both fail for the same reason."""
    two = [f"http://nowhere.invalid/org/{name}" for name in ("one", "two")]
    shown = at_terminal(
        "github", "add", *two, "--max-retries", "1", environment=environment, columns=300
    )
    assert shown.code == 5
    tries, one, two_, counts = shown.screen
    assert tries.startswith("org-one: Could not fetch nowhere.invalid/org/one")
    assert tries.endswith("Trying again, once.")
    for line, name in ((one, "org/one"), (two_, "org/two")):
        assert line.startswith(f"ccingest: Could not fetch nowhere.invalid/{name}")
        assert line.endswith("Tried 2 times.")
    assert counts == "2 failed"


def test_a_worker_tells_a_cause_once(environment: dict[str, str]) -> None:
    """A line when the job is tried again, and one when it has failed; not one for each try."""
    host = "http://nowhere.invalid/org/three"
    run(environment, "github", "add", host, "--max-retries", "2", "--detach")
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", "worker", "--drain"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    first, last = done.stderr.splitlines()
    assert re.match(r"[0-9a-f]{8} pending org-three: Could not fetch", first)
    assert re.match(r"[0-9a-f]{8} failed org-three: Could not fetch", last)
    assert last.endswith("Tried 3 times.")


def test_a_worker_says_what_it_waits_for_and_shows_the_bar(environment: dict[str, str]) -> None:
    folder = folder_of(environment)
    idle = at_terminal("worker", environment=environment, answer=("for a job", "\x03"))
    assert idle.code == 0
    text = COLOUR.sub("", idle.written)
    assert "worker waits  for a job, Ctrl-C ends it" in text
    assert [line.lstrip("^C") for line in idle.screen if line != "^C"] == [
        "stopped; what was running is pending again", "no jobs",
    ]  # fmt: skip
    run(environment, "schedule", "add", str(folder / "other"), "--every", "6h")
    run(environment, "github", "add", str(folder / "shop"), "--force", "--detach")
    busy = at_terminal("worker", environment=environment, answer=("for a job, other", "\x03"))
    text = COLOUR.sub("", busy.written)
    assert re.search(r"for a job, other is scheduled for \d\d-\d\d \d\d:\d\d UTC", text)
    assert re.search(r"shop (resolve|embed|index|commit)", text)
    assert any(re.search(r"[0-9a-f]{8} completed shop: indexed", line) for line in busy.screen)


def test_workers_show_a_bar_for_each_job(environment: dict[str, str], tmp_path: Path) -> None:
    """And a line for each that has ended, above the bars."""
    for name in ("left", "right"):
        files = {f"{name}{n}.py": f"{name.upper()} = {n}\n{LONG}" for n in range(FILES)}
        make_repository(tmp_path / name, files)
    own = {**environment, "CCINGEST_HOME": str(tmp_path / "home")}
    run(own, "github", "add", str(tmp_path / "left"), str(tmp_path / "right"), "--detach")
    shown = at_terminal("worker", "-c", "2", "--drain", environment=own)
    assert (shown.code, shown.cursor_hidden) == (0, False)
    bars = re.compile(r"\S (left|right) +[a-z]+  ")
    at_once = [
        sorted(found[1] for row in screen if (found := bars.match(row)))
        for screen in screens(shown.written)
    ]
    assert ["left", "right"] in at_once
    assert re.search(rf"embed.*\d+/{FILES} files  \d+ chunks", COLOUR.sub("", shown.written))
    *ended, counts = shown.screen
    assert sorted(line.split()[2] for line in ended) == ["left:", "right:"]
    assert all("completed" in line and f"indexed {FILES} files" in line for line in ended)
    assert counts == "2 completed"


def test_ctrl_c_says_that_the_dataset_stands(environment: dict[str, str]) -> None:
    folder = folder_of(environment)
    make_repository(folder / "shop", {f"f{n}.py": LONG + TAX for n in range(300)})
    shown = at_terminal(
        "github", "add", str(folder / "shop"), "--force",
        environment=environment, answer=("embed", "\x03"),
    )  # fmt: skip
    assert shown.code == 130
    said = [line.removeprefix("^C") for line in shown.screen if line != "^C"]
    assert re.fullmatch(
        r"ccingest: cancelled shop; the dataset stands as it was, at [0-9a-f]{10}\.", said[0]
    )
    assert "run the same command again to go on" in said[1]


def test_a_narrow_bar_has_the_name_and_the_phase(environment: dict[str, str]) -> None:
    folder = folder_of(environment)
    make_repository(folder / "narrow", {f"f{n}.py": LONG + TAX for n in range(300)})
    shown = at_terminal(
        "github", "add", str(folder / "narrow"), environment=environment, columns=40
    )
    assert shown.code == 0
    frames = [COLOUR.sub("", frame) for frame in shown.written.split("\r\x1b[2K")]
    bars = [frame for frame in frames if "narrow embed" in frame]
    assert bars
    assert not [frame for frame in bars if "\r\n" not in frame and len(frame.rstrip()) >= 40]
    assert [frame for frame in bars if re.search(r"\d+%", frame)]
    # Nothing of it stays.
    assert shown.screen[0].startswith("narrow: indexed 300 files")
