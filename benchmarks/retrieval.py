"""NDCG@10 over real repositories, with the command line and nothing else.

    python benchmarks/retrieval.py BENCHMARK REPOSITORIES [--whole] [--mode M]... [--only NAME]...

BENCHMARK is a folder like ../shared/retrieval: repos.tsv and a NAME.tsv of questions for each
repository. REPOSITORIES holds each as NAME or NAME.git, bare or checked out; one that is missing is
left out, and said on stderr. Each is added with `ccingest github add` into a fresh home, the folder
of repos.tsv only or, with --whole, all of it, and asked with one `ccingest query -` a mode.

A target's rank is that of the first of ten hits in its file and, where it names a span, on its
lines. Gain 1 at that rank, discount log2(rank + 1), divided by the ideal for as many targets.
Prints a table by repository, by language and by category, with the time to add and, in one process,
to ask; the process's start is in the latter.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

MODES = ("vector", "text", "hybrid")
DEPTH = 10


@dataclass(frozen=True, slots=True)
class Repository:
    name: str
    language: str
    path: Path
    sha: str
    root: str  # only this folder is indexed; empty: all of it


@dataclass(frozen=True, slots=True)
class Target:
    path: str
    first_line: int
    last_line: int

    @classmethod
    def parse(cls, text: str) -> Target:
        path, _, span = text.partition(":")
        first, _, last = span.partition("-")
        return cls(path, int(first or 1), int(last or first or sys.maxsize))

    def is_hit(self, hit: dict[str, Any]) -> bool:
        found, wanted = f"/{hit['path']}", f"/{self.path}"
        return (
            (found.endswith(wanted) or wanted.endswith(found))
            and hit["startLine"] <= self.last_line
            and hit["endLine"] >= self.first_line
        )


@dataclass(frozen=True, slots=True)
class Labelled:
    category: str
    text: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """How well one question was answered in one mode."""

    repository: Repository
    mode: str
    category: str
    ndcg: float


@dataclass(frozen=True, slots=True)
class Cost:
    repository: str
    chunks: int
    add_seconds: float
    query_seconds: dict[str, float]  # mode -> one process, all questions


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("repositories", type=Path)
    parser.add_argument("--whole", action="store_true", help="index whole repositories")
    parser.add_argument("--mode", action="append", choices=MODES, help="default: all three")
    parser.add_argument("--only", action="append", metavar="NAME", help="this repository only")
    parser.add_argument("--model", default="", help="for `ccingest github add --model`")
    arguments = parser.parse_args()
    modes = tuple(arguments.mode or MODES)
    answers: list[Answer] = []
    costs: list[Cost] = []
    for repository in read_repositories(arguments.benchmark, arguments.repositories):
        if arguments.only and repository.name not in arguments.only:
            continue
        questions = read_questions(arguments.benchmark / f"{repository.name}.tsv")
        with tempfile.TemporaryDirectory() as home:
            run = Run(home, arguments.whole, arguments.model)
            cost = run.measure(repository, questions, modes, answers)
        costs.append(cost)
        print(f"{repository.name}: {cost.chunks:,} chunks", file=sys.stderr)
    if not answers:
        print("No repository of the benchmark is there.", file=sys.stderr)
        return 1
    report(answers, costs, modes)
    return 0


def read_repositories(benchmark: Path, folder: Path) -> Iterable[Repository]:
    for line in (benchmark / "repos.tsv").read_text(encoding="utf8").splitlines():
        name, language, _, sha, root = line.split("\t")
        path = next((p for p in (folder / name, folder / f"{name}.git") if p.is_dir()), None)
        if path:
            yield Repository(name, language, path, sha, root)
        else:
            print(f"{name}: not in {folder}", file=sys.stderr)


def read_questions(path: Path) -> list[Labelled]:
    questions = []
    for line in path.read_text(encoding="utf8").splitlines():
        category, text, *targets = line.split("\t")
        paths = [path for column in targets for path in column.split("|") if path]
        questions.append(Labelled(category, text, tuple(map(Target.parse, paths))))
    return questions


@dataclass(frozen=True, slots=True)
class Run:
    """One home of ccingest."""

    home: str
    whole: bool
    model: str

    def measure(
        self,
        repository: Repository,
        questions: Sequence[Labelled],
        modes: Sequence[str],
        answers: list[Answer],
    ) -> Cost:
        flags = ["--sha", repository.sha, "--dataset", "asked", "--json"]
        if repository.root and not self.whole:
            flags += ["--include", f"/{repository.root}/"]
        if self.model:
            flags += ["--model", self.model]
        start = time.perf_counter()
        added = self.ccingest("github", "add", str(repository.path.resolve()), *flags)
        add_seconds = time.perf_counter() - start
        lines = "".join(f"{question.text}\n" for question in questions)
        seconds = {}
        for mode in modes:
            start = time.perf_counter()
            flags = ["--dataset", "asked", "-k", str(DEPTH), "--mode", mode, "--json"]
            replies = self.ccingest("query", "-", *flags, stdin=lines).splitlines()
            seconds[mode] = time.perf_counter() - start
            for question, reply in zip(questions, replies, strict=True):
                score = ndcg(question.targets, json.loads(reply)["hits"])
                answers.append(Answer(repository, mode, question.category, score))
        return Cost(repository.name, json.loads(added)["totalChunks"], add_seconds, seconds)

    def ccingest(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "ccingest", *arguments],
            env={**os.environ, "CCINGEST_HOME": self.home},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"ccingest {arguments[0]} ended with {done.returncode}:\n{done.stderr}")
        return done.stdout


def ndcg(targets: Sequence[Target], hits: Sequence[dict[str, Any]]) -> float:
    """Binary NDCG@10, from 0 to 1; a target counts once, at the first hit that is it."""
    gain = 0.0
    for target in targets:
        rank = next((rank for rank, hit in enumerate(hits, start=1) if target.is_hit(hit)), None)
        gain += 1 / math.log2(rank + 1) if rank else 0.0
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(DEPTH, len(targets)) + 1))
    return gain / ideal


def report(answers: Sequence[Answer], costs: Sequence[Cost], modes: Sequence[str]) -> None:
    for title, key in (
        ("repository", lambda answer: f"{answer.repository.name} ({answer.repository.language})"),
        ("language", lambda answer: answer.repository.language),
        ("category", lambda answer: answer.category),
        ("all", lambda _: "questions"),
    ):
        groups: dict[str, list[Answer]] = defaultdict(list)
        for answer in answers:
            groups[key(answer)].append(answer)
        print(f"\n| {title} | questions | {' | '.join(modes)} |")
        print(f"| --- | {' | '.join('---' for _ in range(len(modes) + 1))} |")
        for name, group in groups.items():
            print(f"| {name} | {len(group) // len(modes)} | {cells(group, modes)} |")
    by_mode = " | ".join(f"{mode}, s" for mode in modes)
    print(f"\n| repository | chunks | add, s | {by_mode} |")
    print(f"| --- | --- | --- | {' | '.join('---' for _ in modes)} |")
    for cost in costs:
        spent = " | ".join(f"{cost.query_seconds[mode]:.1f}" for mode in modes)
        print(f"| {cost.repository} | {cost.chunks:,} | {cost.add_seconds:.1f} | {spent} |")


def cells(group: Sequence[Answer], modes: Sequence[str]) -> str:
    means = (fmean(answer.ndcg for answer in group if answer.mode == mode) for mode in modes)
    return " | ".join(f"{mean:.3f}" for mean in means)


if __name__ == "__main__":
    sys.exit(main())
