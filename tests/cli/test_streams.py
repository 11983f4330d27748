"""Closed, full and broken streams, other encodings, and characters that nobody sees."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ccingest import Client
from ccingest.visible import safe
from cli.conftest import Run
from git_server import make_repository

COMMAND = f"{sys.executable} -m ccingest"
ODD = "caf\udce9"  # as Python gives an argument with the byte 0xE9
CODE = "def basket(a):\n    return a\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a repository `r`, and a home with it as a dataset."""
    folder = tmp_path_factory.mktemp("streams")
    make_repository(folder / "r", {"a.py": CODE})
    with Client(folder / "home") as client:
        client.ingest(str(folder / "r"))
    return folder


@pytest.fixture
def repository(made: Path) -> Path:
    return made / "r"


@pytest.fixture
def stored(environment: dict[str, str], home: Path, made: Path) -> dict[str, str]:
    """An environment whose home has one dataset, `r`."""
    shutil.copytree(made / "home", home)
    return environment


def shell(
    line: str, environment: dict[str, str], stdin: bytes = b"", **more: str
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        env={**environment, **more},
        input=stdin,
        capture_output=True,
        timeout=250,
        check=False,
    )
    assert b"Traceback" not in done.stderr + done.stdout
    assert b"Internal error" not in done.stderr + done.stdout
    return done


@pytest.mark.parametrize("command", ["query basket", "history --json", "datasets", "--help"])
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_error(stored: dict[str, str], command: str, closed: str) -> None:
    assert shell(f"{COMMAND} {command} {closed}", stored).returncode == 0


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full"])
def test_progress_that_can_not_be_shown_does_not_end_a_job(
    stored: dict[str, str], repository: Path, stream: str
) -> None:
    done = shell(f"{COMMAND} github add {repository} --force --json {stream}", stored)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "completed")


@pytest.mark.parametrize("command", ["query basket", "query basket --json", "datasets", "history"])
def test_a_full_disk_behind_stdout_is_one_sentence(stored: dict[str, str], command: str) -> None:
    done = shell(f"{COMMAND} {command} > /dev/full", stored)
    assert done.returncode == 1
    assert done.stderr == b"ccingest: The output can't be written: No space left on device.\n"


@pytest.mark.parametrize("command", ["datasets", "query basket", "stats", "show a.py", "history"])
def test_a_reader_that_has_seen_enough_is_no_error(stored: dict[str, str], command: str) -> None:
    assert shell(f"{COMMAND} {command} | true", stored).returncode == 0


@pytest.mark.parametrize("command", ["--help", "--version", "query --help", "help query"])
def test_help_into_a_full_disk_and_to_a_reader_that_has_gone(
    environment: dict[str, str], command: str
) -> None:
    full = shell(f"{COMMAND} {command} > /dev/full", environment)
    assert full.returncode == 1
    assert full.stderr == b"ccingest: The output can't be written: No space left on device.\n"
    gone = shell(f"{COMMAND} {command} | true; exit ${{PIPESTATUS[0]}}", environment)
    assert (gone.returncode, gone.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("command", "code"),
    [("nosuch --json", 2), ("show nosuch --json", 3), ("history -n 0 --json", 2)],
)
def test_an_error_whose_document_can_not_be_written(
    environment: dict[str, str], command: str, code: int
) -> None:
    for line in (
        f"{COMMAND} {command} > /dev/full",
        f"{COMMAND} {command} | true; exit ${{PIPESTATUS[0]}}",
    ):
        done = shell(line, environment)
        assert done.returncode == code
        assert done.stderr.startswith(b"ccingest: ")
        assert done.stderr.count(b"\n") == 1


def test_an_answer_that_jq_does_not_fit_fails_alone(stored: dict[str, str]) -> None:
    filtered = "--min-score 0.1 --jq '.hits[0].path | ascii_upcase'"
    done = shell(f"{COMMAND} query - {filtered}", stored, b"zzz\nbasket\n")
    assert (done.returncode, done.stdout) == (2, b"A.PY\n")
    assert done.stderr.startswith(b"ccingest: --jq ")


