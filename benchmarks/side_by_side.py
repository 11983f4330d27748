"""semble and ccingest over the same checkouts, with the same questions, in one run.

    python benchmarks/side_by_side.py BENCHMARK REPOSITORIES [--whole] [--only NAME]...
    python benchmarks/side_by_side.py --index REPOSITORY... [--turns N]

BENCHMARK and REPOSITORIES are as for retrieval.py, whose NDCG@10 this takes. Each repository's commit
is checked out; both tools get the folder that the benchmark names or, with --whole, all of it.
semble 0.7.0 comes from PyPI into a virtual environment of its own (--semble PYTHON: one that is there)
and runs with its defaults. Its own model is on a hub; it gets, through SEMBLE_MODEL_NAME, a folder in
model2vec's format with the very vectors of the model in this package, or that of --semble-model.

`index` is a whole process: semble's index of a folder, `ccingest github add` of a git repository that
holds the same files. `warm` is a question in a process that has asked before, `cold` one
`semble search` or `ccingest query` in a new process. Memory is that of all processes of a command.
With --index only the index is measured, the tools taking turns. Linux only.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from ingest import name_of
from processes import Outcome, run
from retrieval import DEPTH, Labelled, Repository, ndcg, read_questions, read_repositories

import ccingest
from ccingest.embedding.bundled import FOLDER

SEMBLE = "semble==0.7.0"
HERE = Path(__file__).parent
TOOLS = ("semble", "ccingest")


@dataclass(frozen=True, slots=True)
class Result:
    """Of one tool on one repository."""

    files: int
    chunks: int
    index: Outcome
    scores: list[tuple[str, float]]  # category and NDCG@10 of each question
    warm_ms: list[float]
    cold_seconds: float


@dataclass(frozen=True, slots=True)
class Setting:
    semble: str  # python of its virtual environment
    model: Path  # in model2vec's format
    folder: Path  # for what is made while this runs

    def semble_env(self, name: str) -> dict[str, str]:
        return {
            "SEMBLE_MODEL_NAME": str(self.model),
            "SEMBLE_CACHE_LOCATION": str(self.folder / f"{name}-cache"),
            "XDG_CACHE_HOME": str(self.folder / f"{name}-cache"),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--only", action="append", metavar="NAME")
    parser.add_argument("--index", action="store_true", help="measure the index alone")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--semble", metavar="PYTHON")
    parser.add_argument("--semble-model", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = arguments.semble_model or model2vec_folder(folder / "model")
        setting = Setting(arguments.semble or install(folder / "venv"), model, folder)
        if arguments.index:
            print(f"| repository | tool | {' | '.join(INDEX_COLUMNS)} |\n|{' --- |' * 7}")
            for path in arguments.folders:
                index_in_turns(path, setting, arguments.turns)
            return 0
        benchmark, repositories = arguments.folders
        results = {
            repository.name: compare(
                repository,
                read_questions(benchmark / f"{repository.name}.tsv"),
                setting,
                arguments.whole,
            )
            for repository in read_repositories(benchmark, repositories)
            if not arguments.only or repository.name in arguments.only
        }
    report(results)
    return 0


def install(folder: Path) -> str:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", SEMBLE], check=True)
    return python


def model2vec_folder(folder: Path) -> Path:
    """The model in this package, which has model2vec's format but for the file that says so."""
    shutil.copytree(FOLDER, folder)
    config = {"normalize": True, "model_type": "model2vec"}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@contextmanager
