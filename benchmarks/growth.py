"""How ingest and query grow with the number of chunks, up to a million.

    python benchmarks/growth.py [--plots FOLDER] [CHUNKS]...

For each size (default 10,000, 30,000, 100,000, 300,000 and 1,000,000) a git repository of made-up
Python files is added with the command line: functions of about 900 characters whose words are drawn
as often as they stand in Python's standard library, half of them from those that the file is about.
Then it is synced with one changed file, and with none. Questions, of words of one file, are asked in
one new process, once more cold, and of a server that is started for them (see restart.py); at last the
dataset is deleted. Open files are those of the process that answers, above what it had before its first
question. recall@10 is that of 100 questions by the vector index against all vectors. Prints two Markdown
tables and, with --plots, writes SVG files. A million chunks are 1 GB of source, take some minutes, and
need 5 GB of disk. Linux only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from ingest import Step, add
from numpy.typing import NDArray
from plots import line_plot
from processes import Outcome, run
from restart import Restarted, restarted

from ccingest.db.catalog import searchable
from ccingest.db.connection import connect
from ccingest.embedding import load_embedder
from ccingest.store import Lookup, TableStore
from ccingest.terms import words

if TYPE_CHECKING:
    from lancedb.query import LanceQueryBuilder

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
PER_FILE = 20  # functions, each about a chunk
WORDS = 90  # of a function
ABOUT = 30  # words that a file is about
QUESTIONS = 100
Draw = np.random.Generator


@dataclass(frozen=True, slots=True)
class Grown:
    chunks: int
    megabytes: float
    first: Step
    changed: Outcome
    unchanged: Outcome
    disk_mb: float
    first_ms: float  # the first question of a process
    warm_ms: list[float]
    warm_cpu_ms: list[float]
    open_files: int
    cold: Outcome
    recall: float
    server: Restarted
    deleted: Outcome
    left_mb: float  # on the disk after the delete


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, metavar="CHUNKS")
    parser.add_argument("--plots", type=Path)
    arguments = parser.parse_args()
    vocabulary = Vocabulary.of_the_standard_library()
    print(*WRITING, *ASKING, sep=" | ", file=sys.stderr)
    grown = []
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory() as folder:
            grown.append(measure(size, vocabulary, Path(folder)))
        print(*of_writing(grown[-1]), *of_asking(grown[-1]), sep=" | ", file=sys.stderr)
    for heads, row in ((WRITING, of_writing), (ASKING, of_asking)):
        print(f"\n| chunks | {' | '.join(heads)} |\n|{' --- |' * (1 + len(heads))}")
        for one in grown:
            print(f"| {one.chunks:,} | {' | '.join(row(one))} |")
    if arguments.plots:
        plot(grown, arguments.plots)
    return 0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    words: NDArray[np.str_]
    up_to: NDArray[np.float64]  # the share of each word and of those before it

    @classmethod
    def of_the_standard_library(cls) -> Vocabulary:
        counts: Counter[str] = Counter()
        for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
            counts.update(words(path.read_text(encoding="utf8", errors="replace")))
        known = [
            word
            for word in sorted(counts)
            if word.isascii() and word.isidentifier() and not iskeyword(word)
        ]
        often = np.array([counts[word] for word in known], dtype=np.float64)
        return cls(np.array(known), np.cumsum(often) / often.sum())

    def topic(self, random: Draw) -> NDArray[np.str_]:
        """What one file is about: any words, rare or not."""
        return random.choice(self.words, ABOUT)

    def draw(self, random: Draw, count: int, topic: NDArray[np.str_]) -> list[str]:
        """Half of them of the topic."""
        own = random.choice(topic, count)
        common = self.words[np.searchsorted(self.up_to[:-1], random.random(count))]
        found: list[str] = np.where(random.random(count) < 0.5, own, common).tolist()
        return found


def measure(size: int, vocabulary: Vocabulary, folder: Path) -> Grown:
    random = np.random.default_rng(size)
    repository, home = folder / "repository", folder / "home"
    commit(repository, files(size, vocabulary, random))
    first = add(home, str(repository))
    disk = megabytes_in(home)
    topics = [vocabulary.topic(np.random.default_rng(number)) for number in range(QUESTIONS)]
    commit(repository, [("src/0/0.py", function(vocabulary.draw(random, WORDS, topics[0]), 1))])
    ccingest = [sys.executable, "-m", "ccingest"]
    env = {"CCINGEST_HOME": str(home)}
    changed, unchanged = (run([*ccingest, "sync"], env=env) for _ in range(2))
    questions = [" ".join(vocabulary.draw(random, 6, topic)) for topic in topics]
    asking = [sys.executable, str(Path(__file__).with_name("ccingest_run.py")), "5"]
    answers = json.loads(run(asking, env=env, stdin="\n".join(questions)).out)
    return Grown(
        first.job["totalChunks"],
        first.job["bytesRead"] / 1e6,
        first,
        changed,
        unchanged,
        disk,
        answers[0]["ms"],
        [answer["ms"] for answer in answers[1:]],
        [answer["cpu_ms"] for answer in answers[1:]],
        answers[-1]["files"],
        run([*ccingest, "query", questions[0]], env=env),
        recall(home, questions),
        restarted(str(home), questions[0]),
        run([*ccingest, "delete", "--dataset", first.job["dataset"], "--yes"], env=env),
        megabytes_in(home),
    )


def megabytes_in(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def files(size: int, vocabulary: Vocabulary, random: Draw) -> Iterator[tuple[str, str]]:
    for number in range(size // PER_FILE):
        topic = vocabulary.topic(np.random.default_rng(number))
        drawn = vocabulary.draw(random, WORDS * PER_FILE, topic)
        body = "\n\n".join(
            function(drawn[at * WORDS : (at + 1) * WORDS], at) for at in range(PER_FILE)
        )
        yield f"src/{number // 100}/{number}.py", body


def function(drawn: Sequence[str], number: int) -> str:
    lines = [
        f"    {drawn[at]} = {drawn[at + 1]}({', '.join(drawn[at + 2 : at + 6])})"
        for at in range(0, WORDS - 6, 6)
    ]
    name = "_".join(drawn[-3:])
    return "\n".join([f"def {name}_{number}({drawn[0]}, {drawn[1]}):", *lines, ""])


def commit(repository: Path, changed: Iterable[tuple[str, str]]) -> None:
    """Commit these files beside those that are there. git fast-import takes a GB in seconds."""
    is_new = not repository.exists()
    if is_new:
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(repository)], check=True)
    command = ["git", "-C", str(repository), "fast-import", "--quiet"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as importing:
        assert importing.stdin
        parent = b"" if is_new else b"from refs/heads/main^0\n"
        head = b"commit refs/heads/main\ncommitter B <b@example.org> 0 +0000\ndata 1\n.\n" + parent
        importing.stdin.write(head)
        for path, text in changed:
            content = text.encode()
            about = f"M 100644 inline {path}\ndata {len(content)}\n".encode()
            importing.stdin.write(about + content + b"\n")
    if importing.returncode:
        raise SystemExit("git fast-import failed")


def recall(home: Path, questions: Sequence[str]) -> float:
    """The share of the ten closest of all vectors that a search by the index finds."""
    import lancedb

    with closing(connect(home / "ccingest.db")) as connection:
        (dataset,) = searchable(connection, None)
    embedder = load_embedder(dataset.embedder, cache=home)
    asked = np.stack([embedder.embed_query(question) for question in questions])
    table = lancedb.connect(home / "lance").open_table(dataset.table_name)
    table.checkout(dataset.table_version)
    right = closest(table.search().select(["id", "vector"]).limit(table.count_rows()), asked)
    reader = TableStore(home / "lance").read(dataset.table_name, dataset.table_version)
    shares = []
    for vector, ids in zip(asked, right, strict=True):
        near = reader.candidates(Lookup(vector), 10)
        shares.append(len(ids & {f"{one.chunk.path}#{one.ordinal}" for one in near}) / 10)
    return float(np.mean(shares))


def closest(rows: LanceQueryBuilder, asked: NDArray[np.float32]) -> list[set[str]]:
    """The ids of the ten rows whose vectors are closest to each that is asked, (questions, d)."""
    scores = np.full((len(asked), 0), 0.0, dtype=np.float32)
    ids = np.full((len(asked), 0), "", dtype=object)
    for batch in rows.to_batches(10_000):
        vectors = batch["vector"].flatten().to_numpy().reshape(len(batch), -1)
        here = np.broadcast_to(batch["id"].to_numpy(zero_copy_only=False), (len(asked), len(batch)))
        scores = np.hstack([scores, asked @ vectors.T])
        best = np.argpartition(scores, -10)[:, -10:]
        scores = np.take_along_axis(scores, best, axis=1)
        ids = np.take_along_axis(np.hstack([ids, here]), best, axis=1)
    return [set(row.tolist()) for row in ids]


WRITING = (
    "MB", "ingest, s", "CPU, s", "MB/s", "peak MB", "on disk, MB", "sync of one file, s", "peak MB",
    "of nothing, s", "delete, s", "left on disk, MB",
)  # fmt: skip
ASKING = (
    "first, ms", "warm p50, ms", "p95, ms", "p50 of CPU, ms", "open files", "cold, s", "CPU, s", "peak MB", "recall@10",
    "server's first, s", "warm, ms", "MB", "of its own", "open files",
)  # fmt: skip


def of_writing(one: Grown) -> list[str]:
    first = one.first.outcome
    return [
        f"{one.megabytes:.0f}", f"{first.seconds:.1f}", f"{first.cpu_seconds:.1f}",
        f"{one.megabytes / first.seconds:.2f}", f"{first.peak_mb:.0f}", f"{one.disk_mb:.0f}",
        f"{one.changed.seconds:.2f}", f"{one.changed.peak_mb:.0f}", f"{one.unchanged.seconds:.2f}",
        f"{one.deleted.seconds:.2f}", f"{one.left_mb:.0f}",
    ]  # fmt: skip


def of_asking(one: Grown) -> list[str]:
    server = one.server
    return [
        f"{one.first_ms:.0f}", f"{median(one.warm_ms):.1f}", f"{np.percentile(one.warm_ms, 95):.1f}",
        f"{median(one.warm_cpu_ms):.1f}",
        f"{one.open_files}", f"{one.cold.seconds:.2f}", f"{one.cold.cpu_seconds:.2f}",
        f"{one.cold.peak_mb:.0f}", f"{one.recall:.3f}", f"{server.first:.2f}", f"{server.more_ms:.0f}",
        f"{server.all_mb:.0f}", f"{server.own_mb:.0f}", f"{server.open_files}",
    ]  # fmt: skip


def plot(grown: Sequence[Grown], folder: Path) -> None:
    def line_of(values: Sequence[float]) -> list[tuple[float, float]]:
        return list(zip([one.chunks for one in grown], values, strict=True))

    line_plot(
        folder / "growth-ingest.svg", "Ingest of a repository", "chunks", "seconds",
        {
            "all of it": line_of([one.first.outcome.seconds for one in grown]),
            "one file changed": line_of([one.changed.seconds for one in grown]),
            "deleted": line_of([one.deleted.seconds for one in grown]),
        },
    )  # fmt: skip
    line_plot(
        folder / "growth-query.svg", "A question in a warm process", "chunks", "milliseconds",
        {
            "the first": line_of([one.first_ms for one in grown]),
            "median": line_of([median(one.warm_ms) for one in grown]),
            "95 of 100": line_of([float(np.percentile(one.warm_ms, 95)) for one in grown]),
        },
    )  # fmt: skip
    line_plot(
        folder / "growth-memory.svg", "Memory and disk", "chunks", "MB",
        {
            "peak memory of the ingest": line_of([one.first.outcome.peak_mb for one in grown]),
            "peak memory of a cold query": line_of([one.cold.peak_mb for one in grown]),
            "memory of a server": line_of([one.server.all_mb for one in grown]),
            "on disk": line_of([one.disk_mb for one in grown]),
        },
    )  # fmt: skip
    line_plot(
        folder / "growth-files.svg", "Open files", "chunks", "files",
        {
            "one process": line_of([one.open_files for one in grown]),
            "a server's three": line_of([one.server.open_files for one in grown]),
        },
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
