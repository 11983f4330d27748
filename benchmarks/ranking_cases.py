"""What the searches find for questions, with all features: what a ranker is trained and judged on.

    python benchmarks/ranking_cases.py HOME CASES [--lines QUESTIONS] [--files QUESTIONS]...

HOME is what benchmarks/line_repositories.py made; QUESTIONS are folders of NAME.tsv and repos.tsv:
of line questions, or of file questions, which are asked of the root and of the whole repository.
Writes one pickle for each dataset and set of questions into CASES. Only for this machine and this
code: nothing but these scripts should read it. With --shorter each question is also asked without
some of its words, drawn anew each time, for the training: people say the same in fewer words.
"""

from __future__ import annotations

import argparse
import os
import pickle
import random
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from cases import END, Case, Span
from numpy.typing import NDArray

from ccingest.db.catalog import searchable
from ccingest.db.connection import connect
from ccingest.embedding import DEFAULT_MODEL, load_embedder, load_vocabulary
from ccingest.models import Chunk, Dataset, Question
from ccingest.ranking import ParsedQuery
from ccingest.ranking.features import features
from ccingest.ranking.fusion import judge
from ccingest.ranking.pool import make_pool
from ccingest.ranking.words import WAYS, met
from ccingest.search import Searcher
from ccingest.settings import load_settings
from ccingest.snippets import whole_definition
from ccingest.store import TableStore
from ccingest.terms import query_terms

_FAR, _FOREIGN = 37, 4
_LEFT_OUT = 0.25  # share of the words that a shorter question lacks
_FEWEST_WORDS = 3  # that tell something and stay
NONSENSE = (
    "how do I bake sourdough bread", "the best time to plant tomatoes", "frobnicate the quux widget",
    "who won the football match yesterday", "asdf qwer zxcv", "distance from the earth to the moon",
    "recipe for lentil soup with garlic", "symptoms of a common cold", "zorblax",
    "chess opening with the queen's pawn", "how are volcanoes formed", "second movement of a sonata",
    "cheap flights to Lisbon in May", "the plot of the novel is unclear", "purple monkey dishwasher",
    "how long do cats sleep",
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--lines", type=Path, action="append", default=[])
    parser.add_argument("--files", type=Path, action="append", default=[])
    parser.add_argument("--foreign", type=Path, help="line questions, asked of other repositories")
    parser.add_argument("--name", default="lines", help="what a set of line questions is called")
    parser.add_argument(
        "--shorter", type=int, default=0, help="see above; so many of each question"
    )
    arguments = parser.parse_args()
    arguments.cases.mkdir(parents=True, exist_ok=True)
    asker = Asker(arguments.home, arguments.shorter)
    for folder in arguments.lines:
        for name, language, _, _ in repositories(folder):
            asker.write(arguments.cases, (arguments.name, name, language), name, folder)
    if arguments.foreign:
        asker.write_foreign(arguments.cases, arguments.foreign)
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
        yield (
            category,
            text,
            tuple(_span(one) for part in columns for one in part.split("|") if one),
        )


def shorter(text: str, draw: random.Random) -> str:
    """The question without some of the words that tell something."""
    left = len(query_terms(text).split())
    kept = []
    for word in text.split():
        if left > _FEWEST_WORDS and query_terms(word) and draw.random() < _LEFT_OUT:
            left -= 1
        else:
            kept.append(word)
    return " ".join(kept)


def _span(text: str) -> Span:
    found = re.fullmatch(r"(.*):(\d+)-(\d+)", text)
    return (found[1], int(found[2]), int(found[3])) if found else (text, 1, END)


class Asker:
    def __init__(self, home: Path, shorter: int = 0) -> None:
        self._shorter = shorter
        self._settings = load_settings({**os.environ, "CCINGEST_HOME": str(home)})
        self._connection = connect(self._settings.database)
        self._open: tuple[str, Searcher] | None = None
        self._model = load_embedder(DEFAULT_MODEL, cache=self._settings.model_cache)

    def searcher(self, dataset: str) -> Searcher:
        """Of one dataset; the last one is kept open."""
        if self._open is None or self._open[0] != dataset:
            versions = self.datasets(dataset)
            store = TableStore(self._settings.tables)
            self._open = dataset, Searcher(store, lambda: versions, lambda _: self._model)
        return self._open[1]

    def datasets(self, name: str) -> list[Dataset]:
        return searchable(self._connection, "default", names=[name], repositories=[])

    def write(self, cases: Path, about: tuple[str, str, str], dataset: str, folder: Path) -> None:
        """`about`: set, repository and language."""
        path = folder / f"{about[1]}.tsv"
        target = cases / f"{about[0]}-{about[1]}.pkl"
        if not path.exists() or target.exists():
            return
        asked = [*read_questions(path)]
        found = [self.case(about, dataset, one) for one in asked]
        found += [
            self.case((f"{about[0]}, shorter", *about[1:]), dataset, (category, text, targets))
            for category, whole, targets in asked
            for text in self.shorter(whole)
        ]
        target.write_bytes(pickle.dumps([case for case in found if case]))
        print(f"{dataset}: {len(found)} questions", file=sys.stderr)

    def shorter(self, text: str) -> list[str]:
        draw = random.Random(text)
        found = (shorter(text, draw) for _ in range(self._shorter))
        return [one for one in dict.fromkeys(found) if one != text]

    def write_foreign(self, cases: Path, folder: Path) -> None:
        """Questions that nothing in the repository answers: of another one, and nonsense."""
        every = list(repositories(folder))
        for place, (name, language, _, _) in enumerate(every):
            target = cases / f"foreign-{name}.pkl"
            if target.exists():
                continue
            other = every[(place + _FAR) % len(every)][0]
            asked = [
                ("foreign", text, ()) for _, text, _ in read_questions(folder / f"{other}.tsv")
            ]
            asked = asked[:_FOREIGN]
            asked += [
                ("nonsense", NONSENSE[(place * _FOREIGN + number) % len(NONSENSE)], ())
                for number in range(_FOREIGN)
            ]
            found = [self.case(("foreign", name, language), name, one) for one in asked]
            target.write_bytes(pickle.dumps([case for case in found if case]))

    def case(
        self, about: tuple[str, str, str], dataset: str, asked: tuple[str, str, Sequence[Span]]
    ) -> Case | None:
        category, text, targets = asked
        query = ParsedQuery.of(text)
        searcher = self.searcher(dataset)
        candidates = searcher.candidates(Question(text))
        if not candidates.found:
            return None
        pool = make_pool(query, candidates)
        columns = features(pool)
        files = searcher.files(candidates.found)
        shown = []
        for item in candidates.found:
            chunks = files[item.file]
            first, last = whole_definition(chunks, item.ordinal)
            shown.append((first, last, chunks[first].start_line, chunks[last].end_line))
        ways, tells = ways_of(text, pool.chunks)
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
            ways=ways,
            tells=tells,
        )


def ways_of(text: str, chunks: Sequence[Chunk]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """As Case has them."""
    found = met(text, chunks, load_vocabulary())
    if found is None:
        return np.zeros((0, len(chunks), WAYS), np.uint8), np.zeros(0, np.float32)
    return np.rint(found.ways * 255).astype(np.uint8), found.tells


if __name__ == "__main__":
    sys.exit(main())
