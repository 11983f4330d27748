"""One server under load: questions at a fixed rate, WebSocket clients, and an ingest all the while.

    python benchmarks/server_load.py [--seconds 300] [--rate 50] [--clients 100] [--repeated 0.5]

A dataset of about 10,000 chunks is made of Python's standard library, and another is made again and
again by the server's one worker. Questions are the first lines of docstrings, each another one; with
`--repeated` that share of them is one of a hundred that come again and again. They are sent by the
clock, whether or not the last one was answered, and the time of an answer counts from when its
question was due. The load comes from this process, which shares the machine with the server: so it
writes its requests itself, to take little of the processor.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import os
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

CHUNKS = 10_000
CHARACTERS_OF_A_CHUNK = 1090  # in the standard library, measured
INGESTED = 150  # files of the dataset that is made again
_LIMIT = 0.150  # seconds, of the 95th percentile
_POPULAR = 100  # questions that come again


@dataclass
class Seen:
    """What the clients saw."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    messages: int = 0
    delays: list[float] = field(default_factory=list)  # from an event to one client
    ingests: int = 0
    processor: float = 0.0  # seconds that the server used for all of it
    load: float = 0.0  # and this process


def sources() -> Iterator[Path]:
    """Modules of the standard library, without its tests."""
    root = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).parts
        if not {"test", "tests", "site-packages", "idlelib", "lib2to3"} & set(parts):
            yield path


def repository(folder: Path, files: list[Path]) -> Path:
    root = Path(sysconfig.get_paths()["stdlib"])
    for path in files:
        target = folder / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def questions(files: list[Path]) -> list[str]:
    found = []
    for path in files:
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                lines = (ast.get_docstring(node) or "").splitlines()
                found += [lines[0]] if lines and 20 < len(lines[0]) < 120 else []
    random.Random(1).shuffle(found)
    return list(dict.fromkeys(found))


def in_order(found: list[str], count: int, repeated: float) -> list[str]:
    """As many questions as are wanted, of which a share is `repeated`: one of a few. The others come
    once; when there are too few of these, they are asked again with another word."""
    chance = random.Random(2)
    popular, others = found[:_POPULAR], found[_POPULAR:]
    asked: list[str] = []
    for number in range(count):
        if chance.random() < repeated:
            asked.append(chance.choice(popular))
        else:
            turn, place = divmod(number, len(others))
            word = chance.choice(chance.choice(others).split()) if turn else ""
            asked.append(f"{others[place]} {word}".strip())
    return asked


def main(seconds: float, rate: float, clients: int, repeated: float) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chosen, size = [], 0
        for path in sources():
            if size < CHUNKS * CHARACTERS_OF_A_CHUNK:
                chosen.append(path)
                size += path.stat().st_size
        large = repository(folder / "large", chosen)
        small = repository(folder / "small", chosen[-INGESTED:])
        asked = in_order(questions(chosen), int(seconds * rate) + 1, repeated)
        log = folder / "log"
        with log.open("wb") as stderr:
            server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "ccingest", "serve", "--port", "0"),
                    *("--allow-folder", name),
                ],
                env={**os.environ, "CCINGEST_HOME": str(folder / "home")},
                stderr=stderr,
                stdout=subprocess.DEVNULL,
            )
        try:
            url = address(log)
            chunks = add(url, large)
            before, own = cpu(server.pid), time.process_time()
            seen = asyncio.run(load(url, asked, small, seconds, rate, clients))
            seen.processor, seen.load = cpu(server.pid) - before, time.process_time() - own
            return report(url, server.pid, seen, chunks, seconds)
        finally:
            server.terminate()
            server.wait(60)


def address(log: Path) -> str:
    while True:
        words = log.read_text(encoding="utf8").split()
        if len(words) > 2:
            return words[2].rstrip(";")
        time.sleep(0.05)


def add(url: str, path: Path) -> int:
    """Make a dataset; returns its chunks."""
    body = {"path": str(path)}
    job = httpx.post(f"{url}/projects/default/ingest/local", json=body).json()["jobId"]
    while (found := httpx.get(f"{url}/jobs/{job}").json())["status"] in ("pending", "in_progress"):
        time.sleep(0.2)
    assert found["status"] == "completed", found
    return int(found["totalChunks"])


async def load(
    url: str, asked: list[str], small: Path, seconds: float, rate: float, clients: int
) -> Seen:
    seen = Seen()
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        connections = Connections(url)
        for text in asked[-20:]:  # the first questions load the model and the table
            await ask(connections, text, time.monotonic(), Seen())
        end = time.monotonic() + seconds
        watching = [asyncio.create_task(watch(url, seen)) for _ in range(clients)]
        ingesting = asyncio.create_task(ingest(client, small, seen, end))
        running, start, number = set(), time.monotonic(), 0
        while (due := start + number / rate) < end:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            task = asyncio.create_task(ask(connections, asked[number], due, seen))
            running.add(task)
            task.add_done_callback(running.discard)
            number += 1
        await asyncio.gather(*running)
        await ingesting
        for one in watching:
            one.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    return seen


