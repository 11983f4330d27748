"""Trains the learned ranker (src/ccingest/ranking/ranker.py) and judges it with repositories held out.

    python training/ranker.py CASES [--out FOLDER] [--folds 5] [--without GROUP:NAME]...

CASES is what benchmarks/ranking_cases.py wrote. One half is trees: LambdaMART (Burges, From RankNet to LambdaRank to
LambdaMART, 2010) by LightGBM: among the candidates of a question those are to be first that hold the
lines that answer it or, of a file question, that are in a file that does. The other half is nets, see
nets.py; both count the same. Of what these two rank best, nets that look at each word of the question
make the last order, see word_nets.py. The figures are of
questions about repositories that what ranked them has never seen; all sets of questions
about one repository are held out together. With --out trains on all, and writes both with the
calibration that the held-out scores give. The same cases and LightGBM give the same files.

Needs lightgbm and torch beside what ccingest needs.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import lightgbm  # type: ignore[import-not-found, unused-ignore]
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from cases import Case, Span, holds, is_target, line_figures, ndcg, read_cases
from nets import Asked, train_nets
from second_stage import Held, held_out_again, spread, train_again

from ccingest.ranking.forest import CERTAIN, MOST_LEAVES, Forest, save_forest
from ccingest.ranking.fusion import EXACT, NAMED, REPEATED
from ccingest.ranking.nets import Nets, save_nets
from ccingest.ranking.ranker import FOREST, NETS, WORDS
from ccingest.ranking.word_nets import WordNets, save_word_nets

ROUNDS = 180
OPTIONS = {
    "objective": "lambdarank", "learning_rate": 0.08, "num_leaves": 15, "min_data_in_leaf": 50,
    "feature_fraction": 0.4, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5,
    "lambdarank_truncation_level": 20, "label_gain": [0, 0.3, 0.7, 3, 3.5], "max_bin": 63,
    "num_threads": 1, "seed": 7, "deterministic": True, "force_row_wise": True, "verbosity": -1,
}  # fmt: skip
# What is named exactly never speaks against a candidate, however few questions of the training tell.
_NEVER_AGAINST = (
    "names:path_asked_for", "names:defines_name", "names:defines_name_in_words", "words:literal",
    "names:repository_named",
)  # fmt: skip
# How much a question counts. Shorter ones are those of the same set without some of their words; "training"
# are those of training/questions.
WEIGHTS = {
    "lines": 1.0, "training": 0.4, "root": 1.4, "whole": 1.4, "weak": 0.4, "foreign": 0.0,
    "lines, shorter": 0.5, "training, shorter": 0.2, "root, shorter": 0.7, "whole, shorter": 0.7,
}  # fmt: skip
SHORTER = ", shorter"  # ends the name of such a set
_NEAREST, _OTHERS = 70, 30  # candidates of a question that are trained on


@dataclass(frozen=True, slots=True)
class Judged:
    case: Case
    labels: NDArray[np.int64]  # (candidates,) 0 to 4, the number of a gain
    chosen: NDArray[np.int64]  # the candidates that are trained on


@dataclass(frozen=True, slots=True)
class Halves:
    """What was trained together."""

    names: Sequence[str]  # of the features
    trees: Any
    nets: Nets


class Mix(NamedTuple):
    """What the scores of each half are multiplied with."""

    trees: float
    nets: float


def labels_of(case: Case) -> NDArray[np.int64]:
    """4: the chunk holds the lines; 3: what is shown for it does, or it is in the file of a file
    question; 2: it has some of the lines; 1: it is in their file."""
    labels = np.zeros(len(case.paths), dtype=np.int64)
    files = {path for path, _, _ in case.targets}
    for place, path in enumerate(case.paths):
        shown: Span = (path, int(case.shown[place, 2]), int(case.shown[place, 3]))
        if case.set.startswith(("root", "whole")):
            labels[place] = 3 * any(is_target(shown, target) for target in case.targets)
        elif path in files:
            chunk: Span = (path, int(case.lines[place, 0]), int(case.lines[place, 1]))
            some = any(
                path == wanted and shown[1] <= last and shown[2] >= first
                for wanted, first, last in case.targets
            )
            labels[place] = 1 + some
            if holds(shown, case.targets):
                labels[place] = 3 + holds(chunk, case.targets)
    return labels


def judged(case: Case) -> Judged:
    labels = labels_of(case)
    chosen = set(np.argsort(-case.ruled)[: _NEAREST // 2].tolist())
    for name in ("words:in_text", "meaning:vector"):
        column = case.columns[case.names.index(name)]
        chosen |= set(np.argsort(-column, kind="stable")[: _NEAREST // 4].tolist())
    chosen |= set(np.flatnonzero(labels >= 2)[:40].tolist())
    rest = [place for place in range(len(labels)) if place not in chosen]
    chosen |= set(
        np.random.default_rng(len(labels)).permutation(rest)[:_OTHERS].astype(int).tolist()
    )
    return Judged(case, labels, np.array(sorted(chosen)))


def fold_of(repository: str, folds: int) -> int:
    return zlib.crc32(repository.encode()) % folds


def train(questions: Iterable[Judged], features: Sequence[int], rounds: int = ROUNDS) -> Any:
    used = [one for one in questions if one.labels.max(initial=0) >= 2]
    data = lightgbm.Dataset(
        np.concatenate([one.case.columns[features][:, one.chosen].T for one in used]),
        np.concatenate([one.labels[one.chosen] for one in used]),
        group=[len(one.chosen) for one in used],
        weight=np.concatenate([np.full(len(one.chosen), WEIGHTS[one.case.set]) for one in used]),
        params=OPTIONS,
    )
    names = [used[0].case.names[place] for place in features]
    directions = [int(name in _NEVER_AGAINST) for name in names]
    return lightgbm.train({**OPTIONS, "monotone_constraints": directions}, data, rounds)


def train_on(questions: Iterable[Judged], features: Sequence[int]) -> Halves:
    chosen = list(questions)
    used = [one for one in chosen if one.labels.max(initial=0) >= 2]
    every = chosen[0].case.names
    # Nets can't be told that a feature never speaks against a candidate: trees alone have it.
    free = [place for place in features if every[place] not in _NEVER_AGAINST]
    asked = [
        Asked(one.case.columns[free], one.chosen, one.labels[one.chosen], WEIGHTS[one.case.set])
        for one in used
    ]
    nets = train_nets(asked, [every[place] for place in free])
    return Halves([every[place] for place in features], train(chosen, features), nets)


def held_out(
    questions: Sequence[Judged], features: Sequence[int], folds: int
) -> tuple[list[Halves], Mix, list[Held]]:
    """The halves without each fold, how they count, and each question with the scores of its
    candidates by those that have not seen the repository."""
    halves = [
        train_on(
            (one for one in questions if fold_of(one.case.repository, folds) != fold), features
        )
        for fold in range(folds)
    ]
    of_fold = [fold_of(one.case.repository, folds) for one in questions]
    of_trees, of_nets = [], []
    for case, fold in zip((one.case for one in questions), of_fold, strict=True):
        of_trees.append(np.asarray(halves[fold].trees.predict(case.columns[features].T)))
        columns = dict(zip(case.names, case.columns, strict=True))
        of_nets.append(halves[fold].nets.scores(columns).astype(np.float64))
    is_judged = [not one.case.set.endswith(SHORTER) for one in questions]
    mix = mix_of(list(compress(of_trees, is_judged)), list(compress(of_nets, is_judged)))
    held = [
        Held(one.case, one.labels, mix.trees * tree + mix.nets * net, fold, WEIGHTS[one.case.set])
        for one, tree, net, fold in zip(questions, of_trees, of_nets, of_fold, strict=True)
    ]
    return halves, mix, held


def mix_of(of_trees: Sequence[NDArray[np.float64]], of_nets: Sequence[NDArray[np.float64]]) -> Mix:
    """Both halves spread the candidates of a question alike, and together as the trees alone: the
    points of what is named, of further hits of a file and of growing hits were chosen for that."""
    trees, nets = _spread(of_trees), _spread(of_nets)
    both = _spread(
        [one / trees + other / nets for one, other in zip(of_trees, of_nets, strict=True)]
    )
    return Mix(1 / both, trees / nets / both)


def _spread(scores: Sequence[NDArray[np.float64]]) -> float:
    return fmean(float(one.std()) for one in scores)


def final(case: Case, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """As ccingest.ranking.fusion.hybrid: rules for names and paths, points for what is named."""
    if case.kind in EXACT:
        return case.ruled
    for name, points in NAMED.items():
        scores = scores + points * case.columns[case.names.index(name)]
    return np.asarray(scores)


def order_of(case: Case, scores: NDArray[np.float64], repeated: float = REPEATED) -> list[int]:
    """As ccingest.ranking.fusion.fair_share."""
    scores = final(case, scores)
    seen: dict[str, int] = defaultdict(int)
    left = np.array(scores, dtype=np.float64)
    for place in np.argsort(-scores, kind="stable").tolist():
        left[place] -= repeated * seen[case.paths[place]]
        seen[case.paths[place]] += 1
    order: list[int] = np.argsort(-left, kind="stable").tolist()
    return order


def report(questions: Sequence[Judged], scores: Sequence[NDArray[np.float64]]) -> None:
    lines: dict[str, list[dict[str, float]]] = defaultdict(list)
    files: dict[str, list[float]] = defaultdict(list)
    for one, scored in zip(questions, scores, strict=True):
        case, order = one.case, order_of(one.case, scored)
        own = None if case.kind in EXACT else final(case, scored)
        if case.set == "lines":
            for key in ("all", case.category, case.language):
                lines[key].append(line_figures(case, order, own))
        elif case.set in ("root", "whole"):
            for key in (case.set, f"{case.set}, {case.category}"):
                files[key].append(ndcg(case, order, own))
    print("| lines | questions | file@1 | file@5 | line@1 | line@5 | mrr |\n|" + " --- |" * 7)
    for key, figures in sorted(lines.items(), key=lambda item: -len(item[1])):
        cells = " | ".join(f"{fmean(one[name] for one in figures):.3f}" for name in figures[0])
        print(f"| {key} | {len(figures)} | {cells} |")
    print("\n| files | questions | NDCG@10 |\n| --- | --- | --- |")
    for key, values in sorted(files.items()):
        print(f"| {key} | {len(values)} | {fmean(values):.3f} |")


def save(
    halves: Halves, mix: Mix, words: WordNets, weights: NDArray[np.float64], folder: Path
) -> None:
    forest = as_forest(halves.trees, halves.names, weights)
    factor = np.float32(mix.trees)
    save_forest(
        replace(forest, leaves=forest.leaves * factor, means=forest.means * factor),
        folder / FOREST,
    )
    nets = halves.nets
    save_nets(replace(nets, outer=nets.outer * np.float32(mix.nets)), folder / NETS)
    save_word_nets(words, folder / WORDS)


def as_forest(model: Any, names: Sequence[str], calibrated: NDArray[np.float64]) -> Forest:
    dumped = [tree["tree_structure"] for tree in model.dump_model()["tree_info"]]
    shape = len(dumped), MOST_LEAVES - 1
    asks, above = np.zeros(shape, np.intp), np.full(shape, np.inf, np.float32)
    gone = np.zeros(shape, np.uint16)
    means, parents = np.zeros(shape, np.float32), np.full(shape, -1, np.int8)
    leaves = np.zeros((len(dumped), MOST_LEAVES), np.float32)
    leaf_parents = np.full((len(dumped), MOST_LEAVES), -1, np.int8)

    def walk(tree: int, node: dict[str, Any], parent: int, counts: list[int]) -> tuple[int, int]:
        """Numbers nodes and leaves from the left; returns the leaves below, first and last + 1."""
        if "split_feature" not in node:
            leaf = counts[1]
            leaves[tree, leaf], leaf_parents[tree, leaf] = node["leaf_value"], parent
            counts[1] += 1
            return leaf, leaf + 1
        number = counts[0]
        counts[0] += 1
        asks[tree, number], parents[tree, number] = node["split_feature"], parent
        # LightGBM goes left at "<=" in float64.
        above[tree, number] = np.float32(node["threshold"])
        means[tree, number] = node["internal_value"]
        first, middle = walk(tree, node["left_child"], number, counts)
        _, last = walk(tree, node["right_child"], number, counts)
        gone[tree, number] = (1 << middle) - (1 << first)
        return first, last

    for tree, root in enumerate(dumped):
        walk(tree, root, -1, [0, 0])
    return Forest(
        np.array(names), asks.T, above.T, gone.T, leaves, means, parents, leaf_parents, calibrated
    )


def calibration(
    questions: Sequence[Judged], scores: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """For trees and for rules: logistic regression of whether the first hit answers (Platt, 1999),
    on held-out scores of line questions and of questions about something else."""
    found = []
    for ruled in (False, True):
        rows = [
            certainty(one, of)
            for one, of in zip(questions, scores, strict=True)
            if one.case.set in ("lines", "foreign") and (one.case.kind in EXACT) == ruled
        ]
        found.append(
            _logistic(np.array([facts for facts, _ in rows]), np.array([y for _, y in rows]))
        )
    return np.array(found)


def certainty(one: Judged, scores: NDArray[np.float64]) -> tuple[list[float], float]:
    """Score, CERTAIN and 1 of the first hit, and whether it answers."""
    scores = final(one.case, scores)
    best = int(np.argmax(scores))
    facts = [float(one.case.columns[one.case.names.index(name), best]) for name in CERTAIN]
    return [float(scores[best]), *facts, 1.0], float(one.labels[best] >= 3)


def _logistic(design: NDArray[np.float64], answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Newton's steps, with a little ridge."""
    weights = np.zeros(design.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-design @ weights))
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 0.1 * np.eye(len(weights))
        weights += np.linalg.solve(hessian, design.T @ (answers - p) - 0.1 * weights)
    return weights


