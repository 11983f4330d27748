"""Do the lines that are shown answer, where the ranker has never seen the repository?

    python benchmarks/lines_held_out.py HOME QUESTIONS FOLDS [--folds 5] [--snippet-lines N]

HOME is of benchmarks/line_repositories.py, QUESTIONS like ../shared/retrieval/lines, FOLDS what
`training/ranker.py --folds-out` wrote: each repository is asked with the ranker that was trained
without it. Without FOLDS being there, with the ranker in the package, which has seen them all. The
figures are those of ../shared/retrieval/lines.py: `seen@k`, the lines that are printed of the first
k hits hold three lines of a span, or all of it; `screen`, lines of the terminal for five hits. Five
are asked for, as without `-k`.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from unittest.mock import patch

from cases import Span, holds
from ranking_cases import Asker, read_questions, repositories

from ccingest.models import SNIPPET_LINES, Hit, Question
from ccingest.ranking import fusion
from ccingest.ranking.ranker import FOLDER, load_ranker
from ccingest.snippets import shown_lines

FIRST = 5
_ENOUGH = 3  # printed lines of a span


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("rankers", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--snippet-lines", type=int, default=SNIPPET_LINES)
    parser.add_argument("--misses", action="store_true", help="print what was not found")
    arguments = parser.parse_args()
    asker = Asker(arguments.home)
    figures: dict[str, list[dict[str, float]]] = defaultdict(list)
    for name, language, _, _ in repositories(arguments.questions):
        folder = arguments.rankers / f"fold-{fold_of(name, arguments.folds)}"
        folder = folder if folder.exists() else FOLDER
        searcher = asker.searcher(name)
        for category, text, targets in read_questions(arguments.questions / f"{name}.tsv"):
            question = Question(text, k=FIRST, snippet_lines=arguments.snippet_lines)
            with patch.object(fusion, "load_ranker", partial(load_ranker, folder)):
                hits = searcher.search(question)
            found = figures_of(hits, targets)
            for key in ("all", category, language):
                figures[key].append(found)
            if arguments.misses and not found["line@5"]:
                print(name, category, text, targets[0], *map(place_of, hits[:FIRST]), sep="\t")
    report(figures)
    return 0


def place_of(hit: Hit) -> str:
    return f"{hit.chunk.path}:{hit.chunk.start_line}-{hit.chunk.end_line}"


def fold_of(repository: str, folds: int) -> int:
    return zlib.crc32(repository.encode()) % folds  # as training/ranker.py


def figures_of(hits: Sequence[Hit], targets: Sequence[Span]) -> dict[str, float]:
    spans = [(hit.chunk.path, hit.chunk.start_line, hit.chunk.end_line) for hit in hits]
    files = {path for path, _, _ in targets}
    rank = next((at for at, span in enumerate(spans) if holds(span, targets)), 99)
    file_rank = next((at for at, span in enumerate(spans) if span[0] in files), 99)
    seen = next((at for at, hit in enumerate(hits[:FIRST]) if is_seen(hit, targets)), 99)
    printed = sum(len(shown_lines(hit.chunk, hit.snippet)) for hit in hits[:FIRST])
    return {
        "file@1": float(file_rank < 1), "file@5": float(file_rank < FIRST),
        "line@1": float(rank < 1), "line@5": float(rank < FIRST),
        "mrr": 1 / (rank + 1) if rank < 99 else 0.0,
        "seen@1": float(seen < 1), "seen@5": float(seen < FIRST),
        "lines": printed, "screen": printed + 2 * len(hits[:FIRST]) - 1,
    }  # fmt: skip


def is_seen(hit: Hit, targets: Sequence[Span]) -> bool:
    numbers = {number for number, _ in shown_lines(hit.chunk, hit.snippet)}
    return any(
        hit.chunk.path == path
        and len(numbers & {*range(first, last + 1)}) >= min(_ENOUGH, last - first + 1)
        for path, first, last in targets
    )


def report(figures: dict[str, list[dict[str, float]]]) -> None:
    names = [*figures["all"][0]]
    print(f"| questions | number | {' | '.join(names)} |\n|{' --- |' * (len(names) + 2)}")
    for key, found in sorted(figures.items(), key=lambda item: -len(item[1])):
        cells = (f"{fmean(one[name] for one in found):.3f}" for name in names[:-2])
        sizes = (f"{fmean(one[name] for one in found):.0f}" for name in names[-2:])
        print(f"| {key} | {len(found)} | {' | '.join((*cells, *sizes))} |")


if __name__ == "__main__":
    sys.exit(main())