def test_ctrl_c_ends_a_long_step_of_jq(stored: dict[str, str]) -> None:
    step = f"{COMMAND} datasets --jq '[range(1e8)] | length'"
    done = shell(f"timeout --signal=INT 3 {step}", stored)
    assert done.returncode in (124, 130)


def test_an_input_that_is_open_for_writing_alone_is_empty(stored: dict[str, str]) -> None:
    assert shell(f"{COMMAND} query - 0>/dev/null", stored).stdout == b""
    assert shell(f"{COMMAND} mcp 0>/dev/null", stored).returncode == 0


def test_an_agent_whose_disk_is_full(stored: dict[str, str]) -> None:
    greeting = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {"protocolVersion": "2025-03-26", "capabilities": {},
                   "clientInfo": {"name": "x", "version": "1"}},
    }  # fmt: skip
    asked = json.dumps(greeting).encode() + b"\n"
    done = shell(f"(cat; sleep 2) | {COMMAND} mcp > /dev/full", stored, asked)
    assert done.returncode == 1
    assert done.stderr.endswith(b"The output can't be written: No space left on device.\n")


def test_other_encodings(stored: dict[str, str], tmp_path: Path) -> None:
    make_repository(tmp_path / "other", {"b.py": "def größe():\n    return '日本'\n"})
    shell(f"{COMMAND} github add {tmp_path}/other", stored)
    for encoding in ("ascii", "latin-1", "utf-8"):
        done = shell(f"{COMMAND} query größe -d other", stored, PYTHONIOENCODING=encoding)
        assert done.returncode == 0
        assert b"b.py:1-2" in done.stdout


def test_bytes_that_are_no_text(stored: dict[str, str], ccingest: Run) -> None:
    for command in (
        *(("query", ODD), ("query", "basket", "--path", ODD), ("history", "--project", ODD)),
        *(("status", ODD), ("delete", "--yes", "--dataset", ODD)),
        ("github", "add", "./r", "--branch", ODD),
    ):
        done = ccingest(*command)
        assert done.code == 2, command
        assert "no text in UTF-8" in done.err
    answered = shell(f"{COMMAND} query - --json", stored, stdin=b"caf\xe9\nbasket\n")
    assert [len(json.loads(line)["hits"]) > 0 for line in answered.stdout.splitlines()] == [
        True,
        True,
    ]


def test_a_folder_whose_name_is_no_text(stored: dict[str, str], tmp_path: Path) -> None:
    """It is named as an argument, in a list and as the working folder, and synced."""
    odd = "$'caf\\xe9'"
    make_repository(tmp_path / "plain", {"a.py": CODE})
    assert shell(f"mv {tmp_path}/plain {tmp_path}/{odd}", stored).returncode == 0
    listed = f"printf '%s\\n' {tmp_path}/{odd} | {COMMAND} github add --json --from-file"
    for command in (
        *(f"cd {tmp_path}/{odd} && {COMMAND} github add . --json", f"{listed} -"),
        f"{COMMAND} add {tmp_path}/{odd} --json",
        *(f"{listed} /dev/stdin", f"{COMMAND} github add file://{tmp_path}/caf%E9 --json"),
    ):
        done = shell(command, stored)
        document = json.loads(done.stdout)
        (job,) = document.get("jobs", [document])
        assert (job["status"], job["dataset"]) == ("completed", "caf\\xe9"), done.stderr
    assert b"up to date" in shell(f"{COMMAND} sync 'caf\\xe9'", stored).stdout
    assert b"return a" in shell(f"{COMMAND} show a.py -d 'caf\\xe9'", stored).stdout
    gone = shell(f"rm -r {tmp_path}/{odd}; {COMMAND} sync 'caf\\xe9'", stored)
    assert gone.returncode == 3
    assert b"caf\\xe9 is not there" in gone.stderr


