"""Which repositories of the line questions are here, and one home with an index of each.

    python benchmarks/line_repositories.py QUESTIONS MIRRORS [HOME] [--root]

QUESTIONS is a folder like ../shared/retrieval/lines (repos.tsv: name, language, owner/repo, commit,
root). A mirror of owner/repo is MIRRORS/owner+repo/repo, bare. Prints what is missing. With HOME
each that is there is added as the dataset NAME, or with --root only its root as NAME.root; what is
in HOME already stays. So a change of the ranking is judged on all questions in minutes: see
benchmarks/ranking_cases.py.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mirror:
    name: str
    language: str
    git: Path
    sha: str
    root: str  # only this folder; empty: all of it

    @property
    def is_here(self) -> bool:
        """Whether the commit is in the mirror."""
        command = ["git", "-C", str(self.git), "cat-file", "-e", f"{self.sha}^{{commit}}"]
        return self.git.exists() and not subprocess.run(command, check=False).returncode


def read_mirrors(questions: Path, mirrors: Path) -> Iterable[Mirror]:
    for line in (questions / "repos.tsv").read_text(encoding="utf8").splitlines():
        name, language, repository, sha, root = [*line.split("\t"), ""][:5]
        yield Mirror(name, language, mirrors / repository.replace("/", "+") / "repo", sha, root)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("questions", type=Path)
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("home", type=Path, nargs="?")
    parser.add_argument("--root", action="store_true", help="index the roots of repos.tsv only")
    arguments = parser.parse_args()
    missing = 0
    for mirror in read_mirrors(arguments.questions, arguments.mirrors):
        if not mirror.is_here:
            missing += 1
            print(f"{mirror.name}: no {mirror.sha} in {mirror.git}")
        elif arguments.home:
            add(mirror, arguments.home, arguments.root)
    print(f"{missing} missing")
    return min(missing, 1)


def add(mirror: Mirror, home: Path, root: bool) -> None:
    of_root = root and bool(mirror.root)
    flags = ["--sha", mirror.sha, "--dataset", f"{mirror.name}.root" if of_root else mirror.name]
    if of_root:
        flags += ["--include", f"/{mirror.root}/"]
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", "github", "add", str(mirror.git), *flags],
        env={**os.environ, "CCINGEST_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    print(f"{mirror.name}: {(done.stdout + done.stderr).strip().splitlines()[-1]}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
