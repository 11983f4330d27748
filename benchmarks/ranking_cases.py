"""What the searches find for questions, with all features: what a ranker is trained and judged on.

    python benchmarks/ranking_cases.py HOME CASES [--lines QUESTIONS] [--files QUESTIONS]...

HOME is what benchmarks/line_repositories.py made; QUESTIONS are folders of NAME.tsv and repos.tsv:
of line questions, or of file questions, which are asked of the root and of the whole repository.
Writes one pickle for each dataset and set of questions into CASES. Only for this machine and this
code: nothing but these scripts should read it.
"""

from __future__ import annotations

import argparse
import math
import os
import pickle
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ccingest.embedding import DEFAULT_MODEL, load_embedder
from ccingest.jobs.database import connect
from ccingest.jobs.datasets import published
from ccingest.ranking import ParsedQuery
from ccingest.ranking.features import features
from ccingest.ranking.fusion import judge
from ccingest.ranking.pool import make_pool
from ccingest.search import Question, Searcher
from ccingest.settings import load_settings
from ccingest.snippets import whole_definition
from ccingest.store import TableStore

Span: TypeAlias = tuple[str, int, int]  # path, first line, last line
DEPTH = 10
_ENOUGH_LINES = 10  # of a span
_END = 10**9


@dataclass(frozen=True, slots=True)
class Case:
    """One question and its candidates."""

    set: str  # "lines"; of file questions "root" or "whole"
    repository: str
    language: str
    category: str
    text: str
    kind: str  # of ParsedQuery
    targets: tuple[Span, ...]
    names: tuple[str, ...]  # of the features
    columns: NDArray[np.float32]  # (features, candidates)
    ruled: NDArray[np.float64]  # scores of the rules, (candidates,)
    paths: tuple[str, ...]
    lines: NDArray[np.int64]  # (candidates, 2) of the chunk, first and last
    # (candidates, 4) of what is shown for it: first and last chunk of its file, first and last line
    shown: NDArray[np.int64]

    def hits(self, order: Iterable[int], k: int = DEPTH) -> list[Span]:
        """What is shown for this order: definitions of a file that touch are one hit."""
        found: list[list[int]] = []
        paths: list[str] = []
        for place in order:
            first, last, start, end = self.shown[place].tolist()
            near = next(
                (
                    number
                    for number, (other, one) in enumerate(zip(paths, found, strict=True))
                    if other == self.paths[place] and first <= one[1] + 1 and last >= one[0] - 1
                ),
                None,
            )
            if near is not None:
                one = found[near]
                found[near] = [
                    min(one[0], first), max(one[1], last), min(one[2], start), max(one[3], end),
                ]  # fmt: skip
            elif len(found) < k:
                found.append([first, last, start, end])
                paths.append(self.paths[place])
            else:
                break
        return [(path, one[2], one[3]) for path, one in zip(paths, found, strict=True)]


def holds(hit: Span, targets: Iterable[Span]) -> bool:
    """Whether it holds half of a target, or ten lines of it."""
    path, start, end = hit
    for wanted, first, last in targets:
        shared = min(end, last) - max(start, first) + 1
        if path == wanted and shared > 0 and (shared >= _ENOUGH_LINES or 2 * shared > last - first):
            return True
    return False


def line_figures(case: Case, order: Iterable[int]) -> dict[str, float]:
    hits = case.hits(order)
    rank = next((at for at, hit in enumerate(hits) if holds(hit, case.targets)), _END)
    files = {path for path, _, _ in case.targets}
    file_rank = next((at for at, hit in enumerate(hits) if hit[0] in files), _END)
    return {
        "file@1": float(file_rank == 0), "file@5": float(file_rank < 5),
        "line@1": float(rank == 0), "line@5": float(rank < 5), "mrr": 1 / (rank + 1) if rank < _END else 0.0,
    }  # fmt: skip


def is_target(hit: Span, target: Span) -> bool:
    found, wanted = f"/{hit[0]}", f"/{target[0]}"
    same = found.endswith(wanted) or wanted.endswith(found)
    return same and hit[1] <= target[2] and hit[2] >= target[1]


