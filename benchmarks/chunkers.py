"""Our chunker beside chonkie's CodeChunker and semantic-text-splitter's CodeSplitter.

    python benchmarks/chunkers.py REPOSITORY... [--size 1000] [--python PYTHON]

All files of the languages below at the HEAD of the repositories, in chunks of SIZE characters. What
is a definition is said by none of the three but by universal-ctags (Debian: universal-ctags): all
that it gives an end and that fits the size. One is kept whole when all of its lines are in one
chunk; what our chunks overlap with the one before counts for nothing. Our size counts no blanks, so
our chunks are longer: the two others are asked for SIZE, and once more for as much as makes their
chunks as long as ours in the mean. Speed is CPU time on one thread, without loading grammars. The
other two run in a virtual environment of their own, made by this script unless PYTHON is given.

chonkie is 1.5.6: from 1.6 on it downloads its grammars from GitHub when it is first used. All three
have the grammars of the same tree-sitter-language-pack.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias

from ccingest.chunking import chunk_file
from ccingest.languages import detect_language
from ccingest.models import SourceFile

OTHERS = ("chonkie", "semantic-text-splitter")
PACKAGES = ("chonkie==1.5.6", "semantic-text-splitter==0.33.1", "tree-sitter-language-pack==0.13.0")
NEEDED = ("httpx", "magika")  # chonkie imports the first, its extra [code] has the second
LANGUAGES = ("python", "go", "rust", "javascript", "typescript", "java", "c", "cpp", "ruby", "php")
# What ctags calls what stands for itself; local variables, fields and imports don't.
KINDS = frozenset(
    "function method class struct interface enum trait module namespace union implementation"
    " singletonMethod constructor func type".split()
)
LARGEST = 1024 * 1024
Ranges: TypeAlias = Sequence[tuple[int, int]]


@dataclass(slots=True)
class Tally:
    """Of one chunker in one language."""

    characters: int = 0
    seconds: float = 0.0
    chunks: int = 0
    whole: int = 0
    definitions: int = 0
    lost: int = 0  # characters that are in no chunk, blanks apart
    failed: int = 0


@dataclass(frozen=True, slots=True)
class File:
    path: Path
    language: str
    text: str
    definitions: list[tuple[int, int]] = field(default_factory=list)  # in characters


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repositories", type=Path, nargs="+")
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--python", help="of an environment that has the two others")
    arguments = parser.parse_args()
    if not shutil.which("ctags"):
        sys.exit("universal-ctags is needed: apt-get install universal-ctags")
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    with tempfile.TemporaryDirectory() as name:
        python = arguments.python or install(Path(name) / "venv")
        files = [
            file
            for number, repository in enumerate(arguments.repositories)
            for file in read(repository, Path(name) / str(number), arguments.size)
        ]
        ours = f"ccingest, {arguments.size}"
        count_ours(files, arguments.size, tallies, ours)
        for other in OTHERS:
            first = f"{other}, {arguments.size}"
            count_other(files, other, arguments.size, python, tallies, first)
            size = round(arguments.size * mean_length(tallies, ours) / mean_length(tallies, first))
            count_other(files, other, size, python, tallies, f"{other}, {size}")
    report(tallies)
    return 0


def install(folder: Path) -> str:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES, *NEEDED], check=True)
    return python


def read(repository: Path, folder: Path, size: int) -> Iterator[File]:
    folder.mkdir()
    command = ["git", "-C", str(repository), "archive", "HEAD"]
    archive = subprocess.run(command, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            continue
        content = path.read_bytes()
        language = detect_language(
            str(path.relative_to(folder)), content[:1000].decode(errors="ignore")
        )
        if language in LANGUAGES and b"\r" not in content:
            text = content.decode(errors="ignore")
            if text.strip():
                files[str(path)] = File(path, language, text)
    tag(files, size)
    yield from files.values()


def tag(files: dict[str, File], size: int) -> None:
    """Give each file the definitions that ctags finds in it."""
    command = ["ctags", "-L", "-", "--output-format=json", "--fields=+neK", "-f", "-"]
    done = subprocess.run(
        command, input="\n".join(files), capture_output=True, text=True, check=True
    )
    lines = {path: [0, *accumulate(map(len, lines_of(file.text)))] for path, file in files.items()}
    for line in done.stdout.splitlines():
        found = json.loads(line)
        starts = lines[found["path"]]
        if found.get("kind") not in KINDS or not found["line"] <= found.get("end", 0) < len(starts):
            continue
        span = starts[found["line"] - 1], starts[found["end"]]
        if span[1] - span[0] <= size:
            files[found["path"]].definitions.append(span)


def lines_of(text: str) -> list[str]:
    return [f"{line}\n" for line in text.split("\n")]


def count_ours(
    files: Sequence[File], size: int, tallies: dict[tuple[str, str], Tally], name: str
) -> None:
    chunk_file(SourceFile("a.py", "", "python", "x = 1\n", 6), target=size)
    for file in files:
        source = SourceFile(file.path.name, "", file.language, file.text, len(file.text))
        chunk_file(
            SourceFile(file.path.name, "", file.language, "x = 1\n", 6), target=size
        )  # the grammar is loaded now
        start = time.process_time()
        chunks = chunk_file(source, target=size).chunks
        spent = time.process_time() - start
        ends = list(accumulate(len(chunk.text) - chunk.overlap for chunk in chunks))
        add(tallies[name, file.language], file, list(zip([0, *ends], ends)), spent)  # noqa: B905


def count_other(
    files: Sequence[File],
    chunker: str,
    size: int,
    python: str,
    tallies: dict[tuple[str, str], Tally],
    name: str,
) -> None:
    given = "".join(
        json.dumps({"language": file.language, "text": file.text}) + "\n" for file in files
    )
    command = [python, str(Path(__file__).with_name("chunkers_run.py")), chunker, str(size)]
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, check=True)
    for file, line in zip(files, done.stdout.splitlines(), strict=True):
        tally, answer = tallies[name, file.language], json.loads(line)
        if answer:
            add(tally, file, in_characters(answer["ranges"], file.text), answer["seconds"])
        else:
            tally.failed += 1


def mean_length(tallies: dict[tuple[str, str], Tally], name: str) -> float:
    of_name = [tally for (of, _), tally in tallies.items() if of == name]
    return sum(one.characters for one in of_name) / sum(one.chunks for one in of_name)


def in_characters(ranges: Ranges, text: str) -> Ranges:
    """chonkie counts in bytes of UTF-8, some versions in characters."""
    if text.isascii() or not ranges or ranges[-1][1] <= len(text):
        return ranges
    content = text.encode()
    return [
        (len(content[:a].decode(errors="ignore")), len(content[:b].decode(errors="ignore")))
        for a, b in ranges
    ]


def add(tally: Tally, file: File, ranges: Ranges, seconds: float) -> None:
    tally.characters += len(file.text)
    tally.seconds += seconds
    tally.chunks += len(ranges)
    starts = [start for start, _ in ranges]
    for start, end in file.definitions:
        tally.definitions += 1
        at = bisect_right(starts, start) - 1
        # A chunk may end before the line feed of the last line.
        tally.whole += at >= 0 and ranges[at][1] >= end - 1
    held = 0
    for start, end in ranges:
        tally.lost += len("".join(file.text[held:start].split()))
        held = max(held, end)
    tally.lost += len("".join(file.text[held:].split()))


def report(tallies: dict[tuple[str, str], Tally]) -> None:
    names = list(dict.fromkeys(name for name, _ in tallies))
    print(f"| language | definitions | {' | '.join(names)} |\n|{' --- |' * (2 + len(names))}")
    for language in LANGUAGES:
        row = [tallies[name, language] for name in names]
        if row[0].definitions:
            cells = " | ".join(f"{one.whole / max(one.definitions, 1):.1%}" for one in row)
            print(f"| {language} | {row[0].definitions:,} | {cells} |")
    columns = "definitions whole | MB/s | chunks | mean length | characters lost | files failed"
    print(f"\n| chunker, size | {columns} |\n|{' --- |' * 7}")
    for name in names:
        total: Counter[str] = Counter()
        for (of, _), tally in tallies.items():
            if of == name:
                total.update({part: getattr(tally, part) for part in Tally.__slots__})
        print(
            f"| {name} | {total['whole'] / total['definitions']:.1%} "
            f"| {total['characters'] / 1e6 / total['seconds']:.2f} | {total['chunks']:,} "
            f"| {mean_length(tallies, name):.0f} | {total['lost']:,} | {total['failed']:,} |"
        )


if __name__ == "__main__":
    sys.exit(main())
