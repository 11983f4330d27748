"""Completion of commands, options and values: what fits, in real shells, whatever the home is."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest
import typer

from ccingest.app import names
from ccingest.cli import app
from ccingest.completion import candidates as completion
from ccingest.completion import scripts as completion_scripts
from ccingest.terminal import output
from cli.shells import Shell
from git_server import git

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "completions"
MAIN = typer.main.get_command(app.whole_app())
FILES = {
    "src/tax.py": "def tax_of(order):\n    return order * 0.2\n",
    "src/deep/a b.go": "package deep\n",
    "read me.md": "# Shop\n",
}
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "PS1='> '; source {}"),
    "zsh": (["zsh", "-f", "-i"], "PROMPT='> '; autoload -U compinit; compinit -u -D; source {}"),
    "fish": (["fish", "--no-config", "-i"], "source {}"),
}


Completed = Callable[[Path, str], str]
# Metavars that stand for anything.
ANYTHING = set(
    "ADDRESS BRANCH EVENT EXPR FIELDS GLOB HOST N NAMES ORG SHA TEXT TIME URL X VALUE".split()
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the datasets `shop`, and `odd name` in the project `other`."""
    folder = tmp_path_factory.mktemp("completion")
    for name, text in FILES.items():
        path = folder / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder / "shop", "init", "-q", "-b", "main")
    git(folder / "shop", "add", ".")
    git(folder / "shop", "commit", "-q", "-m", "a shop")
    output.stdout.cache_clear()  # they cache the streams of the last run
    output.stderr.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCINGEST_HOME", str(folder / "home"))
        add = ["github", "add", str(folder / "shop"), "--json"]
        assert app.run(add) == 0
        assert app.run([*add, "--project", "other", "--dataset", "odd name"]) == 0
        assert app.run([*add, "--detach", "--force"]) == 0
    return folder / "home"


@pytest.fixture
def words(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCINGEST_HOME", str(home))


def fitting(line: str) -> list[str]:
    *before, word = completion.split_line(line)[1:]
    return [name.text or name.about for name in completion.candidates(MAIN, before, word)]


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ccingest hi", ["history"]),
        ("ccingest -v hi", ["history"]),
        ("ccingest github ", ["add", "add-org"]),
        ("ccingest query --mo", ["--mode"]),
        ("ccingest query --mode ", ["hybrid", "vector", "text"]),
        ("ccingest query --mode=v", ["--mode=vector"]),
        ("ccingest query tax -d ", ["shop"]),
        ("ccingest query tax -p other -d ", ["odd name"]),
        ("ccingest query tax -p all -d ", ["odd name", "shop"]),
        ("ccingest query tax --repo ", ["shop"]),
        ("ccingest query tax -p ", ["default", "other", "all"]),
        ("ccingest cleanup --days ", []),
        ("ccingest github add --project ", ["default", "other"]),
        ("ccingest query tax -l ", ["go", "markdown", "python"]),
        ("ccingest query tax --format p", ["paths"]),
        ("ccingest query ", []),
        ("ccingest history --status c", ["completed", "cancelled"]),
        ("ccingest show ", ["read me.md", "src/"]),
        ("ccingest show src/", ["src/deep/", "src/tax.py"]),
        ("ccingest show src/deep/", ["src/deep/a b.go"]),
        ("ccingest show shop:src/t", ["shop:src/tax.py"]),
        ("ccingest similar sr", ["src/"]),
        ("ccingest open shop:re", ["shop:read me.md"]),
        ("ccingest show src/tax.py --", ["--dataset", "--project", "--json", "--help"]),
        ("ccingest sync ", ["shop"]),
        ("ccingest sync shop ", []),
        ("ccingest sync --all ", ["odd name", "shop"]),
        ("ccingest retry ", []),
        ("ccingest completion ", ["bash", "zsh", "fish"]),
        ("ccingest config get h", ["history_days"]),
        ("ccingest help git", ["github"]),
        ("ccingest help github add", ["add", "add-org"]),
        ("ccingest help env", ["environment"]),
        ("ccingest github add ", ["folders"]),
        ("ccingest github add --from-file ", ["files"]),
        ("ccingest nothing ", []),
        ("ccingest query tax --nothing ", []),
        ("ccingest query 'tax -d", []),
        ("ccingest query tax -- --m", []),
        ("ccingest", []),
    ],
)
def test_what_fits(line: str, expected: list[str]) -> None:
    if line == "ccingest":
        assert completion.answer(MAIN, "bash", [line]).startswith("add\t")
    elif line.endswith("--"):
        assert set(expected) <= set(fitting(line))
    else:
        assert fitting(line) == expected


@pytest.mark.usefixtures("words")
def test_jobs_are_those_that_the_command_is_for(home: Path) -> None:
    with closing(sqlite3.connect(home / "ccingest.db")) as connection:
        ids = dict(connection.execute("SELECT id, status FROM jobs").fetchall())
    (waiting,) = [job for job, status in ids.items() if status == "pending"]
    assert fitting("ccingest cancel ") == [waiting[:8]]
    assert sorted(fitting("ccingest status ")) == sorted(job[:8] for job in ids)
    assert fitting(f"ccingest status {waiting[:9]}") == [waiting]


