"""Hits to act on: DATASET:PATH:START-END, printed and taken; `open` in editors and browsers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccingest.cli.app import run as run_command
from ccingest.errors import UsageError
from ccingest.terminal import output
from ccingest.terminal.editors import Editor, editor_of
from ccingest.visible import safe
from cli.terminal import at_terminal
from cli.test_reading import Ask, Printed
from git_server import GitServer, make_repository

TAX = "RATE = 0.2\n\n\ndef tax_of(price):\n    return price * RATE\n"
SHOP = {"src/tax.py": TAX, "src/vat.py": "def vat_of(price):\n    return price\n"}
OTHER = {
    "src/vat.py": "def other_vat():\n    return 1\n",
    "shop:src/vat.py": "def colon_vat():\n    return 2\n",
    "notes:12": "A note about vat.\n",
    "src/re\u202everse.py": "def reverse(text):\n    return text[::-1]\n",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the datasets `shop`, `other`, `hidden` (of the scope local) and `a:b`."""
    folder = tmp_path_factory.mktemp("places")
    for name, files in (("shop", SHOP), ("other", OTHER)):
        make_repository(folder / name, files)
    for path, text in SHOP.items():  # its work tree
        (folder / "shop" / path).parent.mkdir(exist_ok=True)
        (folder / "shop" / path).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCINGEST_HOME", str(folder / "home"))
        for name, *more in (
            ("shop",), ("other",), ("shop", "-d", "hidden", "--scope", "local"), ("shop", "-d", "a:b"),
        ):  # fmt: skip
            output.stdout.cache_clear()
            output.stderr.cache_clear()
            assert run_command(["github", "add", str(folder / name), *more, "-q"]) == 0
        yield folder / "home"


@pytest.fixture
def ask(home: Path, capfd: pytest.CaptureFixture[str]) -> Ask:
    def run(*arguments: str) -> Printed:
        output.stdout.cache_clear()
        output.stderr.cache_clear()
        code = run_command(arguments)
        return Printed(code, *capfd.readouterr())

    return run


def test_what_is_printed_is_taken(ask: Ask) -> None:
    """Whatever a search prints names its hit for the other commands."""
    question = ("query", "vat of a price", "-k", "9")
    hits = ask(*question, "--json").document["hits"]
    places = ask(*question, "--format", "paths", "--lines").out.splitlines()
    assert places == [
        safe(f"{hit['dataset']}:{hit['path']}:{hit['startLine']}-{hit['endLine']}") for hit in hits
    ]
    for place, hit in zip(places, hits, strict=True):
        shown = ask("show", place, "--json")
        if place.startswith("shop:src/vat.py"):  # a file of `other` has this very name
            assert (shown.code, "is more than one file" in shown.err) == (3, True)
            continue
        document = shown.document
        assert (document["dataset"], document["path"]) == (hit["dataset"], hit["path"])
        assert ask("outline", place, "--json").document["path"] == hit["path"]
        assert ask("similar", place, "--json").document["line"] == hit["startLine"]
    human = ask(*question).out
    assert all(f". {place}  " in human for place in places)
    markdown = ask(*question, "--format", "markdown").out
    assert all(f"### {place}" in markdown for place in places)


def test_one_dataset_needs_no_name(ask: Ask) -> None:
    question = ("query", "tax of a price", "-k", "1", "-d", "shop")
    assert ask(*question).out.startswith("1. src/tax.py:")
    assert ask(*question, "--format", "paths").out == "src/tax.py\n"
    assert ask(*question, "--format", "paths", "--lines").out.startswith("shop:src/tax.py:")
    assert ask(*question, "--lines").code == 2


@pytest.mark.parametrize(
    ("place", "dataset", "path"),
    [
        ("hidden:src/tax.py:4", "hidden", "src/tax.py"),  # named, so its scope does not hide it
        ("a:b:tax.py:4-5", "a:b", "src/tax.py"),
        ("other:shop:src/vat.py:1", "other", "shop:src/vat.py"),
        ("other:src/vat.py", "other", "src/vat.py"),
        ("notes:12", "other", "notes:12"),  # a file of that name, not a line
        ("other:notes:12:1", "other", "notes:12"),
        ("shop:./src/tax.py:1", "shop", "src/tax.py"),
        ("src/re\\u202everse.py:1", "other", "src/re\u202everse.py"),  # as hits show it
        ("other:src/re\\u202everse.py", "other", "src/re\u202everse.py"),
    ],
)
def test_what_exists_tells_which_colon_is_meant(
    ask: Ask, place: str, dataset: str, path: str
) -> None:
    document = ask("show", place, "--json").document
    assert (document["dataset"], document["path"]) == (dataset, path)