def checked_out(repository: Path, sha: str, root: str) -> Iterator[Path]:
    """A git repository of one commit that holds these files, checked out."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name) / "work"
        archive = subprocess.run(
            ["git", "-C", str(repository), "archive", sha, root or "."],
            capture_output=True,
            check=True,
        ).stdout
        work.mkdir()
        subprocess.run(["tar", "-x", "-C", str(work)], input=archive, check=True)
        git(work, "init", "-q", "-b", "main")
        git(work, "add", "-f", "-A")
        git(work, "-c", "user.name=b", "-c", "user.email=b@b", "commit", "-q", "-m", "all")
        yield work


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def compare(
    repository: Repository, questions: Sequence[Labelled], setting: Setting, whole: bool
) -> dict[str, Result]:
    print(repository.name, file=sys.stderr)
    root = "" if whole else repository.root
    with checked_out(repository.path, repository.sha, root) as work:
        return {
            "semble": semble(work, questions, setting, repository.name),
            "ccingest": with_ccingest(work, questions, setting, repository.name),
        }


def semble(work: Path, questions: Sequence[Labelled], setting: Setting, name: str) -> Result:
    env = setting.semble_env(name)
    command = [setting.semble, str(HERE / "semble_run.py"), str(work), str(DEPTH)]
    index = run(command, env=env)
    asked = json.loads(run(command, env=env, stdin=lines(questions)).out)
    cold = [setting.semble, "-m", "semble.cli", "search", questions[0].text, str(work)]
    run(cold, env=env)  # keeps the index in its cache
    return Result(
        asked["files"],
        asked["chunks"],
        index,
        *scored(questions, asked["answers"]),
        median(run(cold, env=env).seconds for _ in range(3)),
    )


def with_ccingest(work: Path, questions: Sequence[Labelled], setting: Setting, name: str) -> Result:
    env = {"CCINGEST_HOME": str(setting.folder / f"{name}-home")}
    tool = [sys.executable, "-m", "ccingest"]
    index = run([*tool, "github", "add", str(work), "--json"], env=env)
    job = json.loads(index.out)
    warm = [sys.executable, str(HERE / "ccingest_run.py"), str(DEPTH)]
    answers = json.loads(run(warm, env=env, stdin=lines(questions)).out)
    cold = [*tool, "query", questions[0].text, "--json"]
    return Result(
        job["indexedFiles"],
        job["totalChunks"],
        index,
        *scored(questions, answers),
        median(run(cold, env=env).seconds for _ in range(3)),
    )


def lines(questions: Sequence[Labelled]) -> str:
    return "".join(f"{question.text}\n" for question in questions)


def scored(
    questions: Sequence[Labelled], answers: Sequence[dict[str, Any]]
) -> tuple[list[tuple[str, float]], list[float]]:
    scores = [
        (question.category, ndcg(question.targets, answer["hits"]))
        for question, answer in zip(questions, answers, strict=True)
    ]
    return scores, [answer["ms"] for answer in answers[1:]]  # the first one opens the index


INDEX_COLUMNS = ("files", "chunks", "index, s", "CPU, s", "peak MB")


def index_in_turns(path: Path, setting: Setting, turns: int) -> None:
    outcomes: dict[str, list[Outcome]] = {tool: [] for tool in TOOLS}
    counts: dict[str, tuple[int, int]] = {}
    with checked_out(path, "HEAD", "") as work:
        for turn in range(turns):
            name = f"{name_of(path)}-{turn}"
            command = [setting.semble, str(HERE / "semble_run.py"), str(work), "1"]
            theirs = run(command, env=setting.semble_env(name))
            found = json.loads(theirs.out)
            add = [sys.executable, "-m", "ccingest", "github", "add", str(work), "--json"]
            ours = run(add, env={"CCINGEST_HOME": str(setting.folder / f"{name}-home")})
            job = json.loads(ours.out)
            outcomes["semble"].append(theirs)
            outcomes["ccingest"].append(ours)
            counts["semble"] = found["files"], found["chunks"]
            counts["ccingest"] = job["indexedFiles"], job["totalChunks"]
    for tool in TOOLS:
        files, chunks = counts[tool]
        cost = index_cells([(files, chunks, outcome) for outcome in outcomes[tool]])
        print(f"| {name_of(path)} | {tool} | {cost} |", flush=True)


def index_cells(measured: Sequence[tuple[int, int, Outcome]]) -> str:
    files, chunks, _ = measured[0]
    seconds = median(outcome.seconds for *_, outcome in measured)
    cpu = median(outcome.cpu_seconds for *_, outcome in measured)
    peak = max(outcome.peak_mb for *_, outcome in measured)
    return f"{files:,} | {chunks:,} | {seconds:.1f} | {cpu:.1f} | {peak:.0f}"


def report(results: dict[str, dict[str, Result]]) -> None:
    columns = " | ".join(("NDCG@10", *INDEX_COLUMNS, "warm, ms", "cold, s"))
    print(f"| repository | tool | {columns} |\n|{' --- |' * 10}")
    for name, of_tool in results.items():
        for tool in TOOLS:
            one = of_tool[tool]
            quality = fmean(score for _, score in one.scores)
            cost = index_cells([(one.files, one.chunks, one.index)])
            asked = f"{median(one.warm_ms):.1f} | {one.cold_seconds:.2f}"
            print(f"| {name} | {tool} | {quality:.3f} | {cost} | {asked} |")
    print(f"\n| questions | number | {' | '.join(TOOLS)} |\n|{' --- |' * 4}")
    scores = {
        tool: [score for of_tool in results.values() for score in of_tool[tool].scores]
        for tool in TOOLS
    }
    for category in ("", *sorted({category for category, _ in scores["semble"]})):
        chosen = {
            tool: [score for of, score in scores[tool] if category in ("", of)] for tool in TOOLS
        }
        means = " | ".join(f"{fmean(chosen[tool]):.3f}" for tool in TOOLS)
        print(f"| {category or 'all'} | {len(chosen['semble'])} | {means} |")
    print(f"\nccingest {ccingest.__version__}, {SEMBLE}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
