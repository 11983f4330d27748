"""How soon the MCP server answers, and how much memory it takes while nobody asks.

    python benchmarks/mcp_start.py [--runs N] [--home HOME]

Starts `ccingest mcp` over stdio as a client does, N times (default 7), over a home with this
repository's own source as a dataset, or HOME. Prints the medians of the time from the start of the
process to the answer to `initialize`, of the first and the second `search` after it, asked at once, and
the processor time of each; and the resident memory of a server that was initialized and then left alone,
and of one that has answered. Beside it a bare `import mcp.server`, as a measure of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import IO, Any

REPOSITORY = Path(__file__).parent.parent
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "mcp_start", "version": "1"},
}
QUESTION = {"name": "search", "arguments": {"query": "when is a failed job tried again"}}
IDLE_SECONDS = 5.0  # after which all that is loaded ahead is there
_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    def __init__(self, home: Path) -> None:
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ccingest", "mcp"],
            env={**os.environ, "CCINGEST_HOME": str(home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._number = 0

    def ask(self, method: str, params: Any) -> Any:
        self._number += 1
        line = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        writing, reading = _both(self.process)
        writing.write(json.dumps(line).encode() + b"\n")
        writing.flush()
        return json.loads(reading.readline())["result"]

    def cpu(self) -> float:
        """Seconds of the processor that the process has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--home", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = arguments.home or made_home(Path(folder, "home"))
        asked = [measured(home) for _ in range(arguments.runs)]
        idle = [idle_megabytes(home) for _ in range(2)]
        bare = [bare_import() for _ in range(arguments.runs)]
    print("| what | seconds, median | of the processor |\n| --- | --- | --- |")
    for name in ("initialize", "first search", "second search"):
        wall, cpu = (median(one[name][place] for one in asked) for place in (0, 1))
        print(f"| {name} | {wall:.2f} | {cpu:.2f} |")
    print(f"| beside: `import mcp.server` | {median(bare):.2f} | |")
    used = median(one["memory"][0] for one in asked)
    print(f"\nmemory: {max(idle):.0f} MB idle, {used:.0f} MB after a search")
    return 0


def measured(home: Path) -> dict[str, tuple[float, float]]:
    """Seconds and seconds of the processor of each step."""
    server = Server(home)
    server.ask("initialize", HELLO)
    found = {"initialize": (time.perf_counter() - server.started, server.cpu())}
    for name in ("first search", "second search"):
        start, cpu = time.perf_counter(), server.cpu()
        assert server.ask("tools/call", QUESTION)["structuredContent"]["hits"]
        found[name] = (time.perf_counter() - start, server.cpu() - cpu)
    found["memory"] = (server.megabytes(), 0.0)
    server.end()
    return found


def idle_megabytes(home: Path) -> float:
    server = Server(home)
    server.ask("initialize", HELLO)
    time.sleep(IDLE_SECONDS)
    megabytes = server.megabytes()
    server.end()
    return megabytes


def bare_import() -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import mcp.server"], check=True)
    return time.perf_counter() - start


def made_home(home: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "ccingest", "add", str(REPOSITORY), "--include", "/src/", "-q"],
        env={**os.environ, "CCINGEST_HOME": str(home)},
        check=True,
    )
    return home


def _both(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin
    assert process.stdout
    return process.stdin, process.stdout


if __name__ == "__main__":
    sys.exit(main())
