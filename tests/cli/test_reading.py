"""Reading datasets: formats of hits, show, outline, similar. All in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ccingest.cli.app import run as run_command
from ccingest.documents.markdown import estimated_tokens
from ccingest.terminal import output
from git_server import make_repository

LONG = "def total_of_basket(basket):\n" + "".join(
    f"    basket.add_position(number={i}, price_of_position={i}.0)\n" for i in range(40)
)
FILES = {
    "src/tax.py": (
        "RATE = 0.2\n\n\n# Computes the tax.\ndef tax_of(price):\n    return price * RATE\n\n\n"
        "class Basket:\n    def total(self):\n        return sum(self.prices)\n"
    ),
    "src/vat.py": "def vat_of(price, rate):\n    return price * rate\n",
    "src/long.py": LONG,
    "lib/vat.py": "def lib_vat():\n    return 7\n",
    "crlf.txt": "one ümlaut\r\n\r\n日本語 three",
    "evil.md": "# Fence\n\n```\ncode\n```\n\x1b[31mred\n",
}


@dataclass(frozen=True)
class Printed:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        (line,) = self.out.splitlines()
        return json.loads(line)


Ask = Callable[..., Printed]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the datasets `shop` and `other`, which have one path in common."""
    folder = tmp_path_factory.mktemp("reading")
    repositories = {"shop": FILES, "other": {"src/vat.py": "def other_vat():\n    return 1\n"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCINGEST_HOME", str(folder / "home"))
        for name, files in repositories.items():
            make_repository(folder / name, files)
            assert run_command(["github", "add", str(folder / name), "--json"]) == 0
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


def test_explain(ask: Ask) -> None:
    question = ("query", "how is the tax of a price computed", "-d", "shop", "-k", "2")
    (plain, *_), (hit, *_) = (
        ask(*question, *more).document["hits"] for more in (["--json"], ["--json", "--explain"])
    )
    assert "explanation" not in plain
    why = hit.pop("explanation")
    assert hit == plain
    assert (why["questionKind"], why["nthOfFile"]) == ("words", 1)
    parts = why["contributions"]
    assert parts[0].keys() == {"name", "reason", "value", "points"}
    assert {"meaning", "words"} <= {part["name"] for part in parts}
    assert sum(part["points"] for part in parts) == pytest.approx(hit["score"], abs=1e-4)
    shown = ask(*question, "--explain").out
    assert "question: words" in shown
    assert "how close its meaning is to the question" in shown
    alone = ask(*question, "--explain", "--json", "--mode", "text").document["hits"][0]
    assert [part["name"] for part in alone["explanation"]["contributions"]] == ["text"]


def test_formats(ask: Ask) -> None:
    question = ("query", "tax of a price", "-d", "shop", "-k", "3")
    document = ask(*question, "--json").document
    assert ask(*question, "--format", "json").document == document
    assert ask(*question, "--format=json").document == document
    paths = ask(*question, "--format", "paths").out.splitlines()
    assert paths == list(dict.fromkeys(hit["path"] for hit in document["hits"]))
    text = ask(*question, "--format", "markdown").out
    first = document["hits"][0]
    assert f"### {first['path']}:{first['startLine']}-{first['endLine']}" in text
    assert "```python\n" in text
    assert text.count("### ") == 3
    budget = estimated_tokens(text.split("### ")[1]) + 2
    less = ask(*question, "--format", "markdown", "--max-tokens", str(budget)).out
    assert less.count("### ") == 1
    assert ask(*question, "--format", "markdown", "--max-tokens", "1").out.startswith(
        "No hit fits into 1 tokens"
    )
    some = ask(*question, "--format", "markdown", "--max-tokens", "30").out
    assert (some.count("### "), estimated_tokens(some.rstrip()) <= 30) == (1, True)


def test_paths_name_the_dataset_when_several_answer(ask: Ask) -> None:
    out = ask("query", "vat", "-k", "9", "--format", "paths").out.splitlines()
    assert {"shop:src/vat.py", "other:src/vat.py"} <= set(out)


def test_markdown_fences_what_holds_fences_and_escapes(ask: Ask) -> None:
    out = ask("query", "red code", "--path", "evil.md", "--format", "markdown").out
    assert "````markdown\n" in out
    assert "\x1b" not in out


def test_bad_formats(ask: Ask) -> None:
    assert ask("query", "x", "--format", "xml").code == 2
    assert ask("query", "x", "--max-tokens", "9").code == 2
    bad = ask("query", "", "--format", "json")
    assert (bad.code, bad.document["error"]["kind"]) == (2, "usage")


def test_a_hit_is_the_whole_definition(ask: Ask) -> None:
    (hit, *_) = ask("query", "total_of_basket", "-d", "shop", "--json").document["hits"]
    assert (hit["path"], hit["startLine"], hit["endLine"]) == ("src/long.py", 1, 41)
    assert hit["text"] == LONG


def test_context_adds_lines(ask: Ask) -> None:
    question = ("query", "vat_of", "-d", "shop", "--path", "src/tax.py", "-k", "1", "--json")
    (hit,) = ask(*question, "--context", "100").document["hits"]
    assert (hit["startLine"], hit["endLine"], hit["text"]) == (1, 11, FILES["src/tax.py"])


@pytest.mark.parametrize("path", ["crlf.txt", "src/tax.py", "src/long.py"])
def test_show_prints_the_exact_file(ask: Ask, path: str) -> None:
    assert ask("show", path).out == FILES[path]
    document = ask("show", path, "--json").document
    assert document["text"] == FILES[path]
    assert document["dataset"] == "shop"


def test_show_lines(ask: Ask) -> None:
    assert ask("show", "tax.py:5-6").out == "def tax_of(price):\n    return price * RATE\n"
    assert ask("show", "crlf.txt:3").out == "日本語 three"
    assert ask("show", "crlf.txt:1-2", "--json").document["endLine"] == 2
    assert ask("show", "crlf.txt:2-99").out == "\r\n日本語 three"
    for place in ("crlf.txt:4", "crlf.txt:0", "crlf.txt:3-2"):
        wrong = ask("show", place, "--json")
        assert (wrong.code, wrong.document["error"]["kind"]) == (3, "line_not_found")


def test_outline(ask: Ask) -> None:
    document = ask("outline", "src/tax.py", "--json").document
    assert document["symbols"] == [
        {"symbol": "tax_of", "line": 5},
        {"symbol": "Basket", "line": 9},
        {"symbol": "Basket.total", "line": 10},
    ]
    assert "     9  Basket\n" in ask("outline", "src/tax.py").out
    assert ask("outline", "crlf.txt").out == "No symbols.\n"


def test_similar(ask: Ask) -> None:
    answer = ask("similar", "src/vat.py:1", "-d", "shop", "-k", "3", "--json").document
    assert (answer["path"], answer["line"], answer["k"]) == ("src/vat.py", 1, 3)
    assert len(answer["hits"]) == 3
    assert all(hit["path"] != "src/vat.py" for hit in answer["hits"])
    shown = ask("similar", "src/vat.py:1", "-d", "shop", "-k", "1")
    assert shown.out.startswith("1. ")
    everywhere = ask("similar", "tax.py:5", "-k", "50", "--json").document["hits"]
    assert {hit["dataset"] for hit in everywhere} == {"shop", "other"}
    assert ask("similar", "tax.py").code == 2
    assert ask("similar", "tax.py:99").code == 3


@pytest.mark.parametrize("command", ["show", "outline", "similar"])
def test_files_that_are_missing_or_ambiguous(ask: Ask, command: str) -> None:
    line = ":1" if command == "similar" else ""
    missing = ask(command, f"src/tacks.py{line}", "--json")
    assert (missing.code, missing.document["error"]["kind"]) == (3, "file_not_found")
    assert "did you mean 'src/tax.py'" in missing.err
    twice = ask(command, f"src/vat.py{line}")
    assert twice.code == 3
    assert "src/vat.py in other, src/vat.py in shop" in twice.err
    assert ask(command, f"vat.py{line}", "-d", "shop").code == 3
    assert ask(command, f"src/vat.py{line}", "-d", "shop").code == 0
    assert ask(command, "").code == 3
    assert ask(command, f"src/vat.py{line}", "-d", "nothing").code == 3


def test_snippets_in_every_form(ask: Ask) -> None:
    question = ("query", "total_of_basket", "-d", "shop", "-k", "1", "--snippet-lines", "3")
    (hit,) = ask(*question, "--json", "--no-text").document["hits"]
    assert "text" not in hit
    snippet = hit["snippet"]
    assert snippet["endLine"] - snippet["startLine"] + 1 + bool(snippet["signatureLine"]) == 3
    assert snippet["text"].count("\n") == 2
    assert len(snippet["lineNumbers"]) == 3
    shown = ask(*question).out.splitlines()
    assert len(shown) == 4
    assert [line.split()[0] for line in shown[1:]] == [*map(str, snippet["lineNumbers"])]


def test_nonsense_reaches_no_confidence(ask: Ask) -> None:
    real = ask("query", "tax_of", "-d", "shop", "--json")
    assert all(0 <= hit["confidence"] <= 1 for hit in real.document["hits"])
    none = ask("query", "tax_of", "-d", "shop", "--min-score", "1", "--json")
    assert (none.code, none.document["hits"]) == (1, [])
    assert ask("query", "tax_of", "-d", "shop", "--min-score", "0").code == 0
    assert ask("query", "x", "--min-score", "0.5", "--mode", "text").code == 2


def test_content(ask: Ask) -> None:
    found = {
        name: {hit["path"] for hit in ask(
            "query", "tax", "-d", "shop", "-k", "50", "--content", name, "--json"
        ).document["hits"]}
        for name in ("all", "code", "docs", "config", "tests")
    }  # fmt: skip
    assert "src/tax.py" in found["code"] & found["all"]
    assert "evil.md" in found["docs"]
    assert found["code"].isdisjoint(found["docs"])
    assert ask("query", "tax", "--content", "films").code == 2
