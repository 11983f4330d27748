"""Messages to an MCP server, over the standard streams of a process of its own.

After each hostile message a good one is answered, or something is wrong.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from fuzzing import door_samples as doors
from fuzzing.doors import home_of
from fuzzing.processes import Watched
from fuzzing.texts import hostile_bytes, hostile_value

_SECONDS = 90.0  # by the clock
_MOST_WAITS = 10  # of so many seconds each, while it gets no processor
_LATEST = 20  # messages whose answers may still come
_CPU_SECONDS = 10.0
_CPU_OF_A_LINE = 0.001  # each line is a message, with an answer of its own


class _Server(Watched):
    def __init__(self, home: Path) -> None:
        self.errors = home / f"mcp-{os.getpid()}.err"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ccingest", "mcp"],
                env={**os.environ, "CCINGEST_HOME": str(home)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=home,
            )
        atexit.register(self.process.kill)
        self._number = 0
        self._rest = b""
        self.lengths = deque([0], maxlen=_LATEST)  # of the last messages, in bytes
        self.answered("initialize", doors.INITIALIZE)
        self.write(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')

    def write(self, line: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def answered(self, method: str, params: Any) -> list[bytes]:
        """What the server says until it answers this request."""
        self._number += 1
        number = f"own-{self._number}"
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self.write(json.dumps(request).encode() + b"\n")
        said: list[bytes] = []
        end = time.monotonic() + _SECONDS
        while True:
            for line in self._lines(end):
                said.append(line)
                if json.loads(line).get("id") == number:
                    return said

    def _lines(self, end: float) -> list[bytes]:
        assert self.process.stdout
        for _ in range(_MOST_WAITS):
            left = max(0.0, end - time.monotonic())
            ready, _, _ = select.select([self.process.stdout], [], [], left)
            if ready or not self.waits_for_the_processor():
                break
            end += _SECONDS
        data = os.read(self.process.stdout.fileno(), 1 << 20) if ready else b""
        assert data, f"no answer, exit code {self.process.poll()}: {self.said()}"
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


@lru_cache
def _server(folder: Path) -> _Server:
    return _Server(home_of(folder))


def agents(random: Random, folder: Path) -> Iterator[str]:
    server = _server(folder)
    line = _message(random)
    before = server.cpu()
    server.lengths.append(len(line))
    server.write(line + b"\n")
    for answer in server.answered("ping", {}):
        document = json.loads(answer)
        assert isinstance(document, dict), answer
        assert document.get("error", {}).get("code") != -32603, f"{line[:500]!a}: {answer[:800]!a}"
        # The SDK repeats ids and names of methods that there are not; on a busy machine the answer to a
        # message may come after the next ones.
        most = 200_000 + 7 * max(server.lengths)
        assert len(answer) < most, f"{line[:300]!a}: {len(answer)} bytes"
        yield answer.decode()
    taken = server.cpu() - before
    most_cpu = _CPU_SECONDS + _CPU_OF_A_LINE * (line.count(b"\n") + line.count(b"\r"))
    assert taken < most_cpu, f"{line[:500]!a}: {taken:.1f} s of the processor"
    assert server.is_small(), f"{line[:500]!a}: {server.peak() // 1024} MB"
    said = server.said()
    assert "Traceback" not in said, f"{line[:500]!a}: {said}"
    yield said


def _message(random: Random) -> bytes:
    number: Any = random.choice([1, 2, "a", hostile_value(random, 1)])
    if random.random() < 0.6:
        name, arguments = random.choice(doors.CALLS)
        arguments = {k: v for k, v in arguments.items() if random.random() < 0.8}
        for _ in range(random.choice([0, 1, 2])):
            arguments = hostile_value(random, arguments)
        method, params = "tools/call", {"name": name, "arguments": arguments}
    else:
        method, params = random.choice(doors.METHODS)
    document: Any = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    for _ in range(random.choice([0, 0, 1, 2])):
        document = hostile_value(random, document)
    text = json.dumps(document)
    return hostile_bytes(random, [text]) if random.random() < 0.2 else text.encode()
