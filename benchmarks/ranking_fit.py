"""What each ranking signal is worth, and what its weight should be.

    python benchmarks/ranking_fit.py BENCHMARK REPOSITORIES [--cache FILE] [--fit] [--ablate]

BENCHMARK and REPOSITORIES are those of retrieval.py. Every repository is indexed twice, the folder
of repos.tsv and all of it; the candidates of every question are kept in the cache, so that signals
and weights can be tried in seconds. Prints NDCG@10 with the weights in the package; with --fit also
weights that nobody fitted (equal), weights fitted to these questions, and those fitted to all
languages but the one that is measured (held out); with --ablate what is lost without each signal
and penalty.

Method: coordinate ascent on NDCG with a smooth rank (1 + the sum of sigmoids of score differences),
less PULL times the squared logarithms of how far the weights went from the equal ones: what the
questions don't tell stays as it was. No fit starts from what was fitted to the questions it is
measured on.
"""

from __future__ import annotations

import argparse
import math
import pickle
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from retrieval import Labelled, Repository, Target, read_questions, read_repositories

from ccingest.embedding import load_embedder
from ccingest.models import Chunk, Dataset, IngestOptions, PreparedVersion
from ccingest.pipeline import IngestRequest, ingest
from ccingest.ranking.fusion import judge
from ccingest.ranking.penalties import PENALTIES
from ccingest.ranking.pool import Found, make_pool
from ccingest.ranking.question import ParsedQuery
from ccingest.ranking.signals import SIGNALS
from ccingest.search import Question, Searcher
from ccingest.settings import load_settings
from ccingest.sources import open_source
from ccingest.sources.references import parse_reference
from ccingest.store import TableStore

Array = NDArray[np.float64]
TEMPERATURE = 0.015  # of the smooth rank, in units of the score, whose highest is 1
PULL = 0.003
# What is found by its exact name is found.
EXACT = {"path_asked_for": 3.0, "passes_name_on": 3.0, "defines_name": 2.0, "literal": 2.0}
STEPS = (1.6, 1.3, 1.15, 1.08, 1.04)


@dataclass(frozen=True, slots=True)
class Case:
    """A question of one repository and what the searches found."""

    whole: bool
    repository: Repository
    asked: Labelled
    found: list[Found]


@dataclass(frozen=True, slots=True)
class Weights:
    """Of SIGNALS and PENALTIES, in their order; all above 0, a penalty's as -log(factor)."""

    signals: Array
    penalties: Array

    @classmethod
    def shipped(cls) -> Weights:
        return cls(
            np.array([signal.weight for signal in SIGNALS]),
            np.array([-math.log(penalty.factor) for penalty in PENALTIES]),
        )

    @classmethod
    def equal(cls) -> Weights:
        """What one would choose without a question; the weight of `vector` is the unit."""
        signals = [EXACT.get(signal.name, 0.7) for signal in SIGNALS]
        return cls(np.array([1.0, *signals[1:]]), np.full(len(PENALTIES), math.log(2)))

    def scaled(self, index: int, by: float) -> Weights:
        """With one weight times `by`; penalties are counted after the signals."""
        both = np.concatenate([self.signals, self.penalties])
        both[index] *= by
        return Weights(both[: len(SIGNALS)], both[len(SIGNALS) :])

    def distance(self, other: Weights) -> float:
        signals = np.log(self.signals / other.signals)
        penalties = np.log(self.penalties / other.penalties)
        return float((signals**2).sum() + (penalties**2).sum())


