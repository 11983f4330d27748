"""Repositories from a git server on loopback: first ingest, unchanged, one changed file, a move.

    python benchmarks/ingest.py REPOSITORY...

A commit with the newest tree of each git repository is served by `git http-backend` and added with
`ccingest github add` into a fresh home; once more as it is, beside a bare `git fetch` of the same;
with a comment added to one file; with the folder that holds most files renamed. At the end the
dataset is compared, chunk by chunk and vector by vector, with a fresh ingest of the last commit:
the script exits 1 when they differ. Memory is that of all processes of a command. Linux only.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from processes import Outcome, run

from ccingest.db.catalog import searchable
from ccingest.db.connection import connect

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from git_server import IDENTITY, GitServer, git

REPEATS = 3  # of what takes less than some seconds
TREE = "refs/heads/main"


@dataclass(frozen=True, slots=True)
class Step:
    outcome: Outcome
    job: dict[str, Any]


def main() -> int:
    rows: dict[str, list[str]] = {"first": [], "again": [], "change": []}
    differ = False
    for repository in map(Path, sys.argv[1:]):
        name = name_of(repository)
        print(name, file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            served, home = Path(folder) / "served", Path(folder) / "home"
            copy = snapshot(repository, served / "bench" / f"{name}.git")
            with GitServer(served).running() as server:
                url = f"{server.url}/bench/{name}"
                rows["first"].append(first_row(name, add(home, url)))
                rows["again"].append(again_row(name, home, url, Path(folder)))
                change_one(copy)
                rows["change"].append(change_row(name, "one file changed", add(home, url)))
                move_a_folder(copy)
                rows["change"].append(change_row(name, "a folder moved", add(home, url)))
                fresh = Path(folder) / "fresh"
                add(fresh, url)
                same = digest(fresh) == digest(home)
            differ |= not same
            rows["change"].append(
                f"| {name} | {'same' if same else 'NOT the same'} as fresh |{' |' * 6}"
            )
    show("first", "files | MB | chunks | s | MB/s | CPU, s | peak MB", rows["first"])
    show("again", "unchanged, s | git fetch, s | without its start, times a fetch", rows["again"])
    columns = "what | s | files changed | moved | chunks added | moved | kept"
    show("change", columns, rows["change"])
    return 1 if differ else 0


def name_of(repository: Path) -> str:
    """`babel+babel/repo` and `babel.git` are both babel."""
    own = repository.resolve()
    return (own.parent if own.name == "repo" else own).name.split("+")[-1].removesuffix(".git")


def snapshot(repository: Path, target: Path) -> Path:
    """A bare repository with one commit, of the newest tree of this one."""
    target.mkdir(parents=True)
    git(target, "init", "-q", "--bare", "-b", "main")
    (target / "objects/info/alternates").write_text(f"{repository.resolve()}/objects\n")
    commit_tree(target, git(repository, "rev-parse", "HEAD^{tree}"))
    # What a server has: one pack, of what its refs reach.
    git(target, "repack", "-q", "-a", "-d")
    (target / "objects/info/alternates").unlink()
    git(target, "config", "uploadpack.allowAnySHA1InWant", "true")
    return target


def commit_tree(repository: Path, tree: str) -> None:
    git(repository, "update-ref", TREE, git(repository, "commit-tree", tree, "-m", "a commit"))


def add(home: Path, url: str) -> Step:
    command = [sys.executable, "-m", "ccingest", "github", "add", url, "--json"]
    outcome = run(command, env={"CCINGEST_HOME": str(home)})
    return Step(outcome, json.loads(outcome.out))


def first_row(name: str, step: Step) -> str:
    job, outcome = step.job, step.outcome
    megabytes = job["bytesRead"] / 1e6
    return (
        f"| {name} | {job['indexedFiles']:,} | {megabytes:.1f} | {job['totalChunks']:,} "
        f"| {outcome.seconds:.1f} | {megabytes / outcome.seconds:.2f} "
        f"| {outcome.cpu_seconds:.1f} | {outcome.peak_mb:.0f} |"
    )


def again_row(name: str, home: Path, url: str, folder: Path) -> str:
    clone = folder / "clone"
    git(folder, "clone", "-q", "--bare", "--depth", "1", url, str(clone))
    start = run([sys.executable, "-m", "ccingest", "history"], env={"CCINGEST_HOME": str(home)})
    adds, fetches = [], []
    for _ in range(REPEATS):
        adds.append(add(home, url).outcome.seconds)
        began = time.perf_counter()
        git(clone, "fetch", "-q", "--depth", "1", "origin", "main")
        fetches.append(time.perf_counter() - began)
    spent, fetch = median(adds), median(fetches)
    ratio = (spent - start.seconds) / fetch
    return f"| {name} | {spent:.2f} | {fetch:.2f} | {ratio:.1f} |"


def change_one(repository: Path) -> None:
    """A line more in the middle file of all that are source."""
    files = [line.split("\t") for line in git(repository, "ls-tree", "-r", "main").splitlines()]
    source = [(entry, path) for entry, path in files if path.endswith((".py", ".js", ".ts", ".go", ".rb", ".kt", ".c"))]  # fmt: skip
    entry, path = source[len(source) // 2]
    mode, _, blob = entry.split()
    content = git(repository, "cat-file", "-p", blob).encode() + b"\n\nchanged = 1\n"
    new = git(repository, "hash-object", "-w", "--stdin", stdin=content)
    rewrite(repository, {path: f"{mode} {new} 0\t{path}"})


def move_a_folder(repository: Path) -> None:
    paths = git(repository, "ls-tree", "-r", "--name-only", "main").splitlines()
    folders = Counter(path.rpartition("/")[0] for path in paths if "/" in path)
    folder = folders.most_common(1)[0][0]
    moved = {}
    for line in git(repository, "ls-tree", "-r", "main").splitlines():
        entry, path = line.split("\t")
        if path.rpartition("/")[0] == folder:
            mode, _, blob = entry.split()
            name = path.rpartition("/")[2]
            moved[path] = f"{mode} {blob} 0\t{folder}-moved/{name}"
    rewrite(repository, moved)


def rewrite(repository: Path, new: dict[str, str]) -> None:
    """Commit the newest tree with other entries in the place of these paths."""
    index = {**os.environ, **IDENTITY, "GIT_INDEX_FILE": str(repository / "bench-index")}

    def run_git(*arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=repository, env=index, input=stdin.encode(),
            capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout.decode().strip()

    run_git("read-tree", "main")
    gone = "".join(f"0 {'0' * 40}\t{path}\n" for path in new)
    run_git("update-index", "--index-info", stdin=gone)
    run_git("update-index", "--index-info", stdin="\n".join(new.values()) + "\n")
    commit_tree(repository, run_git("write-tree"))


def change_row(name: str, what: str, step: Step) -> str:
    job = step.job
    return (
        f"| {name} | {what} | {step.outcome.seconds:.2f} | {job['filesChanged']:,} "
        f"| {job['filesMoved']:,} | {job['chunksAdded']:,} | {job['chunksMoved']:,} "
        f"| {job['chunksKept']:,} |"
    )


def digest(home: Path) -> str:
    """Of all chunks and vectors of the only dataset, in the order of path and place."""
    import lancedb

    with closing(connect(home / "ccingest.db")) as connection:
        (dataset,) = searchable(connection, None)
    table = lancedb.connect(home / "lance").open_table(dataset.table_name)
    table.checkout(dataset.table_version)
    # A batch and a place in it say how a row came here, not what it is.
    columns = [name for name in table.schema.names if name not in ("batch", "position")]
    rows = table.search().select(columns).limit(table.count_rows()).to_arrow()
    rows = rows.sort_by([("path", "ascending"), ("id", "ascending")])
    found = hashlib.sha256()
    for batch in rows.to_batches(1024):
        found.update(repr(batch.to_pylist()).encode())
    return found.hexdigest()


def show(title: str, columns: str, rows: list[str]) -> None:
    heads = f"| {title} | {columns} |"
    print(f"{heads}\n|{' --- |' * (heads.count('|') - 1)}", *rows, "", sep="\n")


if __name__ == "__main__":
    sys.exit(main())
