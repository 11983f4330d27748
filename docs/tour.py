"""Fills the tour in the README with what its commands print today: python docs/tour.py

The commands run in a clone of this repository, with a home of their own. tests/test_readme.py runs them
too, and fails when what they print is of another kind.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
JOB = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RICH = "/tmp/rich"  # where the reader makes the second repository
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> None:
    readme = ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf8").split("\n## A tour\n")
    tour, after = rest.split("\n## ", 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["git", "clone", "-q", ROOT, folder / "ccingest"], check=True)
        tour = filled(tour, folder)
    readme.write_text(f"{before}\n## A tour\n{tour}\n## {after}", encoding="utf8")


def filled(tour: str, folder: Path) -> str:
    """The tour with the output of each of its commands, run in `folder`/ccingest."""
    jobs: dict[str, str] = {}  # of the README -> here

    def fill(block: re.Match[str]) -> str:
        lines = []
        for part in re.split(r"^\$ ", block[1], flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            for there, here in jobs.items():
                command = command.replace(there[:8], here[:8])
            printed = run(command, folder)
            jobs.update(zip(JOB.findall(shown), JOB.findall(printed), strict=False))
            lines.append(f"$ {command}\n{printed}")
        return f"```console\n{''.join(lines)}```"

    return _BLOCK.sub(fill, tour)


def run(command: str, folder: Path) -> str:
    """What the command prints, in a pipe. Raises CalledProcessError."""
    rich = str(folder / "rich")
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command.replace(RICH, rich)],
        cwd=folder / "ccingest",
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CCINGEST_HOME": str(folder / "home"),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return done.stdout.replace(rich, RICH).replace(str(folder), "/home/you")


if __name__ == "__main__":
    main()
