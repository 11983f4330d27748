"""A server that is started over a home: how long until it answers, and what it holds then.

    CCINGEST_HOME=HOME python restart.py [QUESTION]

The server is the one that `ccingest serve` starts, with its question processes and no worker. Memory and
open files are those of all its processes. Linux only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from urllib.request import Request, urlopen

from processes import memory_of, open_files, tree

_MORE = 10  # questions after the first, each another one


@dataclass(frozen=True, slots=True)
class Restarted:
    first: float  # seconds from the start to the first answer
    more_ms: float  # median of the questions after it
    all_mb: float  # pages that processes share counted once
    own_mb: float  # without mapped files
    open_files: int


def main() -> int:
    print(
        restarted(os.environ["CCINGEST_HOME"], " ".join(sys.argv[1:]) or "where are errors handled")
    )
    return 0


def restarted(home: str, question: str) -> Restarted:
    start = time.perf_counter()
    with _server(home) as (url, pid):
        _ask(url, question)
        first = time.perf_counter() - start
        spent = []
        for number in range(_MORE):
            began = time.perf_counter()
            _ask(url, f"{question} {number}")
            spent.append(1000 * (time.perf_counter() - began))
        processes = tree(pid)
        memory = [memory_of(process) for process in processes]
        return Restarted(
            first,
            median(spent),
            sum(one.all_mb for one in memory),
            sum(one.own_mb for one in memory),
            sum(map(open_files, processes)),
        )


@contextmanager
def _server(home: str) -> Iterator[tuple[str, int]]:
    """Its address and its process."""
    command = [sys.executable, "-m", "ccingest", "serve", "--port", "0", "--workers", "0"]
    env = {**os.environ, "CCINGEST_HOME": home}
    server = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert server.stderr
    try:
        # ccingest serves http://127.0.0.1:40437; ...
        yield server.stderr.readline().split()[2].rstrip(";"), server.pid
    finally:
        server.terminate()
        server.communicate(timeout=60)


def _ask(url: str, question: str) -> None:
    body = json.dumps({"query": question, "topK": 5}).encode()
    request = Request(f"{url}/projects/default/query", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=300) as answer:
        if not json.load(answer)["results"]:
            raise SystemExit(f"The server found nothing for {question!r}.")


if __name__ == "__main__":
    sys.exit(main())
