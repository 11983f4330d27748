"""What one change costs beside many datasets: an ingest, syncs, deletes, a clean-up and restarts.

    python benchmarks/many_changes.py HOME [--deleted 200]

HOME is one that many_datasets.py made. A git repository of twenty files is added, synced with nothing new
and with one changed file, and deleted. So is one of the datasets that were there, and, one after the other
in one process, as many as --deleted says. A server is started before and after, see restart.py. The disk
is that of the whole home. Datasets that are deleted are gone. Linux only.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from ingest import add
from processes import Outcome, run
from restart import restarted

from ccingest.disk import folder_size

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from git_server import commit, make_repository

FILES = 20
QUESTION = "how is a temporary file made"
CCINGEST = (sys.executable, "-m", "ccingest")
DELETE = """\
import sys, ccingest
with ccingest.Client() as client:
    for dataset in client.datasets()[-int(sys.argv[1]):]:
        client.delete(dataset.name)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--deleted", type=int, default=200)
    arguments = parser.parse_args()
    home = arguments.home
    os.environ["CCINGEST_HOME"] = str(home)
    print(f"| what | s | CPU, s | peak MB | disk, MB |\n|{' --- |' * 5}")
    print(f"| at the start | | | | {megabytes(home)} |", flush=True)
    print(f"server: {restarted(str(home), QUESTION)}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_repository(folder, {f"{number}.py": function(number) for number in range(FILES)})
        first = add(home, str(folder))
        show("one more added", first.outcome, home)
        command(home, "synced, nothing new", "sync", first.job["dataset"])
        commit(folder, {"0.py": function(FILES)})
        command(home, "synced, one file changed", "sync", first.job["dataset"])
        command(home, "it is deleted", "delete", first.job["dataset"], "--yes")
    command(home, "another deleted", "delete", "repository-7", "--yes")
    some = [sys.executable, "-c", DELETE, str(arguments.deleted)]
    show(f"{arguments.deleted} more deleted", run(some), home)
    command(home, "a question then", "query", QUESTION)
    command(home, "a clean-up", "cleanup")
    command(home, "a question then", "query", QUESTION)
    print(f"server: {restarted(str(home), QUESTION)}", file=sys.stderr)
    return 0


def function(number: int) -> str:
    return f"def function_{number}(value):\n    return value * {number}\n"


def command(home: Path, what: str, *arguments: str) -> None:
    show(what, run([*CCINGEST, *arguments]), home)


def show(what: str, outcome: Outcome, home: Path) -> None:
    print(
        f"| {what} | {outcome.seconds:.2f} | {outcome.cpu_seconds:.2f} | {outcome.peak_mb:.0f} "
        f"| {megabytes(home)} |",
        flush=True,
    )


def megabytes(home: Path) -> str:
    return f"{folder_size(home) / 1e6:,.0f}"


if __name__ == "__main__":
    sys.exit(main())