class Connections:
    """Connections that stay open, one for each question that waits for its answer."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._host, self._port = host, int(port)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, body: object) -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError and EOFError."""
        # The server closes those that are idle for some seconds.
        while self._idle and self._idle[-1][0].at_eof():
            self._idle.pop()[1].close()
        if not self._idle:
            self._idle.append(await asyncio.open_connection(self._host, self._port, limit=2**20))
        reader, writer = connection = self._idle.pop()
        content = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
        writer.write(
            f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        headers = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(headers.partition(b"content-length: ")[2].partition(b"\r")[0])
        answer = await reader.readexactly(length)
        self._idle.append(connection)
        return int(headers.split(b" ", 2)[1]), answer


async def ask(connections: Connections, text: str, due: float, seen: Seen) -> None:
    body = {"query": text, "dataset": "large", "topK": 5}
    try:
        status, answer = await connections.post("/projects/default/query", body)
    except (OSError, EOFError) as error:
        seen.errors.append(type(error).__name__)
        return
    seen.seconds.append(time.monotonic() - due)
    if status != 200 or b'"results":[{' not in answer:
        seen.errors.append(f"{status}: {answer[:200]!r}")


async def watch(url: str, seen: Seen) -> None:
    async with connect(f"ws{url.removeprefix('http')}/ws", compression=None) as socket:
        await socket.recv()
        async for text in socket:
            moment = str(text).partition('"timestamp":"')[2].partition('"')[0]
            at = datetime.fromisoformat(moment.replace("Z", "+00:00"))
            seen.delays.append(time.time() - at.timestamp())
            seen.messages += 1


async def ingest(client: httpx.AsyncClient, path: Path, seen: Seen, end: float) -> None:
    while time.monotonic() < end:
        body = {"path": str(path), "force": True}
        answer = await client.post("/projects/default/ingest/local", json=body)
        job = answer.json()["jobId"]
        while True:
            await asyncio.sleep(0.3)
            status = (await client.get(f"/jobs/{job}")).json()["status"]
            if status not in ("pending", "in_progress"):
                break
        seen.ingests += 1
        if status != "completed":
            seen.errors.append(f"ingest {status}")


def cpu(pid: int) -> float:
    """Seconds of processor that the process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(url: str, pid: int, seen: Seen, chunks: int, seconds: float) -> int:
    late, delays = sorted(seen.seconds), sorted(seen.delays)

    def share(values: list[float], part: float) -> float:
        return 1000 * values[min(len(values) - 1, int(len(values) * part))] if values else 0.0

    metrics = httpx.get(f"{url}/metrics").text.splitlines()
    dropped = next(line for line in metrics if line.startswith("ccingest_dropped")).split()[1]
    kept = [line for line in metrics if line.startswith('ccingest_questions_total{answer="kept"}')]
    share_kept = float(kept[0].split()[-1]) / max(len(late), 1) if kept else 0.0
    memory = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    peak = int(next(line for line in memory.splitlines() if line.startswith("VmHWM")).split()[1])
    print(
        "| chunks | s | questions | kept answers | errors | p50, ms | p95, ms | p99, ms | most, ms |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    print(
        f"| {chunks:,} | {seconds:.0f} | {len(late):,} | {100 * share_kept:.0f} % "
        f"| {len(seen.errors)} | {share(late, 0.5):.1f} "
        f"| {share(late, 0.95):.1f} | {share(late, 0.99):.1f} | {share(late, 1):.1f} |"
    )
    print()
    print(
        "| messages | p50, ms | p95, ms | dropped | ingests | CPU of the server, s | of the load, s "
        "| its peak, MB |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    print(
        f"| {seen.messages:,} | {share(delays, 0.5):.0f} | {share(delays, 0.95):.0f} | {dropped} "
        f"| {seen.ingests} | {seen.processor:.1f} | {seen.load:.1f} | {peak / 1000:.0f} |"
    )
    for error in seen.errors[:5]:
        print(error, file=sys.stderr)
    return 1 if seen.errors or share(late, 0.95) > 1000 * _LIMIT else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--rate", type=float, default=50, help="questions a second")
    parser.add_argument("--clients", type=int, default=100, help="of the WebSocket")
    parser.add_argument("--repeated", type=float, default=0, help="share of the questions, 0 to 1")
    given = parser.parse_args()
    sys.exit(main(given.seconds, given.rate, given.clients, given.repeated))
