"""How long after an event is written does `ccingest watch --json` print its line?

    python benchmarks/event_latency.py [--events 500] [--postgres]

A process of its own watches; this one writes events of one job, one every 10 to 60 ms. Also printed
is the share of a core that the watcher takes meanwhile, and when nothing happens. With `--postgres`,
over a database of a real server.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from ccingest.db.connection import connect
from ccingest.models import JobRequest
from ccingest.queue.enqueue import enqueue
from ccingest.settings import Settings
from ccingest.sources.references import parse_reference

if TYPE_CHECKING:
    from postgres_server import PostgresServer

IDLE_SECONDS = 10.0


def _postgres(stack: ExitStack) -> PostgresServer | None:
    from postgres_server import running_server  # needs psycopg

    return stack.enter_context(running_server())


def main(events: int, *, postgres: bool = False) -> None:
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        server = _postgres(stack) if postgres else None
        settings = Settings(Path(home), database_url=server.new_database() if server else "")
        with closing(connect(settings.database)) as connection:
            request = JobRequest(parse_reference("org/repo"), "default", "org-repo")
            job = enqueue(connection, request, claim_as="w", lease_seconds=300).job
            watch = subprocess.Popen(
                [sys.executable, "-m", "ccingest", "watch", job.id, "--json"],
                env={
                    **os.environ,
                    "CCINGEST_HOME": home,
                    "CCINGEST_DATABASE": settings.database_url,
                },
                stdout=subprocess.PIPE,
                text=True,
            )
            seen: dict[str, float] = {}
            reader = threading.Thread(target=read, args=(watch, seen))
            reader.start()
            while len(seen) < 2:  # queued, claimed
                time.sleep(0.01)
            written: dict[str, float] = {}
            began, before = time.monotonic(), cpu(watch.pid)
            for number in range(events):
                time.sleep(random.uniform(0.01, 0.06))
                connection.execute("UPDATE jobs SET error = ? WHERE id = ?", (str(number), job.id))
                written[str(number)] = time.time()
            busy = (cpu(watch.pid) - before) / (time.monotonic() - began)
            before = cpu(watch.pid)
            time.sleep(IDLE_SECONDS)
            idle = (cpu(watch.pid) - before) / IDLE_SECONDS
            watch.terminate()
            reader.join()
    late = sorted(1000 * (seen[error] - at) for error, at in written.items())
    print("| events | median, ms | p99, ms | most, ms | core, busy | core, idle |")
    print("| --- | --- | --- | --- | --- | --- |")
    print(
        f"| {len(late)} | {statistics.median(late):.0f} | {late[int(len(late) * 0.99)]:.0f} "
        f"| {late[-1]:.0f} | {busy:.1%} | {idle:.1%} |"
    )


def read(watch: subprocess.Popen[str], seen: dict[str, float]) -> None:
    assert watch.stdout
    for line in watch.stdout:
        data = json.loads(line)["data"]
        seen[data["error"] or data["status"]] = time.time()


def cpu(pid: int) -> float:
    """Seconds of processor that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args()
    main(asked.events, postgres=asked.postgres)
