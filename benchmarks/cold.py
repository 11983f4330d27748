"""`ccingest query` and `semble search` in a new process, on the same checkouts, taking turns.

    python benchmarks/cold.py REPOSITORY... [--turns N] [--semble PYTHON]

The newest commit of each git repository is checked out and indexed by both; see side_by_side.py for
semble, its model and its virtual environment. Then both are asked the same question again and again.
Prints the median seconds and processor seconds of both, and how many times semble's ours are. Beside
other work, only what the processor took tells. ccingest is compiled before, as pip does it. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from ingest import name_of
from processes import Outcome, run
from side_by_side import Setting, checked_out, install, model2vec_folder

QUESTION = "where are errors handled"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("repositories", type=Path, nargs="+")
    parser.add_argument("--turns", type=int, default=15)
    parser.add_argument("--semble", metavar="PYTHON")
    arguments = parser.parse_args()
    columns = "chunks | theirs | s | theirs | ratio | CPU, s | theirs | ratio"
    print(f"| repository | {columns} |\n|{' --- |' * 9}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
        setting = Setting(
            arguments.semble or install(folder / "venv"), model2vec_folder(folder / "model"), folder
        )
        for repository in arguments.repositories:
            with checked_out(repository, "HEAD", "") as work:
                measure(name_of(repository), work, setting, arguments.turns)
    return 0


def measure(name: str, work: Path, setting: Setting, turns: int) -> None:
    theirs = [setting.semble, "-m", "semble.cli", "search", QUESTION, str(work)]
    ours = [sys.executable, "-m", "ccingest", "query", QUESTION]
    env = {**setting.semble_env(name), "CCINGEST_HOME": str(setting.folder / f"{name}-home")}
    counting = [setting.semble, str(Path(__file__).with_name("semble_run.py")), str(work), "1"]
    their_chunks = json.loads(run(counting, env=env).out)["chunks"]
    adding = [sys.executable, "-m", "ccingest", "github", "add", str(work), "--json"]
    our_chunks = json.loads(run(adding, env=env).out)["totalChunks"]
    asked: dict[str, list[Outcome]] = {"theirs": [], "ours": []}
    for _ in range(turns + 1):
        asked["theirs"].append(run(theirs, env=env))
        asked["ours"].append(run(ours, env=env))
    # The first of each makes what the others find: semble's index, and compiled modules.
    wall = {tool: median(one.seconds for one in all_[1:]) for tool, all_ in asked.items()}
    cpu = {tool: median(one.cpu_seconds for one in all_[1:]) for tool, all_ in asked.items()}
    cells = " | ".join(
        f"{spent['ours']:.2f} | {spent['theirs']:.2f} | {spent['ours'] / spent['theirs']:.2f}"
        for spent in (wall, cpu)
    )
    print(f"| {name} | {our_chunks:,} | {their_chunks:,} | {cells} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
