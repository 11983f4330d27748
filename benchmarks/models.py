"""Which model finds the lines, and what does it take to embed a chunk?

    python benchmarks/models.py QUESTIONS NAME=HOME...

QUESTIONS is a folder like ../shared/retrieval/lines. Each HOME holds the same repositories under the
names that they have there, added with another model. Repositories that one of the homes lacks are left
out. Prints, for each home and for the modes hybrid and vector, the figures of
../shared/retrieval/lines.py, and the wall-clock time of the phase `embed`, as the jobs noted it. The
forest of the ranker was trained on vectors of the model in the package, and on these questions: so
`vector` compares the models, and `hybrid` what is asked by default.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from cases import Span
from lines_held_out import of_hits
from ranking_cases import read_questions, repositories

from ccingest.app.home import Home
from ccingest.app.jobs import list_jobs
from ccingest.app.search import HomeSearcher, SearchScope
from ccingest.models import MODES, Mode, Question
from ccingest.settings import load_settings

COLUMNS = ("file@1", "file@5", "line@1", "line@5", "mrr", "seen@5")


@dataclass(frozen=True, slots=True)
class Asked:
    repository: str
    text: str
    targets: tuple[Span, ...]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("questions", type=Path)
    parser.add_argument("homes", nargs="+", metavar="NAME=HOME")
    arguments = parser.parse_args()
    named = [one.partition("=") for one in arguments.homes]
    homes = {name: open_home(Path(path)) for name, _, path in named}
    shared = set.intersection(*(names_in(home) for home in homes.values()))
    questions = [
        Asked(name, text, targets)
        for name, _, _, _ in repositories(arguments.questions)
        if name in shared
        for _, text, targets in read_questions(arguments.questions / f"{name}.tsv")
    ]
    print(f"{len(questions)} questions over {', '.join(sorted(shared))}\n")
    print(f"| model | mode | {' | '.join(COLUMNS)} | chunks | embed, s |")
    print(f"|{' --- |' * (len(COLUMNS) + 4)}")
    for name, home in homes.items():
        chunks, seconds = embedding(home, shared)
        for mode in MODES:
            if mode != "text":
                cells = " | ".join(f"{one:.3f}" for one in figures(home, questions, mode))
                print(f"| {name} | {mode} | {cells} | {chunks} | {seconds:.1f} |")
    return 0


def open_home(path: Path) -> Home:
    return Home(load_settings({**os.environ, "CCINGEST_HOME": str(path)}))


def names_in(home: Home) -> set[str]:
    rows = home.connection.execute("SELECT name FROM published_datasets")
    return {row["name"] for row in rows}


def embedding(home: Home, names: set[str]) -> tuple[int, float]:
    """The chunks of these datasets, and how long it took to embed them."""
    chunks, seconds = 0, 0.0
    for job in list_jobs(home, project=None, status="completed", limit=1000):
        if job.dataset in names and job.counts:
            chunks += job.counts.chunks_added
            seconds += job.counts.phase_seconds.get("embed", 0.0)
    return chunks, seconds


def figures(home: Home, questions: Sequence[Asked], mode: Mode) -> list[float]:
    searcher = HomeSearcher(home)
    found: dict[str, list[float]] = defaultdict(list)
    for asked in questions:
        scope = SearchScope("default", (asked.repository,))
        result = searcher.search(Question(asked.text, k=10, mode=mode), scope)
        assert result.mode == mode, result.note
        for column, value in of_hits(list(result.hits), asked.targets).items():
            found[column].append(value)
    return [fmean(found[column]) for column in COLUMNS]


if __name__ == "__main__":
    sys.exit(main())
