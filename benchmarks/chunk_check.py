"""Chunk every text file of repositories or folders: promises kept, speed, definitions kept whole.

    python benchmarks/chunk_check.py DIR_OR_REPOSITORY...

A repository, bare or not, is read at its HEAD. Exits 1 when a promise is broken.
"""

from __future__ import annotations

import subprocess
import sys
import time
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from ccingest.chunking import chunk_file
from ccingest.chunking.definitions import definitions
from ccingest.chunking.grammar import parse, refusal, run_on_parser_thread
from ccingest.chunking.measure import CHARACTER, Measure
from ccingest.languages import detect_language
from ccingest.models import Chunk, SourceFile

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from chunk_promises import broken_promises, source

TARGET = 1000
MAX_BYTES = 1024 * 1024


class Report:
    """Counts by language."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.bytes: Counter[str] = Counter()
        self.files: Counter[str] = Counter()
        self.chunks: Counter[str] = Counter()
        self.named: Counter[str] = Counter()
        self.defined: Counter[str] = Counter()
        self.whole: Counter[str] = Counter()
        self.fallbacks: Counter[str] = Counter()
        self.broken: list[str] = []
        self.slowest = (0.0, "")

    def add(self, file: SourceFile) -> None:
        language = file.language
        start = time.perf_counter()
        done = chunk_file(file, target=TARGET)
        spent = time.perf_counter() - start
        self.seconds[language] += spent
        self.slowest = max(self.slowest, (spent, file.path))
        self.bytes[language] += file.size
        self.files[language] += 1
        self.chunks[language] += len(done.chunks)
        self.named[language] += sum(bool(chunk.symbol) for chunk in done.chunks)
        if done.fallback:
            self.fallbacks[f"{language}: {done.fallback}"] += 1
        self.broken += [f"{file.path}: {why}" for why in broken_promises(file, done.chunks)]
        whole, fitting = definitions_whole(file, done.chunks)
        self.whole[language] += whole
        self.defined[language] += fitting

    def show(self) -> None:
        print("| language | files | MB | MB/s | chunks | with symbol | definitions | whole |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for language, count in self.bytes.most_common():
            fitting = self.defined[language]
            print(
                f"| {language} | {self.files[language]:,} | {count / 1e6:.2f} "
                f"| {count / 1e6 / self.seconds[language]:.1f} | {self.chunks[language]:,} "
                f"| {self.named[language] / self.chunks[language]:.0%} | {fitting:,} "
                f"| {f'{self.whole[language] / fitting:.1%}' if fitting else ''} |"
            )
        total, spent = self.bytes.total() / 1e6, sum(self.seconds.values())
        print(f"\n{total:.1f} MB in {spent:.1f} s: {total / spent:.1f} MB/s on one core")
        print(f"slowest file: {self.slowest[0]:.2f} s, {self.slowest[1]}")
        print("by lines:", dict(self.fallbacks))
        print(f"{len(self.broken)} promises broken", *self.broken[:20], sep="\n")


def main(paths: list[str]) -> int:
    report = Report()
    for path in map(Path, paths):
        for name, data in read(path):
            if b"\0" in data or not data.strip() or len(data) > MAX_BYTES:
                continue
            try:
                text = data.decode()
            except UnicodeDecodeError:
                continue
            report.add(source(text, detect_language(name, text[:1000]), f"{path}:{name}"))
    report.show()
    return 1 if report.broken else 0


def read(path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of all files of a repository's HEAD or, if it is none, of a folder."""
    command = ["git", "-C", str(path), "ls-tree", "-r", "-z", "HEAD"]
    listed = subprocess.run(command, capture_output=True, check=False)
    if listed.returncode:
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield str(file.relative_to(path)), file.read_bytes()
        return
    rows = [row.split(b"\t", 1) for row in listed.stdout.split(b"\0") if row]
    files = [(meta.split()[2], name) for meta, name in rows if meta.startswith(b"100")]
    command = ["git", "-C", str(path), "cat-file", "--batch", "--buffer"]
    asked = b"".join(blob + b"\n" for blob, _ in files)
    output = subprocess.run(command, input=asked, capture_output=True, check=True).stdout
    position = 0
    for _, name in files:
        end = output.index(b"\n", position)
        header = output[position:end].split()
        size = int(header[2]) if len(header) == 3 else -2  # "BLOB missing" has no content
        yield name.decode(errors="replace"), output[end + 1 : end + 1 + max(size, 0)]
        position = end + 1 + size + 1


def definitions_whole(file: SourceFile, chunks: tuple[Chunk, ...]) -> tuple[int, int]:
    """Of the definitions that fit into a chunk: how many lie in one, and how many there are."""
    data = file.text.encode()
    tree = None
    if not refusal(file.language, data):
        tree = run_on_parser_thread(parse, file.language, data)
    if tree is None:
        return 0, 0
    measure = Measure(data)
    starts = [0]
    for chunk in chunks:
        starts.append(starts[-1] + len(chunk.text[chunk.overlap :].encode()))
    fitting = [
        item
        for item in definitions(tree, data, file.language)
        if measure.weight(item.start, item.end) <= TARGET * CHARACTER
    ]
    whole = sum(bisect_left(starts, d.end) == bisect_right(starts, d.start) for d in fitting)
    return whole, len(fitting)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
