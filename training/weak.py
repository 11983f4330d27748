"""Weak line questions by the thousand: repositories without some of their comments, which are asked for.

    python training/weak.py SOURCE OUT [HOME] [--commits QUESTIONS]

SOURCE has a folder for each repository or package, none of which a benchmark asks about (see
exclusion.py); how questions are made is in weak_questions.py. Writes OUT/source, the files as they
are indexed, OUT/NAME.tsv and OUT/repos.tsv, which benchmarks/ranking_cases.py reads (`--lines OUT --name
weak`). With HOME indexes each as the dataset NAME; what is there already stays. QUESTIONS is what
commits.py wrote about the same folders: its questions are taken over, and their files stay as they are.

So far such questions made the ranking worse: see benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from weak_questions import Asked, questions_of

import ccingest

MOST = {"comment": 26, "inline": 9, "error": 9, "heading": 8}  # questions of a repository
MOST_OF_FILE = 3
FEWEST = 6  # of a repository; with fewer it is not worth indexing
_LARGEST = 300_000  # bytes of a file
_ASIDE = re.compile(
    r"(^|/)(docs?|examples?|samples?|vendor|third_?party|node_modules|dist|generated)/"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("home", type=Path, nargs="?")
    parser.add_argument("--commits", type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for folder in sorted(arguments.source.iterdir()):
        copy = arguments.out / "source" / folder.name
        questions = arguments.out / f"{folder.name}.tsv"
        if not questions.exists():
            lines = made(folder, copy, arguments.commits)
            if len(lines) < FEWEST:
                lines = []
            elif arguments.home:
                index(copy, arguments.home)
            questions.write_text("".join(lines), encoding="utf8")
            print(f"{folder.name}: {len(lines)} questions", file=sys.stderr, flush=True)
        if questions.stat().st_size:
            rows.append(f"{folder.name}\tweak\tweak/{folder.name}\t-\t\n")
    (arguments.out / "repos.tsv").write_text("".join(rows), encoding="utf8")
    return 0


def index(folder: Path, home: Path) -> None:
    with ccingest.Client(home=home) as client:
        job = client.ingest(str(folder), source="folder", dataset=folder.name)
        print(f"  {job.status}", file=sys.stderr, flush=True)


def made(folder: Path, target: Path, commits: Path | None) -> list[str]:
    """Copies a folder without what is asked for; returns the questions."""
    if target.exists():
        shutil.rmtree(target)
    lines = of_commits(commits / f"{folder.name}.tsv") if commits else []
    spans = [span for line in lines for span in line.split("\t")[2].split("|")]
    asked_already = {span.rpartition(":")[0] for span in spans}
    draw = random.Random(folder.name)
    paths = [*files_of(folder)]
    draw.shuffle(paths)
    left = Counter(MOST)
    said: set[str] = set()
    for path in paths:
        data = (folder / path).read_bytes()
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        if not any(left.values()) or _ASIDE.search(path) or path in asked_already:
            continue
        fresh = [one for one in questions_of(path, data, draw) if one.text.lower() not in said]
        said |= {one.text.lower() for one in fresh}
        asked = chosen(fresh, left, draw)
        if asked:
            text, rows = without(data.decode("utf8"), asked)
            place.write_text(text, encoding="utf8")
            lines += rows
    return lines


def files_of(folder: Path) -> Iterator[str]:
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            path = Path(at, name)
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
                yield path.relative_to(folder).as_posix()


def of_commits(path: Path) -> list[str]:
    return path.read_text(encoding="utf8").splitlines(keepends=True) if path.exists() else []


def chosen(found: Iterable[Asked], left: Counter[str], draw: random.Random) -> list[Asked]:
    """Some questions of a file, whose lines and comments are apart."""
    shuffled = [*found]
    draw.shuffle(shuffled)
    taken: list[Asked] = []
    for one in shuffled:
        if left[one.kind] > 0 and all(map(one.is_apart, taken)) and len(taken) < MOST_OF_FILE:
            left[one.kind] -= 1
            taken.append(one)
    return taken


def without(text: str, asked: Iterable[Asked]) -> tuple[str, list[str]]:
    """The text without the comments, and the questions with the lines as they stand then."""
    taken = [*asked]
    gone = {n for one in taken if one.cut for n in range(one.cut[0], one.cut[1] + 1)}
    kept = [line for number, line in enumerate(text.split("\n"), 1) if number not in gone]
    rows = []
    for one in taken:
        first = one.first - sum(number < one.first for number in gone)
        last = one.last - sum(number <= one.last for number in gone)
        rows.append(f"{one.kind}\t{one.text}\t{one.path}:{first}-{last}\t\n")
    return "\n".join(kept), rows


if __name__ == "__main__":
    sys.exit(main())
