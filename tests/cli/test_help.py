"""The help of each command: its examples work, and it says what each option takes."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from ccingest.cli import app
from ccingest.help import examples, topics
from ccingest.help import layout as help_
from ccingest.settings import CONFIG_KEYS
from ccingest.terminal import output
from cli.conftest import Run
from cli.terminal import at_terminal
from git_server import GitServer, git
from github_api import GitHubServer, row
from postgres_server import PostgresServer
from server.http.kit import Running, running
from web_server import Answer, Served, WebServer, page

TAX = (
    'def tax_of(order):\n    """The tax of an order."""\n    rate = 0.2\n    return order * rate\n'
)
FILES = {"src/tax.py": TAX, "README.md": "# Shop\n\nTakes orders, and gives a refund.\n"}
UNTIL_STOPPED = ("folder watch", "serve")
JOB = "3f2a9c1e"  # the job of the examples
SETTINGS = Path(topics.__file__).parent.parent / "settings.py"


def commands(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every command and group that the help lists, by the words that call it."""
    yield path, command
    if hasattr(command, "commands"):
        for name, inner in help_.visible_commands(command):
            yield from commands(inner, f"{path} {name}".strip())


COMMANDS = dict(commands(typer.main.get_command(app.whole_app())))
EXAMPLES = [(path, example) for path in COMMANDS for example in examples.examples_of(path)]


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_has_examples_and_our_help(path: str) -> None:
    command = COMMANDS[path]
    found = examples.examples_of(path)
    assert found, f"help/examples.py has no example of `ccingest {path}`"
    for example in found:
        assert f"ccingest {path}".strip() in example.line
        assert len(example.line) <= 78
    kind = help_.HelpfulGroup if hasattr(command, "commands") else help_.HelpfulCommand
    assert isinstance(command, kind), f"register `{path}` with cls={kind.__name__}"


@pytest.mark.parametrize("path", COMMANDS)
def test_an_option_says_what_it_takes(path: str) -> None:
    for parameter in COMMANDS[path].params:
        if parameter.param_type_name == "option" and not parameter.is_flag and not parameter.hidden:
            assert parameter.metavar, f"{path}: {parameter.opts} has no metavar"
            assert parameter.help, f"{path}: {parameter.opts} has no help"


def test_every_command_stands_in_a_section() -> None:
    assert [name for name in COMMANDS if name and not help_.section_of(name.split()[0])] == []


def test_examples_are_of_commands_that_exist() -> None:
    assert examples.paths_with_examples() <= COMMANDS.keys()


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GitServer, GitHubServer]]:
    root = tmp_path_factory.mktemp("served")
    github = GitHubServer()
    github.organisations["org"] = [row("org/shop"), row("org/tool")]
    with GitServer(root).running() as git_server, github.running():
        git_server.add("org/shop", FILES)
        yield git_server, github


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, servers: tuple[GitServer, GitHubServer]
) -> Iterator[Path]:
    """A repository `shop`, in which the examples are run one after another, with one home."""
    folder = tmp_path_factory.mktemp("examples") / "shop"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "a shop")
    (folder.parent / ".zfunc").mkdir()
    (folder.parent / ".config/fish/completions").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCINGEST_HOME", str(folder.parent / "data"))
        patch.setenv("HOME", str(folder.parent))
        patch.setenv("EDITOR", "true")
        patch.delenv("VISUAL", raising=False)
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        patch.chdir(folder)
        yield folder


def call(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """Run the command in this process: its exit code, stdout and stderr."""
    output.stdout.cache_clear()  # they cache the streams of the last run
    output.stderr.cache_clear()
    streams = io.StringIO(stdin), io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
            patch.setattr(sys, name, stream)
        code = app.run(arguments)
    output.stdout.cache_clear()
    output.stderr.cache_clear()
    return code, streams[1].getvalue(), streams[2].getvalue()


@pytest.fixture(scope="module")
def site() -> Iterator[WebServer]:
    listed = Served("/guide/\n/notes.html", type="text/plain")
    pages: dict[str, Answer] = {
        "/": page("Start", "/guide/"),
        "/guide/": page("Guide"),
        "/notes.html": page("Notes"),
        "/sitemap.xml": listed,
    }
    with WebServer(pages).running() as server:
        yield server


def prepare(path: str, url: str) -> str:
    """Make what the examples of this command need; returns the id of the job that they name."""
    call("github", "add", ".")
    for job in json.loads(call("history", "--status", "pending", "--json")[1])["jobs"]:
        call("cancel", job["jobId"])
    for dataset in json.loads(call("datasets", "--json")[1])["datasets"]:
        if dataset["dataset"] != "shop":
            call("delete", "--dataset", dataset["dataset"], "--json")
    if path == "delete":
        call("github", "add", url)
    if path in ("cancel", "retry"):
        call("github", "add", ".", "--force", "--detach")
    if path == "schedule remove":
        call("schedule", "add", url, "--every", "6h")
    (newest,) = json.loads(call("history", "-n", "1", "--json")[1])["jobs"]
    if path == "retry":
        call("cancel", newest["jobId"])
    return str(newest["jobId"])[:8]


def call_until_stopped(*command: str) -> tuple[int, str]:
    """Run a command that ends only by a signal, until it serves or waits: its exit code, and output."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout is not None
        said = ""
        for line in run.stdout:
            said += line
            # A watch that is stopped while its first job runs ends otherwise.
            if re.search(r"^ccingest serves|: indexed|already up to date", line):
                break
        run.terminate()
        return run.wait(60), said + run.communicate()[0]


@pytest.fixture(scope="module")
def webhook_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("webhooks")
    with running(folder, workers=0, CCINGEST_WEBHOOK_SECRET="a secret") as server:
        yield server


def call_with_server(server: Running, line: str) -> tuple[int, str]:
    """Run a command that asks a server: its exit code, and stderr."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCINGEST_WEBHOOK_SECRET", "a secret")
        code, _, err = call(*shlex.split(line)[1:], "--url", server.url)
    return code, err