def test_places_that_are_not_clear(ask: Ask) -> None:
    both = ask("show", "shop:src/vat.py")
    assert both.code == 3
    assert "shop:src/vat.py in other, src/vat.py in shop" in both.err
    assert ask("show", "shop:src/vat.py", "-d", "shop").out == SHOP["src/vat.py"]
    missing = ask("show", "shop:src/tacks.py")
    assert "The dataset shop has no file 'src/tacks.py', did you mean 'src/tax.py'" in missing.err
    assert "did you mean 'shop:src/tax.py'" in ask("show", "shpo:src/tax.py").err
    assert "'x' names no lines of src/tax.py" in ask("show", "shop:src/tax.py:x").err
    assert "comes before its first" in ask("show", "shop:src/tax.py:4-2").err
    assert ask("show", "shop:src/tax.py", "-d", "other").code == 3


def test_questions_are_told_apart_in_every_form(
    home: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = "tax of a price\n\nother vat\n"

    def answers(*form: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "ccingest", "query", "-", "-k", "1", *form],
            input=questions, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    first, blank, second = answers().split("\n\n#")
    assert first.startswith("# tax of a price\n1. ")
    assert blank == "\nNo hits."
    assert second.startswith(" other vat\n1. other:src/vat.py:")
    paragraphs = answers("--format", "paths").removesuffix("\n\n").split("\n\n")
    assert [part.split("\n")[0] for part in paragraphs] == ["# tax of a price", "#", "# other vat"]
    assert paragraphs[2].split("\n")[1:] == ["other:src/vat.py"]
    assert answers("--format", "markdown").count("\n## other vat\n") == 1
    queries = [json.loads(line)["query"] for line in answers("--json").splitlines()]
    assert queries == ["tax of a price", "", "other vat"]


def editor(folder: Path, name: str, *, code: int = 0) -> Path:
    """An editor that writes down its arguments and what it was given to edit."""
    made = folder / name
    made.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/arguments\nfor last; do :; done\n'
        f'cat "${{last%:[0-9]*}}" > {folder}/edited\nls -l "${{last%:[0-9]*}}" > {folder}/listed\n'
        f"exit {code}\n"
    )
    made.chmod(0o755)
    return made