def curve(
    questions: Sequence[Judged], scores: Sequence[NDArray[np.float64]], weights: NDArray[np.float64]
) -> None:
    """How many first hits are said for each least confidence, of each kind of question."""
    rows = [
        (one.case, answers, 1 / (1 + np.exp(-weights[int(one.case.kind in EXACT)] @ facts)))
        for one, of in zip(questions, scores, strict=True)
        if one.case.set in ("lines", "foreign")
        for facts, answers in [certainty(one, of)]
    ]
    print(
        "\n| --min-score | real | of them right | of another repository | nonsense |\n|"
        + " --- |" * 5
    )
    for least in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        real = [right for case, right, sure in rows if case.set == "lines" and sure >= least]
        share = {
            name: fmean(sure >= least for case, _, sure in rows if case.category == name)
            for name in ("foreign", "nonsense")
        }
        everyone = sum(case.set == "lines" for case, _, _ in rows)
        print(
            f"| {least} | {len(real) / everyone:.2f} | {fmean(real) if real else 0:.2f} "
            f"| {share['foreign']:.2f} | {share['nonsense']:.2f} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("cases", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--without", action="append", default=[], help="a feature, or GROUP:")
    parser.add_argument("--folds-out", type=Path, help="for benchmarks/lines_held_out.py")
    parser.add_argument("--no-weak", action="store_true")
    arguments = parser.parse_args()
    cases = [one for one in read_cases(arguments.cases) if len(one.paths)]
    questions = [judged(one) for one in cases if one.set != "weak" or not arguments.no_weak]
    names = cases[0].names
    without = tuple(arguments.without)
    features = [
        place for place, name in enumerate(names) if not (without and name.startswith(without))
    ]
    halves, mix, held = held_out(questions, features, arguments.folds)
    words, factor, every = held_out_again(held, arguments.folds)
    is_judged = [not one.case.set.endswith(SHORTER) for one in questions]
    asked, scores = list(compress(questions, is_judged)), list(compress(every, is_judged))
    report(asked, scores)
    weights = calibration(asked, scores)
    curve(asked, scores, weights)
    if arguments.folds_out:
        for fold, of_fold in enumerate(halves):
            save(of_fold, mix, words[fold], weights, arguments.folds_out / f"fold-{fold}")
    if arguments.out:
        of_all = spread(train_again(held), factor)
        save(train_on(questions, features), mix, of_all, weights, arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
