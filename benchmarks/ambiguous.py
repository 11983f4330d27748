"""How many files of ambiguous endings get their right language, in real repositories.

    python benchmarks/ambiguous.py MIRRORS [--use tuned|held_out] [--most N] [--wrong]

A repository owner/name is MIRRORS/owner+name/repo: a clone, bare or not, read at its HEAD. Those that
are not there are named and left out. ambiguous.tsv says what the files of each are, and whether the
rules were tuned on them or not. Of each line of it at most N files are read, evenly spread, so that a
large repository does not outweigh the others. Attributes of the repository are not looked at.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ccingest.languages import detect_language
from ccingest.selection.decoding import decode
from ccingest.selection.siblings import usual_languages

TABLE = Path(__file__).with_name("ambiguous.tsv")
LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Truth:
    repository: str
    use: str  # tuned or held_out
    globs: tuple[str, ...]
    but: tuple[str, ...]
    language: str

    def covers(self, path: str) -> bool:
        return any(fnmatchcase(path, glob) for glob in self.globs) and not any(
            fnmatchcase(path, glob) for glob in self.but
        )


@dataclass(frozen=True, slots=True)
class Result:
    truth: Truth
    path: str
    found: str

    @property
    def is_right(self) -> bool:
        return self.found == self.truth.language

    @property
    def ending(self) -> str:
        return "." + self.path.rpartition(".")[2].lower()


def read_table(table: Path) -> Iterator[Truth]:
    for line in table.read_text(encoding="utf8").splitlines():
        if line.startswith("#"):
            continue
        repository, use, paths, language = line.split("\t")
        globs = [glob for glob in paths.split(" ") if not glob.startswith("!")]
        but = [glob[1:] for glob in paths.split(" ") if glob.startswith("!")]
        yield Truth(repository, use, tuple(globs), tuple(but), language)


def files_of(git: Path) -> dict[str, str]:
    """The paths of the files at HEAD that are not too large, with their blobs."""
    listed = run_git(git, "ls-tree", "-r", "-l", "-z", "HEAD").split(b"\0")
    found: dict[str, str] = {}
    for line in filter(None, listed):
        mode, kind, blob, size, path = line.replace(b"\t", b" ", 1).split(None, 4)
        is_here = size.isdigit() and int(size) <= LARGEST  # a snapshot can lack large files
        if kind == b"blob" and mode != b"120000" and is_here:
            found[path.decode("utf8", errors="replace")] = blob.decode()
    return found


def contents(git: Path, blobs: Iterable[str]) -> Iterator[bytes]:
    asked = "\n".join(blobs).encode()
    out = run_git(git, "cat-file", "--batch", stdin=asked)
    position = 0
    while position < len(out):
        start = out.index(b"\n", position) + 1
        size = int(out[position:start].split()[2])
        yield out[start : start + size]
        position = start + size + 1


def run_git(git: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    command = ["git", "-C", str(git), *arguments]
    return subprocess.run(command, input=stdin, stdout=subprocess.PIPE, check=True).stdout


def spread(paths: Sequence[str], most: int) -> list[str]:
    step = max(1.0, len(paths) / most)
    return [paths[int(i * step)] for i in range(min(most, len(paths)))]


def results_of(git: Path, truths: Sequence[Truth], most: int) -> Iterator[Result]:
    files = files_of(git)
    usual = usual_languages(files)
    for truth in truths:
        chosen = spread(sorted(path for path in files if truth.covers(path)), most)
        for path, data in zip(chosen, contents(git, (files[p] for p in chosen)), strict=True):
            text = decode(data)
            if text and text.strip():
                yield Result(truth, path, detect_language(path, text, usual.get(path, "")))


def report(results: Sequence[Result], use: str) -> None:
    of_use = [result for result in results if result.truth.use == use]
    total: Counter[tuple[str, str]] = Counter((r.truth.language, r.ending) for r in of_use)
    right = Counter((r.truth.language, r.ending) for r in of_use if r.is_right)
    print(f"\n| {use}: language, ending | files | right |\n| --- | --- | --- |")
    for key in sorted(total):
        print(f"| {key[0]} `{key[1]}` | {total[key]} | {right[key]} |")
    share = 100 * sum(right.values()) / max(1, len(of_use))
    repositories = len({r.truth.repository for r in of_use})
    languages = len({r.truth.language for r in of_use})
    print(
        f"\n{use}: {sum(right.values())} of {len(of_use)} files right ({share:.2f} %), "
        f"{languages} languages, {repositories} repositories"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("--use", choices=["tuned", "held_out"], help="only these")
    parser.add_argument("--most", type=int, default=60, help="files of a line of the table")
    parser.add_argument("--wrong", action="store_true", help="list the files that are wrong")
    arguments = parser.parse_args()
    truths = [t for t in read_table(TABLE) if arguments.use in (None, t.use)]
    results: list[Result] = []
    began = time.process_time()
    for repository in sorted({truth.repository for truth in truths}):
        git = arguments.mirrors / repository.replace("/", "+") / "repo"
        if not git.exists():
            print(f"{repository} is not in {arguments.mirrors}", file=sys.stderr)
            continue
        mine = [truth for truth in truths if truth.repository == repository]
        results += results_of(git, mine, arguments.most)
    for use in sorted({truth.use for truth in truths}):
        report(results, use)
    print(f"{time.process_time() - began:.1f} s of CPU")
    if arguments.wrong:
        for result in results:
            if not result.is_right:
                t = result.truth
                print(f"{t.repository}\t{t.use}\t{result.path}\t{t.language}\t{result.found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