@pytest.mark.usefixtures("stored")
def test_only_paths_may_be_no_text(
    ccingest: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of that name makes no text of a question, a name or a glob."""
    (tmp_path / ODD).mkdir()
    monkeypatch.chdir(tmp_path)
    add = ("github", "add", "./r")
    for command in (
        *(("query", ODD), ("show", ODD), ("sync", ODD), ("query", "basket", "-d", ODD)),
        *((*add, "--include", ODD), (*add, "--dataset", ODD), (*add, "--model", f"./{ODD}")),
        ("schedule", "add", "./r", "--every", "6h", "--project", ODD),
    ):
        assert ccingest(*command).code == 2, command


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("columns", ["0", "1", "-5", "many", "9" * 40, ""])
def test_a_strange_number_of_columns(ccingest: Run, columns: str) -> None:
    for command in ("datasets", "history", "query basket", "--help"):
        assert ccingest(*command.split(), COLUMNS=columns).code == 0


@pytest.mark.usefixtures("stored")
def test_numbers_of_any_size(ccingest: Run) -> None:
    for command in (
        *("history -n 99999999999999999999", "watch --since 99999999999999999999"),
        *("show a.py:99999999999", f"show a.py:1-{'9' * 5000}", f"similar a.py:{'9' * 30}"),
        *("similar a.py:0", "show a.py:0", "query basket -k 99999999999999999999"),
        *("query basket -C 99999999999", "cleanup --days 99999999999999999999"),
        *("worker -c 99999999999999999999", f"schedule add ./r --every {'9' * 30}h"),
        f"github add ./r --priority {'9' * 30}",
    ):
        done = ccingest(*command.split())
        assert "LanceDB" not in done.err, command
        assert done.code in (0, 2, 3), command
        assert "Internal error" not in done.out + done.err


@pytest.mark.parametrize(
    "hidden",
    ["\u061c", "\u200b", "\u200e", "\u2028", "\u202e", "\u2060", "\u2066", "\ufeff", "\xad",
     "\U000e0041", "\U000e0100", "\x1b", "\x9b", "\x7f", "\r", "\udce9", "\u2800", "\ufe00",
     "\ufe0e", "\ufe0f", "\ufff0", "\U0001bca0"],
)  # fmt: skip
def test_what_nobody_sees_is_made_visible(hidden: str) -> None:
    shown = safe(f"a{hidden}b")
    assert hidden not in shown
    assert shown.isprintable()


def test_ordinary_text_stays_as_it_is() -> None:
    for text in ("größe", "日本語", "emoji 🌱 é", "a\u0301", "العربية", "# ✓ → …"):
        assert safe(text) == text


def test_a_variation_selector_is_seen_where_it_makes_no_emoji() -> None:
    for text in ("❤\ufe0f ✔\ufe0e ☑\ufe0f", "1\ufe0f\u20e3 #\ufe0f\u20e3", "©\ufe0f"):
        assert safe(text) == text
    assert safe("❤\ufe0f\ufe01\ufe0f") == "❤\ufe0f\\ufe01\\ufe0f"
    assert safe("1\ufe0f1") == "1\\ufe0f1"


def test_descriptors_of_closed_streams_are_not_given_to_files(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """Else what is printed would be written into the database."""
    make_repository(tmp_path / "r", {"a.py": CODE})
    line = f"{COMMAND} github add {tmp_path}/r >&- 2>&- <&-"
    assert shell(line, environment).returncode == 0
    database = Path(environment["CCINGEST_HOME"]) / "ccingest.db"
    assert database.read_bytes().startswith(b"SQLite format 3")
    assert database.stat().st_size > 4096
    assert shell(f"{COMMAND} doctor", environment).returncode == 0


def test_ctrl_c_while_modules_are_loaded_shows_no_traceback() -> None:
    program = """if True:
        import os, signal, sys
        signal.signal(signal.SIGINT, signal.default_int_handler)
        class Interrupts:
            def find_spec(self, name, *_):
                if name == "typer":
                    os.kill(os.getpid(), signal.SIGINT)
        sys.meta_path.insert(0, Interrupts())
        from ccingest.__main__ import main
        main()
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")
