"""What scripts rely on: chosen fields, jq, quiet commands, exit codes, closed pipes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccingest.cli.app import run as run_command
from ccingest.help import topics
from ccingest.terminal import errors, output
from cli.test_reading import Ask, Printed
from git_server import make_repository

FILES = {
    "src/tax.py": "RATE = 0.2\n\n\ndef tax_of(price):\n    return price * RATE\n",
    "src/ümlaut.py": 'def greet():\n    return "Grüße"\n',
}
QUESTION = ("query", "tax of a price", "-k", "1")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("scripts")
    make_repository(folder / "shop", FILES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCINGEST_HOME", str(folder / "home"))
        output.stdout.cache_clear()
        output.stderr.cache_clear()
        assert run_command(["github", "add", str(folder / "shop"), "--json"]) == 0
        yield folder / "home"


@pytest.fixture
def ask(home: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    def run(*arguments: str) -> Printed:
        output.stdout.cache_clear()
        output.stderr.cache_clear()
        code = run_command(arguments)
        out, err = capsys.readouterr()
        return Printed(code, out, err)

    return run


def test_fields_of_items(ask: Ask) -> None:
    hit = ask(*QUESTION, "--json").document["hits"][0]
    chosen = ask(*QUESTION, "--json", "--fields", "path,startLine").document
    assert chosen == {"hits": [{"path": hit["path"], "startLine": hit["startLine"]}]}
    # Without --json it is the same: fields are for programs.
    assert ask(*QUESTION, "--fields", "path, startLine").document == chosen


def test_fields_of_the_list_and_nested_ones(ask: Ask) -> None:
    chosen = ask(*QUESTION, "--fields", "query,snippet.text,snippet.endLine").document
    assert chosen["query"] == "tax of a price"
    (hit,) = chosen["hits"]
    assert list(hit) == ["snippet"]
    assert list(hit["snippet"]) == ["text", "endLine"]


def test_fields_of_one_thing(ask: Ask) -> None:
    (job,) = ask("history", "--fields", "jobId,indexedFiles").document["jobs"]
    assert ask("status", job["jobId"], "--fields", "jobId,indexedFiles").document == job
    assert job["indexedFiles"] == 2
    shown = ask("show", "tax.py:1", "--fields", "text").document
    assert shown == {"text": "RATE = 0.2\n"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*QUESTION, "--fields", "pth"), "no field 'pth', did you mean path; known are rank,"),
        ((*QUESTION, "--fields", "snippet.line"), "no field 'line'"),
        ((*QUESTION, "--fields", " , "), "--fields needs names, such as rank"),
        # A list without items has their fields all the same.
        (("schedule", "list", "--fields", "job"), "known are project, dataset, source"),
    ],
)
def test_fields_that_are_not_there(ask: Ask, arguments: tuple[str, ...], said: str) -> None:
    wrong = ask(*arguments)
    assert wrong.code == 2
    assert said in wrong.err
    assert wrong.document["error"]["kind"] == "usage"


def test_wrong_fields_stop_a_command_before_it_does_something(ask: Ask, home: Path) -> None:
    def jobs() -> int:
        return len(ask("history", "--json").document["jobs"])

    before = jobs()
    wrong = ask("github", "add", str(home.parent / "shop"), "--force", "--fields", "chunks")
    assert (wrong.code, jobs()) == (2, before)
    assert "totalChunks" in wrong.err
    shop = ("github", "add", str(home.parent / "shop"), "--dry-run", "--fields")
    (estimate,) = ask(*shop, "dataset,chunks").document["estimates"]
    assert estimate == {"dataset": "shop", "chunks": 0}
    assert ask(*shop, "totalChunks").code == 2
    assert ask("delete", "--dataset", "shop", "--fields", "chunks").code == 2
    assert ask("datasets", "--jq", ".datasets | length").out == "1\n"


def test_jq(ask: Ask) -> None:
    assert ask(*QUESTION, "--jq", ".hits[].path").out == "src/tax.py\n"
    assert ask(*QUESTION, "--jq", ".hits[0] | [.rank, .symbol]").out == '[1,"tax_of"]\n'
    assert ask(*QUESTION, "--json", "--fields", "path", "--jq", ".").out == (
        '{"hits":[{"path":"src/tax.py"}]}\n'
    )
    assert ask("show", "ümlaut.py", "--jq", ".text").out == FILES["src/ümlaut.py"] + "\n"
    assert ask(*QUESTION, "--jq", "empty").out == ""


@pytest.mark.parametrize(
    "expression", [".hits[", ".hits.path", "nothing", '1, ("bad" | halt_error)']
)
def test_an_expression_that_jq_does_not_take(ask: Ask, expression: str) -> None:
    wrong = ask(*QUESTION, "--jq", expression)
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err.startswith(f"ccingest: --jq {expression!r} does not work: ")
    assert wrong.err.count("\n") == 1
    assert wrong.err.endswith(".\n")
    assert ":." not in wrong.err


def test_an_expression_is_checked_before_the_command_does_something(ask: Ask) -> None:
    assert ask("delete", "shop", "--yes", "--jq", ".deletedChunks |").code == 2
    assert ask("datasets", "--jq", ".datasets | length").out == "1\n"


def test_an_error_is_not_filtered(ask: Ask) -> None:
    gone = ask("query", "tax", "-d", "nothing", "--jq", ".hits[].path")
    assert (gone.code, gone.out) == (3, "")
    assert "No dataset 'nothing'" in gone.err


def test_jq_is_loaded_when_it_is_used(home: Path) -> None:
    script = "import sys; from ccingest.cli.app import run; run(sys.argv[1:]); print(*sys.modules)"
    for more, expected in (((), False), (("--jq", "."), True)):
        done = subprocess.run(
            [sys.executable, "-c", script, "history", "--json", *more],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert ("jq" in done.stdout.splitlines()[-1].split()) == expected


def test_a_score_that_is_no_number(ask: Ask) -> None:
    wrong = ask(*QUESTION, "--min-score", "nan")
    assert (wrong.code, wrong.out) == (2, "")
    assert "from 0 to 1" in wrong.err


def test_quiet(ask: Ask, home: Path) -> None:
    shop = str(home.parent / "shop")
    assert ask("github", "add", shop, "--force", "-q") == Printed(0, "", "")
    assert ask("sync", "--quiet") == Printed(0, "", "")
    # What was asked for is no report, and errors stay.
    assert ask(*QUESTION, "-q", "--format", "paths").out == "src/tax.py\n"
    missing = ask("github", "add", f"{shop}-missing", "-q", "--max-retries", "0")
    assert missing.code == 2
    assert missing.err.startswith("ccingest: ")
    assert json.loads(ask("github", "add", shop, "-q", "--json").out)["status"] == "completed"


@pytest.mark.parametrize("arguments", ["show big.txt", "query x -k 9", "history --json"])
def test_a_reader_that_goes_away_is_no_error(home: Path, arguments: str) -> None:
    big = home.parent / "big"
    if not big.exists():
        make_repository(big, {"big.txt": "".join(f"x line {n}\n" for n in range(40_000))})
        output.stdout.cache_clear()
        output.stderr.cache_clear()
        assert run_command(["github", "add", str(big), "-q"]) == 0
    done = subprocess.run(
        f"set -o pipefail; '{sys.executable}' -m ccingest {arguments} | head -1",
        shell=True, executable="/bin/bash", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)


def test_exit_codes_are_those_of_the_one_table(ask: Ask) -> None:
    """`ccingest help exit-codes` is the table; here is how each comes about."""
    table = {row[0] for row in topics.TOPICS["exit-codes"].rows}
    assert table == {"0", "1", "2", "3", "4", "5", "130"}
    assert set(map(str, errors.exit_codes())) == table - {"0"}
    assert ask("datasets").code == 0
    assert ask(*QUESTION, "--min-score", "1").code == 1
    assert ask("query").code == 2
    assert ask("show", "nothing.py").code == 3
    assert ask("github", "add", "http://127.0.0.1:9/org/x", "--max-retries", "0", "-q").code == 5
    # 4: test_main_job.py; 130: test_screen.py
