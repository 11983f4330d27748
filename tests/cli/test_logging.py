"""What a command survives is logged: shown with -v and in the job's log, and silent otherwise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cli.conftest import Run

DAMAGED_INDEX = "is damaged and is made again"
UNUSABLE_CLONE = "The kept clone can't be used"
# A program that uses the library and configures no logging.
PROGRAM = """\
import sys
from ccingest import Client

with Client(sys.argv[1]) as client:
    print(client.search("add two numbers", k=1)[0].path)
    print(client.ingest(sys.argv[2], force=True).status)
"""


def damage_index(home: Path) -> None:
    segments = list(home.glob("lance/*/_index/*.segment"))
    assert segments
    for segment in segments:
        segment.write_bytes(segment.read_bytes()[: segment.stat().st_size // 2])


def damage_clone(home: Path) -> None:
    objects = [path for path in home.glob("cache/*/*/*/objects/*/*") if path.is_file()]
    assert objects
    for path in objects:
        path.unlink()


def test_verbose_shows_a_damaged_index_on_stderr(
    ccingest: Run, here: Run, home: Path, shop: str
) -> None:
    assert here("github", "add", shop).code == 0
    usual = ccingest("query", "add two numbers")
    damage_index(home)
    quiet = ccingest("query", "add two numbers")
    damage_index(home)
    verbose = ccingest("-v", "query", "add two numbers")
    assert usual.code == quiet.code == verbose.code == 0
    assert usual.out == quiet.out == verbose.out
    assert usual.err == quiet.err == ""
    (line,) = [line for line in verbose.err.splitlines() if DAMAGED_INDEX in line]
    assert " WARNING ccingest.store." in line


def test_a_job_shows_and_keeps_what_it_survived(
    ccingest: Run, here: Run, home: Path, shop: str
) -> None:
    first = here("github", "add", shop, "--json").document
    damage_clone(home)
    quiet = ccingest("github", "add", shop, "--force", "--json")
    damage_clone(home)
    verbose = ccingest("-v", "github", "add", shop, "--force", "--json")
    assert UNUSABLE_CLONE not in quiet.err
    assert UNUSABLE_CLONE in verbose.err
    for done in (quiet, verbose):
        assert done.code == 0
        assert done.document["totalChunks"] == first["totalChunks"]
        lines = here("logs", done.document["jobId"]).out.splitlines()
        assert [line for line in lines if "warning" in line and UNUSABLE_CLONE in line]
    assert UNUSABLE_CLONE not in here("logs", first["jobId"]).out


def test_a_program_that_configures_no_logging_sees_nothing(
    here: Run, environment: dict[str, str], home: Path, shop: str
) -> None:
    assert here("github", "add", shop).code == 0

    def errors_of(program: str) -> str:
        damage_index(home)
        damage_clone(home)
        done = subprocess.run(
            [sys.executable, "-c", program, str(home), shop],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=250,
        )
        assert done.stdout == "sums.py\ncompleted\n"
        return done.stderr

    assert errors_of(PROGRAM) == ""
    shown = errors_of(f"import logging; logging.basicConfig()\n{PROGRAM}")
    assert DAMAGED_INDEX in shown
    assert UNUSABLE_CLONE in shown
