"""One question over many repositories: does a small one drown in a big one?

    python benchmarks/together.py BENCHMARK REPOSITORIES [--whole]

All repositories of the benchmark (as for retrieval.py) become datasets of one home. Each question is
asked of its own repository alone and of all together, where a hit of another repository takes a place
and counts for nothing, though it may well answer the question: nobody says there which one is meant.
Prints NDCG@10 of both, the share of the first hits that are of the right repository, and the time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command has it
from retrieval import (
    DEPTH,
    Labelled,
    Repository,
    Run,
    ndcg,
    read_questions,
    read_repositories,
)

from ccingest.app.home import Home
from ccingest.app.search import HomeSearcher, SearchScope
from ccingest.models import Question
from ccingest.search import Searcher
from ccingest.settings import load_settings


@dataclass(frozen=True, slots=True)
class Asked:
    alone: float  # NDCG@10
    together: float
    is_right: bool  # the first hit of all is of the right repository
    alone_ms: float
    together_ms: float


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("repositories", type=Path)
    parser.add_argument("--whole", action="store_true", help="index whole repositories")
    arguments = parser.parse_args()
    repositories = list(read_repositories(arguments.benchmark, arguments.repositories))
    with tempfile.TemporaryDirectory() as home:
        chunks = {one.name: add(Run(home, arguments.whole, ""), one) for one in repositories}
        os.environ["CCINGEST_HOME"] = home
        searcher = HomeSearcher(Home(load_settings()))
        everywhere = searcher.over(SearchScope(None))
        columns = (
            "chunks | questions | alone | together | first hit its own | alone, ms | together, ms"
        )
        print(f"| repository | {columns} |\n|{' --- |' * 8}")
        all_asked: list[Asked] = []
        for one in sorted(repositories, key=lambda one: chunks[one.name]):
            here = searcher.over(SearchScope(None, (one.name,)))
            questions = read_questions(arguments.benchmark / f"{one.name}.tsv")
            asked = [ask(here, everywhere, one.name, question) for question in questions]
            show(one.name, chunks[one.name], asked)
            all_asked += asked
        show("all", sum(chunks.values()), all_asked)
    return 0


def add(run: Run, repository: Repository) -> int:
    flags = ["--sha", repository.sha, "--dataset", repository.name, "--json"]
    if repository.root and not run.whole:
        flags += ["--include", f"/{repository.root}/"]
    print(repository.name, file=sys.stderr)
    added = run.ccingest("github", "add", str(repository.path.resolve()), *flags)
    chunks: int = json.loads(added)["totalChunks"]
    return chunks


def ask(here: Searcher, everywhere: Searcher, name: str, question: Labelled) -> Asked:
    alone, alone_ms = hits(here, question)
    together, together_ms = hits(everywhere, question)
    own = [hit if hit["dataset"] == name else NOWHERE for hit in together]
    return Asked(
        ndcg(question.targets, alone),
        ndcg(question.targets, own),
        bool(together) and together[0]["dataset"] == name,
        alone_ms,
        together_ms,
    )


NOWHERE = {"path": "\0", "startLine": 0, "endLine": 0}


def hits(searcher: Searcher, question: Labelled) -> tuple[list[dict[str, Any]], float]:
    start = time.perf_counter()
    found = searcher.search(Question(question.text, k=DEPTH))
    ms = 1000 * (time.perf_counter() - start)
    return [
        {
            "path": hit.chunk.path,
            "startLine": hit.chunk.start_line,
            "endLine": hit.chunk.end_line,
            "dataset": hit.dataset,
        }
        for hit in found
    ], ms


def show(name: str, chunks: int, asked: Sequence[Asked]) -> None:
    print(
        f"| {name} | {chunks:,} | {len(asked)} | {fmean(one.alone for one in asked):.3f} "
        f"| {fmean(one.together for one in asked):.3f} "
        f"| {fmean(one.is_right for one in asked):.0%} "
        f"| {median(one.alone_ms for one in asked):.1f} "
        f"| {median(one.together_ms for one in asked):.1f} |"
    )


if __name__ == "__main__":
    sys.exit(main())
