"""Work trees: how soon an edit is found, what a second branch costs, and whether answers are mixed.

    python benchmarks/overlays.py REPOSITORY [--rounds 5] [--hits 10000] [--processes 10]

REPOSITORY is cloned into a temporary folder and added. Then, in turns: a question with `--here` where
nothing changed, one after an edit of one file, a plain question of the same text, and `git status`,
each as a command of its own; and the same in one process that stays. A work tree of a second branch,
which differs in 50 files, is asked for the first time; then that branch is added as a dataset of its own,
without a work tree. At last processes edit one small work tree and
ask about it at once, and compare each hit with the files on disk, until so many hits are checked.
`--hits 0` leaves that out. Prints Markdown with the machine, the date and the command. Linux only.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from app.asking_process import text_of
from app.tree_kit import FILES, Tree
from ccingest import Client
from ccingest.disk import folder_size
from git_server import git

DIFFERENT = 50  # files of the second branch
QUESTION = "where is the file opened"
ENDINGS = (".py", ".c", ".h", ".js", ".ts", ".go", ".rs", ".v", ".java", ".cpp", ".rb", ".md")


@dataclass
class Spent:
    """Seconds of a command: of the clock, and of processor time, which other processes leave alone."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @contextmanager
    def measured(self, *, own: bool = False) -> Iterator[None]:
        """Of child processes, or of this process itself."""
        first, second = (0, 1) if own else (2, 3)
        before, start = os.times(), time.perf_counter()
        yield
        after = os.times()
        self.wall.append(time.perf_counter() - start)
        self.processor.append(after[first] + after[second] - before[first] - before[second])

    def row(self, name: str) -> str:
        return f"| {name} | {median(self.wall):.2f} | {median(self.processor):.2f} |"


@dataclass(frozen=True)
class Setting:
    home: Path
    top: Path

    def ask(self, *more: str, top: Path | None = None) -> None:
        command = [sys.executable, "-m", "ccingest", "query", QUESTION, "--json", *more]
        environment = {**os.environ, "CCINGEST_HOME": str(self.home)}
        subprocess.run(
            command, cwd=top or self.top, env=environment, check=True, capture_output=True
        )

    def files(self) -> list[Path]:
        """Those that are indexed."""
        with Client(self.home) as client:
            (dataset,) = client.datasets()
            indexed = [file.path for file in client.files(dataset.name).indexed]
        return [self.top / path for path in indexed if path.endswith(ENDINGS)]


def edit(file: Path, number: int) -> None:
    data = file.read_bytes()
    file.write_bytes(data + b"\nwhere_is_edit_%d\n" % number)


def commands(setting: Setting, rounds: int) -> dict[str, Spent]:
    spent = {name: Spent() for name in ("git status", "plain", "nothing changed", "one edited")}
    files = setting.files()
    setting.ask("--here")
    time.sleep(0.1)
    for number in range(rounds):
        with spent["git status"].measured():
            git(setting.top, "status", "--short")
        with spent["plain"].measured():
            setting.ask()
        setting.ask("--here")
        with spent["nothing changed"].measured():
            setting.ask("--here")
        edit(files[number * 7 % len(files)], number)
        with spent["one edited"].measured():
            setting.ask("--here")
    return spent


def staying(setting: Setting, rounds: int) -> dict[str, Spent]:
    spent = {name: Spent() for name in ("nothing changed", "one edited")}
    files = setting.files()
    with Client(setting.home) as client:
        for number in range(rounds + 1):
            client.search(QUESTION, here=setting.top)
            with spent["nothing changed"].measured(own=True):
                client.search(QUESTION, here=setting.top)
            file = files[number * 11 % len(files)]
            edit(file, number)
            with spent["one edited"].measured(own=True):
                client.search(f"where_is_edit_{number}", here=setting.top)
            path = str(file.relative_to(setting.top))
            assert f"where_is_edit_{number}\n" in client.read(path, here=setting.top).text
    return spent


