"""The ranking is held by figures: about 40 questions on two small repositories.

`corpus/` holds the repositories: five languages, with documentation, tests, configuration, near
copies and a file that everything meets in. `questions.tsv` has a category, a question and the lines
that answer it, `figures.tsv` what ccingest reached when it was last written. Many questions are
close calls on purpose: a weight that is halved or a penalty that is dropped changes their order.
The category `aside` asks for what the penalties push back: documentation, tests, configuration.

A change of the ranking that is wanted renews the figures: `python tests/ranking/test_golden.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))

from git_server import make_repository  # noqa: E402 - run as a script, it is not on the path

FIGURES = HERE / "figures.tsv"
# Chunks of so few characters make many of small files, as there are in a large repository.
CHUNKS = {"CHUNK_CHAR_TARGET": "400", "CHUNK_CHAR_OVERLAP": "0"}
MOST_HITS = 10
# One answer that moves from the first to the second place changes a figure by 0.04 or more.
TOLERANCE = 0.01


@dataclass(frozen=True)
class Golden:
    """A question, and the lines that answer it in `path`, which begins with the repository."""

    category: str
    question: str
    path: str
    start: int
    end: int


@dataclass(frozen=True)
class Figures:
    """Of the questions of one category. `mrr`: the mean reciprocal rank of the file, 0 beyond
    MOST_HITS; `hit_1` and `hit_5`: the share whose lines are in the first, the first five hits."""

    questions: int
    mrr: float
    hit_1: float
    hit_5: float


def read_questions() -> list[Golden]:
    found = []
    for row in (HERE / "questions.tsv").read_text(encoding="utf8").splitlines():
        category, question, answer = row.split("\t")
        path, _, span = answer.rpartition(":")
        start, end = map(int, span.split("-"))
        found.append(Golden(category, question, path, start, end))
    return found


def read_figures() -> dict[str, Figures]:
    _, *rows = FIGURES.read_text(encoding="utf8").splitlines()
    figures = {}
    for row in rows:
        category, questions, *shares = row.split("\t")
        figures[category] = Figures(int(questions), *map(float, shares))
    return figures


def write_figures(figures: Mapping[str, Figures]) -> None:
    rows = [
        f"{category}\t{one.questions}\t{one.mrr:.4f}\t{one.hit_1:.4f}\t{one.hit_5:.4f}\n"
        for category, one in figures.items()
    ]
    FIGURES.write_text("category\tquestions\tmrr\thit@1\thit@5\n" + "".join(rows), encoding="utf8")


def ask_all(folder: Path, questions: Sequence[Golden]) -> list[list[Any]]:
    """Index the corpus in a home there, with the real command; the hits of each question."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CCINGEST_")}
    environment = {**kept, **CHUNKS, "CCINGEST_HOME": str(folder / "home")}

    def ccingest(*arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "ccingest", *arguments],
            env=environment, input=stdin, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    repositories = sorted((HERE / "corpus").iterdir())
    for repository in repositories:
        paths = sorted(path for path in repository.rglob("*") if path.is_file())
        files = {path.relative_to(repository).as_posix(): path.read_bytes() for path in paths}
        make_repository(folder / repository.name, files)
    ccingest("github", "add", *(str(folder / repository.name) for repository in repositories))
    asked = "".join(f"{golden.question}\n" for golden in questions)
    answers = ccingest("query", "-", "-k", str(MOST_HITS), "--json", stdin=asked)
    return [json.loads(line)["hits"] for line in answers.splitlines()]


def measure(questions: Sequence[Golden], answers: Sequence[Sequence[Any]]) -> dict[str, Figures]:
    by_category: dict[str, list[tuple[float, int | None]]] = {}
    for golden, hits in zip(questions, answers, strict=True):
        in_file = [hit for hit in hits if f"{hit['dataset']}/{hit['path']}" == golden.path]
        with_lines = [
            hit
            for hit in in_file
            if hit["startLine"] <= golden.end and hit["endLine"] >= golden.start
        ]
        reciprocal = 1 / in_file[0]["rank"] if in_file else 0.0
        rank = with_lines[0]["rank"] if with_lines else None
        by_category.setdefault(golden.category, []).append((reciprocal, rank))
    return {
        category: Figures(
            len(results),
            sum(reciprocal for reciprocal, _ in results) / len(results),
            sum(rank == 1 for _, rank in results) / len(results),
            sum(rank is not None and rank <= 5 for _, rank in results) / len(results),
        )
        for category, results in by_category.items()
    }


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Figures]:
    questions = read_questions()
    return measure(questions, ask_all(tmp_path_factory.mktemp("golden"), questions))


def test_the_answers_are_lines_of_the_corpus() -> None:
    for golden in read_questions():
        lines = (HERE / "corpus" / golden.path).read_text(encoding="utf8").splitlines()
        assert 1 <= golden.start <= golden.end <= len(lines), golden


@pytest.mark.parametrize("category", read_figures())
def test_the_ranking_is_as_good_as_it_was(category: str, measured: dict[str, Figures]) -> None:
    now, before = measured[category], read_figures()[category]
    assert now.questions == before.questions
    assert (now.mrr, now.hit_1, now.hit_5) == pytest.approx(
        (before.mrr, before.hit_1, before.hit_5), abs=TOLERANCE
    ), "if this is wanted: python tests/ranking/test_golden.py"


def test_every_category_is_held(measured: dict[str, Figures]) -> None:
    assert measured.keys() == read_figures().keys()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        golden_questions = read_questions()
        hits_of_all = ask_all(Path(temporary), golden_questions)
        write_figures(measure(golden_questions, hits_of_all))
