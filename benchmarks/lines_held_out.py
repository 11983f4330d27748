"""Do the lines that are shown answer, where the ranker has never seen the repository?

    python benchmarks/lines_held_out.py HOME QUESTIONS FOLDS [--folds 5] [--snippet-lines N]
        [--semble PYTHON --mirrors MIRRORS]

HOME is of benchmarks/line_repositories.py, QUESTIONS like ../shared/retrieval/lines, FOLDS what
`training/ranker.py --folds-out` wrote: each repository is asked with the ranker that was trained
without it. Without FOLDS being there, with the ranker in the package, which has seen them all. The
figures are those of ../shared/retrieval/lines.py: `seen@k`, the lines that are printed of the first
k hits hold three lines of a span, or all of it; `screen`, lines of the terminal for five hits. Five
are asked for, as without `-k`. With --semble, of a virtual environment that has semble, the same
questions are asked of it as well; see side_by_side.py for its model. What it prints of a hit is the
whole chunk. MIRRORS are as for line_repositories.py.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TypeAlias
from unittest.mock import patch

from cases import Span, holds
from line_repositories import read_mirrors
from ranking_cases import Asker, read_questions, repositories
from semble_hits import checkout, semble_hits
from side_by_side import Setting, model2vec_folder

from ccingest.models import SNIPPET_LINES, Hit, Question
from ccingest.ranking import fusion
from ccingest.ranking.ranker import FOLDER, load_ranker
from ccingest.snippets import shown_lines

FIRST = 5
_ENOUGH = 3  # printed lines of a span

Figures: TypeAlias = dict[str, list[dict[str, float]]]
Printed: TypeAlias = tuple[str, set[int]]  # path, numbers of the lines that are printed


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("rankers", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--snippet-lines", type=int, default=SNIPPET_LINES)
    parser.add_argument("--semble", metavar="PYTHON")
    parser.add_argument("--mirrors", type=Path)
    parser.add_argument("--misses", action="store_true", help="print what was not found")
    arguments = parser.parse_args()
    asker = Asker(arguments.home)
    figures: Figures = defaultdict(list)
    for name, language, _, _ in repositories(arguments.questions):
        folder = arguments.rankers / f"fold-{fold_of(name, arguments.folds)}"
        folder = folder if folder.exists() else FOLDER
        searcher = asker.searcher(name)
        for category, text, targets in read_questions(arguments.questions / f"{name}.tsv"):
            question = Question(text, k=FIRST, snippet_lines=arguments.snippet_lines)
            with patch.object(fusion, "load_ranker", partial(load_ranker, folder)):
                hits = searcher.search(question)
            found = of_hits(hits, targets)
            for key in ("all", category, language):
                figures[key].append(found)
            if arguments.misses and not found["line@5"]:
                print(name, category, text, targets[0], *map(place_of, hits[:FIRST]), sep="\t")
    report(figures)
    if arguments.semble:
        print("\nsemble:\n")
        report(of_semble(arguments.questions, arguments.mirrors, arguments.semble))
    return 0


def of_semble(questions: Path, mirrors: Path, python: str) -> Figures:
    figures: Figures = defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        setting = Setting(python, model2vec_folder(Path(scratch, "model")), Path(scratch))
        for mirror in read_mirrors(questions, mirrors):
            asked = list(read_questions(questions / f"{mirror.name}.tsv"))
            with checkout(mirror.git, mirror.sha) as folder:
                texts = [text for _, text, _ in asked]
                answers = semble_hits(setting, folder, texts, FIRST)
            for (category, _, targets), spans in zip(asked, answers, strict=True):
                printed = [(path, {*range(first, last + 1)}) for path, first, last in spans]
                found = figures_of(spans, printed, targets)
                for key in ("all", category, mirror.language):
                    figures[key].append(found)
    return figures


def place_of(hit: Hit) -> str:
    return f"{hit.chunk.path}:{hit.chunk.start_line}-{hit.chunk.end_line}"


def fold_of(repository: str, folds: int) -> int:
    return zlib.crc32(repository.encode()) % folds  # as training/ranker.py


def of_hits(hits: Sequence[Hit], targets: Sequence[Span]) -> dict[str, float]:
    spans = [(hit.chunk.path, hit.chunk.start_line, hit.chunk.end_line) for hit in hits]
    printed = [
        (hit.chunk.path, {number for number, _ in shown_lines(hit.chunk, hit.snippet)})
        for hit in hits[:FIRST]
    ]
    return figures_of(spans, printed, targets)


def figures_of(
    spans: Sequence[Span], printed: Sequence[Printed], targets: Sequence[Span]
) -> dict[str, float]:
    files = {path for path, _, _ in targets}
    rank = next((at for at, span in enumerate(spans) if holds(span, targets)), 99)
    file_rank = next((at for at, span in enumerate(spans) if span[0] in files), 99)
    seen = next((at for at, lines in enumerate(printed) if is_seen(lines, targets)), 99)
    lines = sum(len(numbers) for _, numbers in printed)
    return {
        "file@1": float(file_rank < 1), "file@5": float(file_rank < FIRST),
        "line@1": float(rank < 1), "line@5": float(rank < FIRST),
        "mrr": 1 / (rank + 1) if rank < 99 else 0.0,
        "seen@1": float(seen < 1), "seen@5": float(seen < FIRST),
        "lines": lines, "screen": lines + 2 * len(printed) - 1,
    }  # fmt: skip


def is_seen(printed: Printed, targets: Sequence[Span]) -> bool:
    in_file, numbers = printed
    return any(
        in_file == path
        and len(numbers & {*range(first, last + 1)}) >= min(_ENOUGH, last - first + 1)
        for path, first, last in targets
    )


def report(figures: Figures) -> None:
    names = [*figures["all"][0]]
    print(f"| questions | number | {' | '.join(names)} |\n|{' --- |' * (len(names) + 2)}")
    for key, found in sorted(figures.items(), key=lambda item: -len(item[1])):
        cells = (f"{fmean(one[name] for one in found):.3f}" for name in names[:-2])
        sizes = (f"{fmean(one[name] for one in found):.0f}" for name in names[-2:])
        print(f"| {key} | {len(found)} | {' | '.join((*cells, *sizes))} |")


if __name__ == "__main__":
    sys.exit(main())