class Judge:
    """NDCG@10 of all cases under any weights: their signal values as matrices, file by file."""

    def __init__(self, cases: Sequence[Case]) -> None:
        values, applied, starts, wanted, others, of_case, widths = [], [], [], [], [], [], []
        rows = files = 0
        for number, case in enumerate(cases):
            groups = _by_file(case)
            values += [item.values for group in groups for item in group]
            applied += [item.applied for group in groups for item in group]
            for group in groups:
                starts.append(rows)
                rows += len(group)
            for target in case.asked.targets:
                hit = [any(map(_hits(target), group)) for group in groups]
                if any(hit):
                    wanted.append(np.full(len(groups) - 1, files + hit.index(True)))
                    others.append(np.delete(np.arange(len(groups)), hit.index(True)) + files)
                    of_case.append(number)
                    widths.append(len(groups) - 1)
            files += len(groups)
        self._values, self._applied = np.array(values), np.array(applied, dtype=np.float64)
        self._starts, self._of_case = np.array(starts), np.array(of_case)
        self._wanted, self._others = np.concatenate(wanted), np.concatenate(others)
        self._first_pair = np.concatenate([[0], np.cumsum(widths)[:-1]])
        counts = [min(10, len(case.asked.targets)) for case in cases]
        self._ideal = np.array([sum(1 / math.log2(i + 2) for i in range(n)) for n in counts])

    def ndcg(self, weights: Weights, temperature: float = 0.0) -> Array:
        """Of each case. With a temperature: smooth, and without the cut at ten."""
        scores = self._values @ weights.signals / weights.signals.sum()
        scores *= np.exp(-(self._applied @ weights.penalties))
        best = np.maximum.reduceat(scores, self._starts)
        ahead = best[self._others] - best[self._wanted]
        if temperature:
            before = 1 / (1 + np.exp(-np.clip(ahead / temperature, -50, 50)))
        else:
            before = (ahead > 0).astype(np.float64)
        ranks = 1 + np.add.reduceat(before, self._first_pair)
        gains = np.where((ranks <= 10) | (temperature > 0), 1 / np.log2(ranks + 1), 0.0)
        ndcg: Array = np.bincount(self._of_case, gains, len(self._ideal)).astype(np.float64)
        ndcg /= self._ideal
        return ndcg


def _by_file(case: Case) -> list[list[_Row]]:
    pool = make_pool(ParsedQuery.of(case.asked.text), case.found)
    groups: dict[str, list[_Row]] = {}
    for item in judge(pool):
        chunk = item.found.candidate.chunk
        groups.setdefault(chunk.path, []).append(_Row(chunk, item.values, item.applied))
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Row:
    chunk: Chunk
    values: tuple[float, ...]
    applied: tuple[bool, ...]


def _hits(target: Target) -> Callable[[_Row], bool]:
    def is_hit(row: _Row) -> bool:
        chunk = row.chunk
        return target.is_hit(
            {"path": chunk.path, "startLine": chunk.start_line, "endLine": chunk.end_line}
        )

    return is_hit


def fit(judge_all: Judge, start: Weights, mask: NDArray[np.bool_]) -> Weights:
    def worth(weights: Weights) -> float:
        smooth = judge_all.ndcg(weights, TEMPERATURE)[mask].mean()
        return float(smooth) - PULL * weights.distance(start)

    best, best_worth = start, worth(start)
    for step in STEPS:
        for index in range(1, len(SIGNALS) + len(PENALTIES)):  # the first weight is the unit
            here = best
            for by in (step, 1 / step, step**2, step**-2):
                tried = here.scaled(index, by)
                if (found := worth(tried)) > best_worth + 1e-6:
                    best, best_worth = tried, found
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("repositories", type=Path)
    parser.add_argument("--cache", type=Path, help="candidates are kept here, or taken from here")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--ablate", action="store_true")
    arguments = parser.parse_args()
    if arguments.cache and arguments.cache.exists():
        cases = pickle.loads(arguments.cache.read_bytes())
    else:
        cases = collect(arguments.benchmark, arguments.repositories)
        if arguments.cache:
            arguments.cache.write_bytes(pickle.dumps(cases))
    report(cases, with_fit=arguments.fit, with_ablation=arguments.ablate)
    return 0