def test_open_is_at_the_line_of_the_file_on_disk(
    ask: Ask, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(home.parent / "shop" / "src" / "tax.py")
    for command, expected in {
        editor(tmp_path, "vim"): ["+4", file],
        f"'{editor(tmp_path, 'code')}' -w": ["-w", "--goto", f"{file}:4"],
        editor(tmp_path, "hx"): [f"{file}:4"],
        editor(tmp_path, "idea.sh"): ["--line", "4", file],
    }.items():
        monkeypatch.setenv("EDITOR", str(command))
        assert ask("open", "shop:src/tax.py:4-5") == Printed(0, "", "")
        assert (tmp_path / "arguments").read_text().splitlines() == expected
    # VISUAL goes before EDITOR. An unknown editor gets the file alone.
    monkeypatch.setenv("VISUAL", str(editor(tmp_path, "myedit")))
    unknown = ask("open", "shop:src/tax.py:4", "--json")
    assert (tmp_path / "arguments").read_text().splitlines() == [file]
    assert "myedit can't be opened at a line; it is line 4" in unknown.err
    assert unknown.document["file"] == file
    assert (unknown.document["line"], unknown.document["url"]) == (4, None)


def test_open_says_when_the_file_has_changed(
    ask: Ask, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home.parent / "shop" / "src" / "vat.py"
    monkeypatch.setenv("EDITOR", str(editor(tmp_path, "nano")))
    before = file.read_text()
    file.write_text("# new\n" + before)
    try:
        assert "has changed since the dataset's commit" in ask("open", "a:b:src/vat.py").err
    finally:
        file.write_text(before)


def test_open_shows_a_copy_of_what_is_not_on_disk(
    tmp_path: Path, git_server: GitServer, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    git_server.add("org/shop", SHOP)
    monkeypatch.setenv("CCINGEST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EDITOR", str(editor(tmp_path, "nvim")))
    monkeypatch.setenv("BROWSER", f"{editor(tmp_path, 'browser')} %s")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for arguments in (
        ("github", "add", f"{git_server.url}/org/shop", "-q"), ("open", "tax.py:4"),
        ("open", "tax.py:4", "--web"),
    ):  # fmt: skip
        output.stdout.cache_clear()
        output.stderr.cache_clear()
        assert run_command(arguments) == 0
    line, copy = (tmp_path / "arguments").read_text().splitlines()[:1], tmp_path / "edited"
    assert line[0].startswith("https://") or line == ["+4"]
    done = capfd.readouterr()
    assert "a read-only copy of src/tax.py, as at " in done.err
    assert copy.exists()


def test_a_copy_is_read_only_and_is_removed(tmp_path: Path, git_server: GitServer) -> None:
    git_server.add("org/shop", SHOP)
    environment = {
        **os.environ, "CCINGEST_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path),
        "VISUAL": str(editor(tmp_path, "vim")),
    }  # fmt: skip

    def run(*arguments: str) -> None:
        subprocess.run([sys.executable, "-m", "ccingest", *arguments], env=environment, check=True)

    run("github", "add", f"{git_server.url}/org/shop", "-q")
    run("open", "src/tax.py:4")
    assert (tmp_path / "edited").read_text() == TAX
    assert (tmp_path / "listed").read_text().startswith("-r--------")
    assert (tmp_path / "arguments").read_text().splitlines()[1].endswith("/tax.py")
    assert not list(tmp_path.glob("ccingest-*"))


def test_what_open_starts_writes_on_stderr(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    chatty = tmp_path / "vim"
    chatty.write_text("#!/bin/sh\necho it opens\n")
    chatty.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(chatty))
    output.stdout.cache_clear()
    output.stderr.cache_clear()
    assert run_command(("open", "shop:src/tax.py:4", "--json")) == 0
    out, err = capfd.readouterr()
    assert json.loads(out)["file"] == str(home.parent / "shop" / "src" / "tax.py")
    assert err == "it opens\n"


def test_the_usual_editor_needs_a_terminal(home: Path) -> None:
    environment = {**os.environ, "CCINGEST_HOME": str(home), "VISUAL": "", "EDITOR": ""}
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", "open", "shop:src/tax.py:4"],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "There is no terminal for an editor: set VISUAL" in done.stderr


def test_open_fails_in_words(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command, code, said in (
        ("/no/such/editor", 2, "The editor '/no/such/editor' is not there"),
        ("vim 'unfinished", 2, 'EDITOR is "vim \'unfinished"'),
        (str(editor(tmp_path, "vim", code=3)), 1, "ended with exit code 3"),
    ):
        monkeypatch.setenv("EDITOR", command)
        done = ask("open", "shop:src/tax.py:1")
        assert done.code == code
        assert said in done.err
    web = ask("open", "shop:src/tax.py:1", "--web")
    assert (web.code, "shop is on no host" in web.err) == (2, True)
    assert ask("open", "shop:src/tax.py:99").code == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nvim", ["nvim", "+7", "/f"]),
        ("code -w", ["code", "-w", "--goto", "/f:7"]),
        ("emacsclient -nw -a ''", ["emacsclient", "-nw", "-a", "", "+7", "/f"]),
        ("env LANG=C hx", ["env", "LANG=C", "hx", "/f:7"]),
        ("'/opt/my apps/subl' --wait", ["/opt/my apps/subl", "--wait", "/f:7"]),
        ("pycharm64", ["pycharm64", "--line", "7", "/f"]),
        ("unknown -x", ["unknown", "-x", "/f"]),
    ],
)
def test_editors(text: str, expected: list[str]) -> None:
    found = editor_of({"EDITOR": text})
    assert found
    assert found.at(Path("/f"), 7) == expected


def test_the_editor_of_the_environment() -> None:
    assert editor_of({"VISUAL": "hx", "EDITOR": "vim"}) == Editor(("hx",), "hx")
    assert editor_of({"VISUAL": "", "EDITOR": " "}) is None
    with pytest.raises(UsageError, match="No closing quotation"):
        editor_of({"VISUAL": "'x"})


def test_a_terminal_gets_links(home: Path) -> None:
    environment = {**os.environ, "CCINGEST_HOME": str(home), "EDITOR": "code -w", "VISUAL": ""}
    question = ("query", "tax of a price", "-d", "shop", "-k", "1")
    file = home.parent / "shop" / "src" / "tax.py"
    for more, link in (
        ({}, f"vscode://file{file}:1\x1b"),
        ({"EDITOR": "pycharm"}, f"idea://open?file={file}&line=1\x1b"),
        ({"EDITOR": "vim"}, f"{file}\x1b"),
    ):
        shown = at_terminal(*question, environment={**environment, **more})
        assert "\x1b]8;" in shown.written
        assert link in shown.written
        assert shown.screen[0].startswith("1. src/tax.py:1-5")
    none = at_terminal(*question, environment={**environment, "FORCE_HYPERLINK": "0"})
    assert "\x1b]8;" not in none.written