@pytest.mark.usefixtures("words")
def test_every_command_and_option_is_completed() -> None:
    """Walks the whole tree, so a new command or option can't be one that fails."""

    def check(command: object, line: str) -> None:
        for name, inner in getattr(command, "commands", {}).items():
            if not inner.hidden:
                assert name in fitting(f"{line} {name}")
            check(inner, f"{line} {name}")
        for option in getattr(command, "params", ()):
            for kind in completion.kinds_of(option.metavar or "N"):
                assert completion.takes(kind) or kind in ANYTHING, f"{line}: what fits {kind}?"
            if option.param_type_name == "option" and not option.hidden:
                assert set(option.opts) & set(fitting(f"{line} {max(option.opts, key=len)}"))
                fitting(f"{line} {option.opts[0]} ")
        fitting(f"{line} ")

    check(MAIN, "ccingest")


@pytest.fixture
def completed(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Completed:
    """What is printed for a line that is being typed, with a home of one's own."""

    def complete(home: Path, line: str) -> str:
        monkeypatch.setenv("CCINGEST_HOME", str(home))
        app.complete("bash", [line])
        out, err = capfd.readouterr()
        assert err == ""
        return out

    return complete


@pytest.mark.parametrize(
    "state", ["missing", "empty", "no database", "damaged", "config", "locked"]
)
def test_no_home_makes_an_error(
    home: Path, tmp_path: Path, completed: Completed, state: str
) -> None:
    place = tmp_path / "place"
    if state != "missing":
        place.mkdir()
    if state == "no database":
        (place / "ccingest.db").write_text("no database")
    elif state == "config":
        (place / "config.toml").write_text("[[[")
    elif state in ("damaged", "locked"):
        shutil.copy(home / "ccingest.db", place)
    if state == "damaged":
        data = bytearray((place / "ccingest.db").read_bytes())
        data[100:9000] = b"\xff" * 8900
        (place / "ccingest.db").write_bytes(data)
    with closing(sqlite3.connect(place / "ccingest.db" if state == "locked" else ":memory:")) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        for line in ("ccingest query x -d ", "ccingest show ", "ccingest status "):
            assert completed(place, line) == ""
    assert place.exists() == (state != "missing")  # completing makes nothing


def test_a_read_only_home_is_read(home: Path, tmp_path: Path, completed: Completed) -> None:
    frozen = tmp_path / "frozen"
    frozen.mkdir()
    shutil.copy(home / "ccingest.db", frozen)
    frozen.chmod(0o500)
    assert "shop\t" in completed(frozen, "ccingest query x -d ")
    frozen.chmod(0o700)


@pytest.mark.usefixtures("words")
def test_names_are_no_code_and_no_escapes(home: Path) -> None:
    odd = ["$(touch x)", "`id`", "a\x1b[31m", "a\tb", "a\nb", "é", "a'b"]
    with pytest.MonkeyPatch.context() as patch:
        made = [names.Name(name, "about\x1b[31m") for name in odd]
        patch.setattr(names.StoredNames, "datasets", lambda *_: made)
        lines = completion.answer(MAIN, "zsh", ["query", "x", "-d", ""]).split("\n")
    assert [line.partition("\t")[0] for line in lines] == ["$(touch x)", "`id`", "é", "a'b", ""]
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("shell", START)
def test_the_scripts_are_fresh(shell: str) -> None:
    spec = importlib.util.spec_from_file_location("generate", FOLDER / "generate.py")
    assert spec
    assert spec.loader
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    stored = (FOLDER / generate.FILES[shell]).read_text(encoding="utf8")
    assert stored == completion_scripts.SCRIPTS[shell], "run: python completions/generate.py"


def shell_environment(home: Path) -> Mapping[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "CCINGEST_HOME": str(home), "HOME": str(home.parent)}


@pytest.mark.parametrize("shell", START)
def test_a_real_shell_completes(shell: str, home: Path, tmp_path: Path) -> None:
    command, setup = START[shell]
    if not shutil.which(shell):
        pytest.skip(f"needs {shell}")
    (tmp_path / "local folder").mkdir()
    with Shell(command, shell_environment(home)) as opened:
        opened.settle(0.4)
        opened.press(setup.format(FOLDER / completion_scripts_name(shell)) + "\r")
        opened.settle()
        assert opened.completed("ccingest query --mode ", "hybrid", "vector", "text")
        assert opened.completed("ccingest query x -p other --dataset=o", "--dataset=odd\\ name")
        assert opened.completed('ccingest query x -p other -d "o', '"odd name"'), opened.screen
        assert opened.completed("ccingest show src/deep/", "src/deep/a\\ b.go"), opened.screen
        assert opened.completed("ccingest show shop:src/t", "shop:src/tax.py"), opened.screen
        folder = f"ccingest github add {tmp_path}/lo"
        assert opened.completed(folder, "local\\ folder/"), opened.screen


def completion_scripts_name(shell: str) -> str:
    return {"bash": "ccingest.bash", "zsh": "_ccingest", "fish": "ccingest.fish"}[shell]


@pytest.mark.skipif(not shutil.which("zsh"), reason="needs zsh")
def test_a_zsh_in_which_nothing_is_set_up_completes(home: Path) -> None:
    with Shell(["zsh", "-f", "-i"], shell_environment(home)) as opened:
        opened.settle(0.4)
        opened.press(f"PROMPT='> '; source {FOLDER / '_ccingest'}\r")
        opened.settle()
        assert opened.completed("ccingest query --mode ", "hybrid", "vector", "text")
