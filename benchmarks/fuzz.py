"""Feed everything that reads what others wrote with hostile inputs, and damage datasets.

    python benchmarks/fuzz.py [--seconds 3600] [--seed 0] [TARGET...]
    python benchmarks/fuzz.py --case TARGET SEED

Targets are references, branches, globs, rules (ignore and attribute files), config, notebooks, chunks
(files of repositories: chosen, decoded and cut), hosting (answers of GitHub's API), advertisements (of
a git server's refs), questions, pages (of sites, with robots.txt, sitemaps and llms.txt), answers (of a
web server, to a crawl), vectors (answers of an embedding service), folders (names, links and times),
parts (files of the index), stores (a home whose files are damaged, and commands that read it),
requests (HTTP, WebSocket, webhooks), agents (messages to an MCP server), and sockets (bytes to the
port of a server). A seed gives the same case each time; --case runs one of them again.
`grammar_fuzz.py` goes deeper into each grammar.

Findings are a crash, a hang, over 700 MB of memory, an internal error, a secret in what is printed, and
for a damaged dataset an answer that differs from the whole one's. Prints them as they are found and
then the number of cases of each target. Exits 1 when there was one. Cases run in child processes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from fuzzing import case
from fuzzing.stores import make_home
from fuzzing.targets import HOMED, TARGETS

STORES = "stores"
TURN = 10.0  # seconds of one target before the next has its turn; those with a home have four
HOME_TURNS = 4


@dataclass(slots=True)
class Report:
    cases: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def add(self, target: str, seed: int, what: str) -> None:
        line = f"{target} {seed}: {what}"
        self.findings.append(line)
        print(line, flush=True)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=0, help="of the first case of each target")
    parser.add_argument("--case", nargs=2, metavar=("TARGET", "SEED"))
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.child:
        target, first, seconds, folder = given.child
        case.run(target, int(first), float(seconds), folder)
        return 0
    chosen = [given.case[0]] if given.case else given.targets or [*TARGETS, *HOMED]
    unknown = set(chosen) - {*TARGETS, *HOMED}
    if unknown:
        parser.error(
            f"no such target: {', '.join(unknown)}; there are {', '.join((*TARGETS, *HOMED))}"
        )
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        if STORES in chosen:
            make_home(Path(name))
        if given.case:
            turn(given.case[0], int(given.case[1]), 0, name, report)
        else:
            rounds(chosen, given.seed, given.seconds, name, report)
    counts = ", ".join(f"{target} {count:,}" for target, count in report.cases.items())
    print(f"{counts}; {len(report.findings)} findings")
    return 1 if report.findings else 0


def rounds(targets: Sequence[str], seed: int, seconds: float, folder: str, report: Report) -> None:
    """Each target in turn until the time is over."""
    end = time.monotonic() + seconds
    following = dict.fromkeys(targets, seed)
    while True:
        for target in targets:
            left = end - time.monotonic()
            if left <= 0:
                return
            length = TURN * (HOME_TURNS if target in HOMED else 1)
            following[target] = turn(target, following[target], min(length, left), folder, report)


def turn(target: str, first: int, seconds: float, folder: str, report: Report) -> int:
    """Run cases for some seconds; returns the seed of the next one."""
    end = time.monotonic() + seconds
    following = first
    while True:
        left = max(end - time.monotonic(), 0)
        command = [sys.executable, __file__, "--child", target, str(following), str(left), folder]
        with tempfile.TemporaryFile() as errors:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
            assert child.stdout
            last, is_done = _read(child.stdout, target, report)
            code = child.wait()
            errors.seek(0)
            said = errors.read()[-1500:].decode("utf8", "replace")
        if last is None:
            report.add(target, following, f"the process did not start, {code}: {said}")
            return following + 1
        following = last + 1
        if code:
            report.add(target, last, f"crash or hang, exit code {code}: {said}")
        if is_done or time.monotonic() >= end:
            return following


def _read(lines: IO[bytes], target: str, report: Report) -> tuple[int | None, bool]:
    """What the process says until it ends; returns its last seed and whether it was done."""
    last: int | None = None
    is_done = False
    for line in lines:
        text = line.decode().strip()
        if text.startswith("!"):
            report.add(target, last or 0, text[2:])
        elif text == "end":
            is_done = True
        else:
            last = int(text)
            report.cases[target] += 1
    return last, is_done


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