def second_branch(setting: Setting, folder: Path) -> tuple[Spent, int, int]:
    """What the first question costs, and the bytes before and after it."""
    git(setting.top, "worktree", "add", "-q", "-b", "second", str(folder))
    other = Tree(folder)
    listed = [str(file.relative_to(setting.top)) for file in setting.files()]
    for number, path in enumerate(listed[:: max(1, len(listed) // DIFFERENT)][:DIFFERENT]):
        edit(folder / path, number)
    other.commit()
    before = folder_size(setting.home)
    spent = Spent()
    with spent.measured():
        setting.ask("--here", top=folder)
    with Client(setting.home) as client:
        assert len(client.datasets()) == 1
        assert client.search("where_is_edit_7", here=folder)
    return spent, before, folder_size(setting.home)


def second_dataset(setting: Setting) -> tuple[Spent, int, int]:
    """What it costs to add that branch, and the bytes before and after it."""
    before = folder_size(setting.home)
    spent = Spent()
    command = [
        sys.executable,
        "-m",
        "ccingest",
        "add",
        f"second={setting.top}",
        "--branch",
        "second",
    ]
    environment = {**os.environ, "CCINGEST_HOME": str(setting.home)}
    with spent.measured():
        subprocess.run(command, env=environment, check=True, capture_output=True)
    return spent, before, folder_size(setting.home)


def together(folder: Path, processes: int, hits: int) -> tuple[int, int, float]:
    """How many hits were checked, how many answers were of the last version, and the seconds."""
    files = {f"file{n}.py": text_of(f"file{n}", 0) for n in range(processes)}
    tree = Tree.make(folder / "small", {**FILES, **files})
    home = folder / "together"
    with Client(home) as client:
        client.ingest(str(tree.top))
    checked = late = 0
    start = time.perf_counter()
    while checked < hits:
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "app.asking_process", home, tree.top, str(n), "30"],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdout=subprocess.PIPE,
                text=True,
            )
            for n in range(processes)
        ]
        for one in running:
            out, _ = one.communicate()
            if one.returncode:
                sys.exit("A mixed answer: see above.")
            checked += int(out.split()[0])
            late += int(out.split()[1])
    return checked, late, time.perf_counter() - start


def table(title: str, spent: dict[str, Spent]) -> None:
    print(f"\n| {title} | seconds | of processor |\n| --- | --- | --- |")
    for name, one in spent.items():
        print(one.row(name))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("repository")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--hits", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=10)
    asked = parser.parse_args()
    now = datetime.now(timezone.utc)
    load = os.getloadavg()[0]
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, load {load:.1f}, {now:%Y-%m-%d %H:%M} UTC"
    )
    print(f"`python benchmarks/overlays.py {' '.join(sys.argv[1:])}`")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        git(folder, "clone", "-q", asked.repository, str(folder / "tree"))
        setting = Setting(folder / "home", folder / "tree")
        with Client(setting.home) as client:
            job = client.ingest(str(setting.top))
        assert job.counts
        count = len(git(setting.top, "ls-files").splitlines())
        print(f"\n{count:,} files, {job.counts.total_chunks:,} chunks")
        table("command", commands(setting, asked.rounds))
        table("in one process", staying(setting, asked.rounds))
        first = f"{DIFFERENT} files differ, first question"
        report_branch(first, second_branch(setting, folder / "second"))
        report_branch("the same as a dataset, added", second_dataset(setting))
        if asked.hits:
            checked, late, seconds = together(folder, asked.processes, asked.hits)
            print(
                f"\n{asked.processes} processes edited and asked at once: {checked:,} hits checked in "
                f"{seconds:.0f} s, no mixed one; {late} answers were of the last version, and said so."
            )


def report_branch(name: str, found: tuple[Spent, int, int]) -> None:
    spent, before, after = found
    table("second branch", {name: spent})
    share = 100 * (after - before) / before
    print(f"\nIt took {(after - before) / 1e6:.1f} MB beside {before / 1e6:.1f} MB: {share:.1f} %.")


if __name__ == "__main__":
    main()