def collect(benchmark: Path, repositories: Path) -> list[Case]:
    cases = []
    for repository in read_repositories(benchmark, repositories):
        questions = read_questions(benchmark / f"{repository.name}.tsv")
        for whole in (False, True):
            with tempfile.TemporaryDirectory() as home:
                ask = _indexed(repository, whole, Path(home))
                cases += [
                    Case(whole, repository, q, ask.candidates(Question(q.text))) for q in questions
                ]
        print(f"{repository.name}: {len(questions)} questions", file=sys.stderr)
    return cases


def _indexed(repository: Repository, whole: bool, home: Path) -> Searcher:
    settings = load_settings({"CCINGEST_HOME": str(home)})
    settings.create_home()
    include = (f"/{repository.root}/",) if repository.root and not whole else ()
    ref = parse_reference(str(repository.path.resolve()))
    options = IngestOptions(include=include)
    request = IngestRequest("table", revision=repository.sha, options=options)
    made = ingest(open_source(ref, settings), request, settings)
    assert isinstance(made, PreparedVersion)
    now = datetime.now(timezone.utc)
    dataset = Dataset(
        1, "", repository.name, "project", ref, None, made.revision.id, made.embedder,
        made.chunker, made.selection, made.table_name, made.table_version, 0, 0, now, now,
    )  # fmt: skip
    embedder = load_embedder(made.embedder, cache=settings.model_cache)
    return Searcher(TableStore(settings.tables), lambda: [dataset], lambda _: embedder)


def report(cases: Sequence[Case], *, with_fit: bool, with_ablation: bool) -> None:
    everything = Judge(cases)
    languages = np.array([case.repository.language for case in cases])
    start = Weights.equal()
    columns = {"shipped": everything.ndcg(Weights.shipped())}
    if with_fit:
        columns["equal"] = everything.ndcg(start)
        fitted = fit(everything, start, np.ones(len(cases), dtype=np.bool_))
        columns["fitted"] = everything.ndcg(fitted)
        columns["held out"] = np.zeros(len(cases))
        for language in sorted(set(languages)):
            elsewhere = fit(everything, start, languages != language)
            mask = languages == language
            columns["held out"][mask] = everything.ndcg(elsewhere)[mask]
        for index, signal in enumerate(SIGNALS):
            print(f"{signal.name}: {signal.weight} -> {fitted.signals[index]:.2f}")
        for index, penalty in enumerate(PENALTIES):
            print(f"{penalty.name}: {penalty.factor} -> {math.exp(-fitted.penalties[index]):.2f}")
    categories = np.array([case.asked.category for case in cases])
    whole = np.array([case.whole for case in cases])
    print(f"\n| | {' | '.join(f'{name}, root | {name}, whole' for name in columns)} |")
    print(f"| --- |{' --- |' * 2 * len(columns)}")
    rows = {"all": np.ones(len(cases), dtype=np.bool_)}
    rows |= {name: categories == name for name in sorted(set(categories))}
    rows |= {name: languages == name for name in sorted(set(languages))}
    for name, mask in rows.items():
        cells = (
            f"{column[mask & (whole == part)].mean():.3f}"
            for column in columns.values()
            for part in (False, True)
        )
        print(f"| {name} | {' | '.join(cells)} |")
    if with_ablation:
        ablate(everything, Weights.shipped(), whole)


def ablate(everything: Judge, weights: Weights, whole: NDArray[np.bool_]) -> None:
    full = everything.ndcg(weights)
    print("\n| without | root | whole |\n| --- | --- | --- |")
    names = [signal.name for signal in SIGNALS] + [penalty.name for penalty in PENALTIES]
    for index, name in enumerate(names):
        lost = everything.ndcg(weights.scaled(index, 1e-9)) - full
        print(f"| {name} | {lost[~whole].mean():+.3f} | {lost[whole].mean():+.3f} |")


if __name__ == "__main__":
    sys.exit(main())