def ndcg(case: Case, order: Iterable[int]) -> float:
    """Binary NDCG@10 by file, as in benchmarks/retrieval.py."""
    hits = case.hits(order)
    ranks = [
        next((at for at, hit in enumerate(hits, 1) if is_target(hit, target)), None)
        for target in case.targets
    ]
    gain = sum(1 / math.log2(rank + 1) for rank in ranks if rank)
    ideal = range(1, min(DEPTH, len(case.targets)) + 1)
    return gain / sum(1 / math.log2(rank + 1) for rank in ideal)


def read_cases(folder: Path, pattern: str = "*") -> list[Case]:
    return [
        case for path in sorted(folder.glob(f"{pattern}.pkl")) for case in pickle.loads(path.read_bytes())
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--lines", type=Path, action="append", default=[])
    parser.add_argument("--files", type=Path, action="append", default=[])
    parser.add_argument("--name", default="lines", help="what a set of line questions is called")
    arguments = parser.parse_args()
    arguments.cases.mkdir(parents=True, exist_ok=True)
    asker = Asker(arguments.home)
    for folder in arguments.lines:
        for name, language, _, _ in repositories(folder):
            asker.write(arguments.cases, (arguments.name, name, language), name, folder)
    for folder in arguments.files:
        for name, language, _, root in repositories(folder):
            asker.write(arguments.cases, ("whole", name, language), name, folder)
            of_root = f"{name}.root" if root else name
            asker.write(arguments.cases, ("root", name, language), of_root, folder)
    return 0


def repositories(folder: Path) -> Iterator[tuple[str, str, str, str]]:
    for line in (folder / "repos.tsv").read_text(encoding="utf8").splitlines():
        name, language, _, sha, root = [*line.split("\t"), ""][:5]
        yield name, language, sha, root


def read_questions(path: Path) -> Iterator[tuple[str, str, tuple[Span, ...]]]:
    for line in path.read_text(encoding="utf8").splitlines():
        category, text, *columns = line.split("\t")
        yield category, text, tuple(_span(one) for part in columns for one in part.split("|") if one)


def _span(text: str) -> Span:
    found = re.fullmatch(r"(.*):(\d+)-(\d+)", text)
    return (found[1], int(found[2]), int(found[3])) if found else (text, 1, _END)


class Asker:
    def __init__(self, home: Path) -> None:
        self._settings = load_settings({**os.environ, "CCINGEST_HOME": str(home)})
        self._connection = connect(self._settings.database)
        self._model = load_embedder(DEFAULT_MODEL, cache=self._settings.model_cache)

    def write(self, cases: Path, about: tuple[str, str, str], dataset: str, folder: Path) -> None:
        """`about`: set, repository and language."""
        path = folder / f"{about[1]}.tsv"
        target = cases / f"{about[0]}-{about[1]}.pkl"
        if not path.exists() or target.exists():
            return
        found = [self.case(about, dataset, one) for one in read_questions(path)]
        target.write_bytes(pickle.dumps([case for case in found if case]))
        print(f"{dataset}: {len(found)} questions", file=sys.stderr)

    def case(
        self, about: tuple[str, str, str], dataset: str, asked: tuple[str, str, Sequence[Span]]
    ) -> Case | None:
        versions = published(self._connection, "default", names=[dataset], repositories=[])
        if getattr(self, "_of", None) != dataset:
            store = TableStore(self._settings.tables)
            self._searcher = Searcher(store, lambda: versions, lambda _: self._model)
            self._of = dataset
        category, text, targets = asked
        query = ParsedQuery.of(text)
        candidates = self._searcher.candidates(Question(text))
        if not candidates.found:
            return None
        pool = make_pool(query, candidates.found, candidates.rarity)
        columns = features(pool)
        files = self._searcher.files(candidates.found)
        shown = []
        for item in candidates.found:
            chunks = files[item.file]
            first, last = whole_definition(chunks, item.ordinal)
            shown.append((first, last, chunks[first].start_line, chunks[last].end_line))
        return Case(
            *about,
            category=category,
            text=text,
            kind=query.kind,
            targets=tuple(targets),
            names=tuple(columns),
            columns=np.array(list(columns.values()), dtype=np.float32),
            ruled=np.array([item.score for item in judge(pool)]),
            paths=tuple(chunk.path for chunk in pool.chunks),
            lines=np.array([(chunk.start_line, chunk.end_line) for chunk in pool.chunks]),
            shown=np.array(shown),
        )


if __name__ == "__main__":
    sys.exit(main())
