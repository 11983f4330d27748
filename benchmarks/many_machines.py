"""Many small repositories by workers on several machines, with Postgres and an object store.

    python benchmarks/many_machines.py [--repositories 1000] [--workers 2 4] [--pinned] [--folder DIR]

Makes up small repositories, and ingests all of them by one worker and by each of these numbers of
workers, each with a home of its own, as on as many machines: first without servers, where each takes
its share of the repositories, and then on a database server and an object store. Then a home with an
empty cache asks a question about all of them, from the start of the command, and a reader is started,
until it is ready. Postgres and moto's S3 server run on this machine beside the workers, and take
processor time from them: the times of the workers' own processes are given beside those of the clock.
Workers that share cores take more processor time for the same work, with servers or without: a line is
compared with as many workers without servers. With --pinned each worker keeps to one core, as on a
machine that has one. Prints Markdown, each line as soon as it is known, and on
stderr how far it is.

The S3 server keeps its objects in memory: about 0.3 MB for each repository. Each run has another one.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from ccingest import Client
from git_server import make_repository
from postgres_server import PostgresServer, running_server

BUCKET = "s3://bucket"
FILES = 8  # of a repository
WORDS = (
    "basket",
    "lease",
    "token",
    "parser",
    "folder",
    "server",
    "commit",
    "price",
    "queue",
    "shard",
)
S3 = "import sys; from moto.server import main; main(sys.argv[1:])"
COMMAND = (sys.executable, "-m", "ccingest")
LONGEST = 120.0  # seconds
TELL_EVERY = 15.0  # seconds


@dataclass(frozen=True)
class Spent:
    """What it took. Times in seconds."""

    wall: float
    processor: float  # of all child processes together


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repositories", type=int, default=1000)
    parser.add_argument("--workers", type=int, nargs="+", default=[2])
    parser.add_argument("--pinned", action="store_true")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        began = time.perf_counter()
        repositories = made_up(folder / "repositories", asked.repositories)
        tell(f"{len(repositories)} repositories made in {time.perf_counter() - began:.0f} s")
        print(f"{datetime.now(timezone.utc):%Y-%m-%d}, {os.cpu_count()} cores, {machine()}")
        print(f"`python benchmarks/{' '.join([Path(sys.argv[0]).name, *sys.argv[1:]])}`\n")
        print("| workers | repositories a second | processor time a repository (s) | throughput |")
        print("| --- | --- | --- | --- |", flush=True)
        with running_server() as postgres:
            assert postgres, "Postgres is not installed"
            measure(folder, repositories, asked, postgres)
    return 0


def measure(
    folder: Path,
    repositories: Sequence[Path],
    asked: argparse.Namespace,
    postgres: PostgresServer,
) -> None:
    singles: dict[str, Spent] = {}
    numbers = sorted({1, *asked.workers})
    for workers in numbers:
        homes = [folder / f"alone{workers}" / f"worker{number}" for number in range(workers)]
        alone = ingested_apart(homes, repositories, is_pinned=asked.pinned)
        single = singles.setdefault("embedded", alone)
        show(f"{workers}, embedded", len(repositories), alone, single)
        with servers(folder / f"with{workers}", postgres) as team:
            homes = [folder / f"with{workers}" / f"worker{number}" for number in range(workers)]
            spent = ingested(homes, repositories, team, is_pinned=asked.pinned)
            single = singles.setdefault("servers", spent)
            show(f"{workers}, Postgres and S3", len(repositories), spent, single, alone)
            if workers == numbers[-1]:
                ask(folder, team)
        shutil.rmtree(folder / f"with{workers}")


def show(
    name: str, repositories: int, spent: Spent, single: Spent, alone: Spent | None = None
) -> None:
    """A line of the table, and how it compares: with one worker by the clock, and with as many workers
    without servers by the processor time."""
    rate, each = repositories / spent.wall, spent.processor / repositories
    than_single = f"{single.wall / spent.wall:.2f} times as many a second as 1"
    than_alone = f"{alone.processor / spent.processor:.2f} of embedded ones" if alone else ""
    print(f"| {name} | {rate:.2f} ({than_single}) | {each:.3f} | {than_alone} |", flush=True)


def ask(folder: Path, team: Mapping[str, str]) -> None:
    print("\nA question about all, from the start of the command to its answer:\n")
    for kind, home, settings in (
        ("a third home, empty", folder / "third", team),
        ("the same again", folder / "third", team),
        ("embedded", folder / "alone1" / "worker0", {}),
    ):
        spent = asked_by(home, settings)
        print(f"- {kind}: {spent.wall:.2f} s, of the processor {spent.processor:.2f} s", flush=True)
    print(f"\nA reader, empty: {until_ready(folder / 'reader', team):.2f} s until it is ready.")


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def servers(folder: Path, postgres: PostgresServer) -> Iterator[dict[str, str]]:
    """The environment of machines that share a fresh database and a fresh object store."""
    folder.mkdir()
    with s3_server(folder) as environment:
        yield {
            **environment,
            "CCINGEST_DATABASE": postgres.new_database(),
            "CCINGEST_STORE": f"{BUCKET}/many",
        }


def made_up(folder: Path, count: int) -> list[Path]:
    """Small bare repositories, each with other functions."""
    made = []
    for number in range(count):
        draw = random.Random(number)
        files = {f"src/{draw.choice(WORDS)}_{n}.py": text_of(draw, n) for n in range(FILES)}
        made.append(folder / f"org{number % 10}-repo{number}")
        make_repository(made[-1], files)
    return made


def text_of(draw: random.Random, number: int) -> str:
    functions = []
    for at in range(draw.randint(2, 8)):
        first, second = draw.choice(WORDS), draw.choice(WORDS)
        functions.append(
            f"def {first}_{second}_{number}_{at}({first}, {second}):\n"
            f'    """The {first} of a {second}, {draw.randint(1, 999)} at most."""\n'
            f"    if {first} is None:\n        raise ValueError('no {first}')\n"
            f"    return [{second} for {second} in {first} if {second} > {draw.randint(1, 99)}]\n"
        )
    return "\n\n".join(functions)


def ingested(
    homes: Sequence[Path],
    repositories: Sequence[Path],
    settings: Mapping[str, str],
    *,
    is_pinned: bool,
) -> Spent:
    """Queue all on the servers, and let a worker in each of these homes run what is queued."""
    with mock.patch.dict(os.environ, settings), Client(homes[0]) as client:
        for repository in repositories:
            client.enqueue(str(repository))
        return drained(homes, settings, is_pinned=is_pinned)


def ingested_apart(
    homes: Sequence[Path], repositories: Sequence[Path], *, is_pinned: bool
) -> Spent:
    """Queue an equal share in each of these homes, and let a worker in each run it."""
    for number, home in enumerate(homes):
        with Client(home) as client:
            for repository in repositories[number :: len(homes)]:
                client.enqueue(str(repository))
    return drained(homes, {}, is_pinned=is_pinned)


def drained(homes: Sequence[Path], settings: Mapping[str, str], *, is_pinned: bool) -> Spent:
    """Let a worker in each of these homes run what is queued."""
    start, used = time.perf_counter(), children_time()
    workers = [
        subprocess.Popen(
            [*(to_core(number) if is_pinned else ()), *COMMAND, "worker", "--drain"],
            env=environment_of(home, settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for number, home in enumerate(homes)
    ]
    while not have_ended(workers):
        tell(f"{len(homes)} workers: {time.perf_counter() - start:.0f} s")
    codes = [worker.returncode for worker in workers]
    assert not any(codes), codes
    return Spent(time.perf_counter() - start, children_time() - used)


def to_core(number: int) -> tuple[str, ...]:
    """What makes a command keep to one core."""
    cores = sorted(os.sched_getaffinity(0))
    return "taskset", "--cpu-list", str(cores[number % len(cores)])


def have_ended(workers: Sequence[subprocess.Popen[bytes]]) -> bool:
    """Wait until all have ended, or for a while."""
    end = time.monotonic() + TELL_EVERY
    try:
        for worker in workers:
            worker.wait(max(0.01, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def asked_by(home: Path, settings: Mapping[str, str]) -> Spent:
    """From the start of the command to its answer about all datasets."""
    start, used = time.perf_counter(), children_time()
    done = subprocess.run(
        [*COMMAND, "query", "the lease of a token", "--json"],
        env=environment_of(home, settings),
        capture_output=True,
        check=True,
    )
    assert b'"rank":' in done.stdout, done.stdout[:500]
    return Spent(time.perf_counter() - start, children_time() - used)


def until_ready(home: Path, settings: Mapping[str, str]) -> float:
    start = time.perf_counter()
    server = subprocess.Popen(
        [*COMMAND, "serve", "--read-only", "--port", "0"],
        env=environment_of(home, settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr
        line = server.stderr.readline()
        url = line.split()[2].rstrip(";")
        while time.perf_counter() < start + LONGEST:
            try:
                with urllib.request.urlopen(f"{url}/ready"):
                    return time.perf_counter() - start
            except urllib.error.HTTPError:
                time.sleep(0.05)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    raise AssertionError("the reader is never ready")


def environment_of(home: Path, settings: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, **settings, "CCINGEST_HOME": str(home)}


def children_time() -> float:
    """Processor time of child processes that have ended, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def s3_server(folder: Path) -> Iterator[dict[str, str]]:
    """The environment that leads to an S3 server, which is a process of its own."""
    with moto_process(folder) as port:
        urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}/bucket", method="PUT")
        ).close()
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
        }


@contextmanager
def moto_process(folder: Path) -> Iterator[int]:
    """moto's S3 server, without a bucket; its port."""
    with (folder / "s3.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", S3, "-H", "127.0.0.1", "-p", "0"], stdout=log, stderr=log
        )
    try:
        yield port_of(server, folder / "s3.log")
    finally:
        server.terminate()
        server.wait()


def port_of(server: subprocess.Popen[bytes], log: Path) -> int:
    end = time.monotonic() + LONGEST
    while time.monotonic() < end and server.poll() is None:
        for line in log.read_text().splitlines():
            if "Running on http://127.0.0.1:" in line:
                return int(line.rsplit(":", 1)[1].split()[0].strip("/"))
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def machine() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


if __name__ == "__main__":
    sys.exit(main())
