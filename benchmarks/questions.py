"""Ten repositories of ten languages, three plain questions each: is the right file found?

    python benchmarks/questions.py FOLDER

FOLDER holds a bare clone of each repository of questions.tsv as OWNER+NAME/repo. Each is served by
`git http-backend` on loopback, added with the command line into a fresh home, and asked with one
`ccingest query - --json`. Prints a Markdown table; exits 1 when a file is not among the first five.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from git_server import GitServer

QUESTIONS = Path(__file__).with_name("questions.tsv")
FIRST = 5


def main(folder: Path) -> int:
    rows = [line.split("\t") for line in QUESTIONS.read_text(encoding="utf8").splitlines()]
    missed = 0
    with tempfile.TemporaryDirectory() as home:
        served = Path(home) / "served"
        with GitServer(served).running() as server:
            print("| repository | files, chunks, seconds | question | right file | rank | hit |")
            print("| --- | --- | --- | --- | --- | --- |")
            for repository in dict.fromkeys(row[0] for row in rows):
                asked = [row for row in rows if row[0] == repository]
                job = add(home, server, served, folder, repository)
                size = (
                    f"{job['indexedFiles']:,}, {job['totalChunks']:,}, {job['durationSeconds']:.1f}"
                )
                for (_, language, question, right), hits in zip(
                    asked, ask(home, job["dataset"], [row[2] for row in asked]), strict=True
                ):
                    found = next(
                        (hit for hit in hits if f"/{hit['path']}".endswith(f"/{right}")), None
                    )
                    missed += found is None
                    rank, shown = (found["rank"], where(found)) if found else ("-", "")
                    print(f"| {repository} ({language}) | {size} | {question} | {right} "
                          f"| {rank} | {shown} |")  # fmt: skip
                print(f"| | skipped: {job['skippedFiles']} | | | | |")
    print(f"\n{len(rows) - missed} of {len(rows)} found among the first {FIRST}")
    return 1 if missed else 0


def add(home: str, server: GitServer, served: Path, folder: Path, name: str) -> dict[str, object]:
    link = served / f"{name}.git"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to((folder / name.replace("/", "+") / "repo").resolve())
    done = run(home, "github", "add", f"{server.url}/{name}", "--json")
    job: dict[str, object] = json.loads(done)
    return job


def ask(home: str, dataset: object, questions: list[str]) -> list[list[dict[str, object]]]:
    flags = ["--dataset", str(dataset), "-k", str(FIRST), "--json"]
    lines = run(home, "query", "-", *flags, stdin="\n".join(questions)).splitlines()
    return [json.loads(line)["hits"] for line in lines]


def run(home: str, *arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", *arguments],
        env={**os.environ, "CCINGEST_HOME": f"{home}/home"},
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return done.stdout


def where(hit: dict[str, object]) -> str:
    return f"{hit['startLine']}-{hit['endLine']} `{hit['symbol']}`"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
