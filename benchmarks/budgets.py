"""The budgets of the design, line by line.

    python benchmarks/budgets.py REPOSITORY [LARGE_REPOSITORY]

REPOSITORY, a git repository of some thousand files, is served by `git http-backend` on loopback; its
files, copied into folders, make the one of 10,000 files. LARGE_REPOSITORY is for
speed and memory at any size. Prints a Markdown table. Takes some minutes; Linux only.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import count, islice
from pathlib import Path
from statistics import median

import event_latency
import query_time
from ingest import add, change_one, commit_tree, name_of, rewrite, snapshot
from processes import run

from ccingest.embedding import load_embedder
from ccingest.store import TableStore

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from git_server import GitServer, git

REPEATS = 9
FILES = 11_000  # of which some are skipped, as generated or empty
EVENTS = 300


@dataclass(frozen=True, slots=True)
class Line:
    what: str
    budget: str
    measured: str
    is_met: bool


def main() -> int:
    repository = Path(sys.argv[1])
    large = [Path(argument) for argument in sys.argv[2:]]
    print("| what | budget | measured | met |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with GitServer(folder / "served").running() as server:
            lines: list[Callable[[], Iterator[Line]]] = [
                lambda: starts(folder),
                lambda: ingests([repository, *large], folder, server.url),
                lambda: cold(repository, folder),
                lambda: ten_thousand(repository, folder, server.url),
                warm,
                events,
            ]
            for measure in lines:
                for line in measure():
                    met = "yes" if line.is_met else "NO"
                    print(f"| {line.what} | {line.budget} | {line.measured} | {met} |", flush=True)
    return 0


def seconds(*command: str, home: Path | None = None, repeats: int = REPEATS) -> float:
    env = {"CCINGEST_HOME": str(home)} if home else {}
    return median(run([sys.executable, *command], env=env).seconds for _ in range(repeats))


def starts(folder: Path) -> Iterator[Line]:
    imports = seconds("-c", "import typer, rich")
    for command in ("--help", "history"):
        spent = seconds("-m", "ccingest", command, home=folder / "empty")
        told = f"{spent / imports:.2f} x ({spent:.2f} s)"
        yield Line(f"`ccingest {command}`", "2.5 x typer and rich", told, spent <= 2.5 * imports)


def ingests(repositories: Sequence[Path], folder: Path, server: str) -> Iterator[Line]:
    for repository in repositories:
        name = name_of(repository)
        snapshot(repository, folder / f"served/first/{name}.git")
        step = add(folder / f"first-{name}", f"{server}/first/{name}")
        megabytes, peak = step.job["bytesRead"] / 1e6, step.outcome.peak_mb
        rate = megabytes / step.outcome.seconds
        what = f"{name}, {step.job['indexedFiles']:,} files, {megabytes:.1f} MB, over HTTP"
        yield Line(f"ingest of {what}", "2 MB/s", f"{rate:.2f} MB/s", rate >= 2)
        yield Line("memory of that, all processes", "700 MB", f"{peak:.0f} MB", peak <= 700)


def ten_thousand(repository: Path, folder: Path, server: str) -> Iterator[Line]:
    copy = snapshot(repository, folder / "served/bench/many.git")
    entries = [line.split("\t") for line in git(copy, "ls-tree", "-r", "main").splitlines()]
    copies = {
        path: f"{entry.split()[0]} {entry.split()[2]} 0\t{path}"
        for path, entry in islice(
            ((f"copy{n}/{path}", entry) for n in count() for entry, path in entries), FILES
        )
    }
    commit_tree(copy, git(copy, "mktree", stdin=b""))
    rewrite(copy, copies)
    home, url = folder / "many", f"{server}/bench/many"
    first = add(home, url).job
    change_one(copy)
    step = add(home, url)
    told = f"{step.outcome.seconds:.2f} s, {step.job['chunksAdded']} chunks embedded"
    what = f"one changed file of {first['indexedFiles']:,}"
    few = step.outcome.seconds <= 2 and step.job["filesChanged"] == 1
    yield Line(what, "2 s", told, few)


def cold(repository: Path, folder: Path) -> Iterator[Line]:
    """On half of the repository's files, by a glob of names, which is nearest to 10,000 chunks."""
    home = folder / "cold"
    command = [
        "-m",
        "ccingest",
        "github",
        "add",
        str(repository),
        "--include",
        "[a-l]*.*",
        "--json",
    ]
    added = run([sys.executable, *command], env={"CCINGEST_HOME": str(home)})
    chunks = json.loads(added.out)["totalChunks"]
    spent = seconds("-m", "ccingest", "query", "where is a theme chosen", "--json", home=home)
    imports = seconds("-c", "import typer, rich, numpy, tokenizers, lancedb")
    what = f"cold query, {chunks:,} chunks"
    yield Line(what, "1.0 s", f"{spent:.2f} s", spent <= 1)
    told = f"{spent / imports:.2f} x ({imports:.2f} s)"
    yield Line("the same against its imports", "1.5 x", told, spent <= 1.5 * imports)


def warm() -> Iterator[Line]:
    embedder = load_embedder("", cache=Path("/nonexistent"))
    for size, budget in ((2_000, 10), (100_000, 30)):
        with tempfile.TemporaryDirectory() as name:
            spent = query_time.measured(TableStore(Path(name)), size, embedder)["hybrid"]
        told = median(spent)
        yield Line(f"warm query, {size:,} chunks", f"{budget} ms", f"{told:.1f} ms", told <= budget)


def events() -> Iterator[Line]:
    told = StringIO()
    with redirect_stdout(told):
        event_latency.main(EVENTS)
    cells = [cell.strip() for cell in told.getvalue().splitlines()[-1].split("|")]
    most = int(cells[4])
    what = f"{EVENTS} events to a line of `watch`, the slowest"
    yield Line(what, "150 ms", f"{most} ms", most <= 150)


if __name__ == "__main__":
    sys.exit(main())