@pytest.mark.parametrize(("path", "example"), EXAMPLES, ids=[e.line for _, e in EXAMPLES])
def test_an_example_works(
    path: str,
    example: examples.Example,
    place: Path,
    servers: tuple[GitServer, GitHubServer],
    site: WebServer,
    request: pytest.FixtureRequest,
) -> None:
    git_server, github = servers
    url = f"{git_server.url}/org/shop"
    job = prepare(path, url)
    line = example.line.replace(JOB, job).replace(" add-org org", f" add-org {github.url}/org")
    if path != "delete":  # which takes the name of what is stored
        line = line.replace("org/shop", url)
    if path in ("web", "web add"):
        line = re.sub(r"(?:https?://)?(?:docs\.example\.org|localhost:8000)", site.url, line)
        line += " --allow-private"
    if path == "migrate":
        server: PostgresServer = request.getfixturevalue("postgres")
        line = re.sub(r"postgresql://\S+", server.new_database(), line)
    if path.startswith("webhook"):
        code, err = call_with_server(request.getfixturevalue("webhook_server"), line)
    elif path in UNTIL_STOPPED:
        code, err = call_until_stopped(*shlex.split(line))
    elif path == "mcp":  # which ends with its input
        done = subprocess.run(
            shlex.split(line), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        code, err = done.returncode, done.stderr
    elif re.search(r"[|<>]", re.sub("'[^']*'", "", line)):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False
        )
        code, err = done.returncode, done.stderr
    else:
        code, _, err = call(*shlex.split(line)[1:])
    assert code == 0, err


def test_help_is_asked_for_in_four_ways(here: Run) -> None:
    long, short = here("schedule", "add", "--help"), here("schedule", "add", "-h")
    asked = here("help", "schedule", "add")
    assert long.code == short.code == asked.code == 0
    assert long.out == short.out == asked.out
    assert here("help", "schedule", "add", "--json").document == {"text": long.out.rstrip("\n")}
    assert "-k, --limit N " in here("query", "-h").out
    assert "--mode hybrid|vector|text" in here("query", "-h").out
    assert "Usage: ccingest query [OPTIONS] TEXT" in here("query", "-h").out


def test_help_lists_commands_in_groups(here: Run) -> None:
    shown = here("help").out
    assert shown == here("--help").out == here("-h").out == here().err
    titles = [line for line in shown.splitlines() if re.fullmatch(r"\w+:", line)]
    found = [title.rstrip(":") for title in titles]
    in_use = {help_.section_of(path) for path in COMMANDS if path and " " not in path}
    sections = [title for title in help_.SECTIONS if title in in_use]
    assert found == [*sections, "Options", "Examples"]


def test_no_help_for_what_does_not_exist(here: Run) -> None:
    done = here("help", "github", "nothing")
    assert done.code == 2
    assert "No help for 'nothing'" in done.err
    for typed, meant in (("qurey", "query"), ("enviroment", "environment")):
        assert f", did you mean '{meant}'; `ccingest help` lists" in here("help", typed).err


@pytest.mark.parametrize("columns", [30, 60, 100, 200])
def test_help_is_as_wide_as_the_terminal(here: Run, columns: int) -> None:
    shown = here("query", "-h", COLUMNS=str(columns)).out
    text = shown.partition("\nExamples:")[0].splitlines()  # examples are there to be copied
    words = 40  # the longest metavar that can't be broken
    assert max(map(len, text)) <= min(max(columns, words), 100)


def test_colours_at_a_terminal(environment: dict[str, str]) -> None:
    environment = {name: v for name, v in environment.items() if name != "NO_COLOR"}
    assert "\x1b[1m" in at_terminal("help", "--no-pager", environment=environment).written
    plain = at_terminal("query", "-h", environment={**environment, "NO_COLOR": "1"})
    assert "\x1b[1m" not in plain.written


def test_topics_name_every_setting(here: Run) -> None:
    source = SETTINGS.read_text(encoding="utf8")
    read = set(re.findall(r'(?:env\.get\(|text\(|number\(\s*"\w+", )"([A-Z_]+)"', source))
    assert len(read) > 6
    named = {n for r in topics.TOPICS["environment"].rows for n in r[0].split(", ")}
    assert read <= named
    # What is read elsewhere, and not by another program.
    package = SETTINGS.parent
    texts = [path.read_text(encoding="utf8") for path in package.rglob("*.py")]
    assert set(re.findall(r'"(CCINGEST_[A-Z_]+)"', " ".join(texts))) <= named
    assert {row[0] for row in topics.TOPICS["config"].rows} == set(CONFIG_KEYS)
    assert "CCINGEST_HOME" in here("help", "environment").out
    assert "130" in here("help", "exit-codes").out
