"""What deploy/postgres.compose.yaml starts, as processes of this machine, without Docker.

    python deploy/try.py

Runs each service's command with its environment: a real Postgres (Debian's package), a real S3 server
(moto), and as many workers and readers as the file says, each with an empty home of its own. Adds three
repositories, asks every reader for a name in each, ends all with SIGTERM, and says how long it took.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import yaml  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from git_server import GitServer
from postgres_server import running_server
from s3_server import running as running_s3

HERE = Path(__file__).parent
NAMES = ("checkout", "invoice", "delivery")
TOKEN = "a-token-to-try-with"
PATIENCE = 300.0  # seconds, on a machine that does much else


def main() -> int:
    services = yaml.safe_load((HERE / "postgres.compose.yaml").read_text())["services"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(running_server())
        if postgres is None:
            sys.exit("Postgres is not installed: apt-get install postgresql")
        s3 = stack.enter_context(running_s3())
        s3.restore()
        known = {
            "CCINGEST_DATABASE": postgres.new_database(),
            "CCINGEST_STORE": "s3://bucket/team",
            **s3.environment,
        }
        (folder / "token").write_text(TOKEN)
        (folder / "token").chmod(0o600)
        git = stack.enter_context(GitServer(folder / "served").running())
        for name in NAMES:
            git.add(f"org/{name}", {f"{name}.py": f"def {name}_of(order):\n    return order\n"})
        workers = [
            start(folder, services["worker"], known, n) for n in replicas(services, "worker")
        ]
        readers = [
            start(folder, services["reader"], known, n) for n in replicas(services, "reader")
        ]
        try:
            return 1 if wrong(folder, known, git.url, readers, workers) else 0
        finally:
            for process, _ in (*workers, *readers):
                process.kill()


def replicas(services: dict[str, Any], name: str) -> range:
    return range(services[name]["deploy"]["replicas"])


def start(
    folder: Path, service: dict[str, Any], known: dict[str, str], number: int
) -> tuple[subprocess.Popen[bytes], Path]:
    """A container's process, and what it writes."""
    name = f"{service['command'][0]}{number}"
    given = service.get("environment", {})
    missing = [one for one in known if one not in given]
    assert not missing, f"{name} does not get {missing}"
    # Any port is as good, and all are on one machine.
    replaced = {
        "--host=0.0.0.0": "--host=127.0.0.1",
        "--port=3030": "--port=0",
        "--token-file=/run/secrets/token": f"--token-file={folder / 'token'}",
    }
    arguments = [replaced.get(word, word) for word in service["command"]]
    log = folder / f"{name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "ccingest", *arguments],
            env=environment(folder / name, known),
            stderr=file,
            stdout=file,
        )
    return process, log


def environment(home: Path, known: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **known, "CCINGEST_HOME": str(home)}


def ccingest(folder: Path, known: dict[str, str], *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "ccingest", *arguments, "--json"],
        env=environment(folder / "asks", known),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def wrong(
    folder: Path,
    known: dict[str, str],
    git_url: str,
    readers: list[tuple[subprocess.Popen[bytes], Path]],
    workers: list[tuple[subprocess.Popen[bytes], Path]],
) -> bool:
    began = time.monotonic()
    for name in NAMES:
        ccingest(folder, known, "add", f"{git_url}/org/{name}", "--detach")
    until(lambda: statuses(folder, known) == ["completed"] * len(NAMES))
    print(
        f"{len(NAMES)} repositories were ready {time.monotonic() - began:.1f} s after they were added"
    )
    for _, log in readers:
        until(lambda log=log: log.read_text().startswith("ccingest serves "))  # type: ignore[misc]
        url = log.read_text().split()[2].rstrip(";")
        for name in NAMES:
            until(lambda url=url, name=name: first_file(url, name) == f"{name}.py")  # type: ignore[misc]
        print(f"{log.stem} answers over all of them")
    ended = [end(process) for process, _ in (*workers, *readers)]
    codes = sorted({code for code, _ in ended})
    print(f"all ended with {codes}, the slowest {max(s for _, s in ended):.1f} s after SIGTERM")
    return codes != [0]


def statuses(folder: Path, known: dict[str, str]) -> list[str]:
    return [job["status"] for job in ccingest(folder, known, "history")["jobs"]]


def first_file(url: str, name: str) -> str:
    request = Request(
        f"{url}/projects/default/query",
        data=json.dumps({"query": f"{name} of an order"}).encode(),
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=60) as answer:
            results = json.load(answer)["results"]
            return str(results[0]["file"]) if results else ""
    except URLError:
        return ""


def end(process: subprocess.Popen[bytes]) -> tuple[int, float]:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    return process.wait(60), time.monotonic() - began


def until(holds: Any) -> None:
    end_at = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end_at, f"not within {PATIENCE:.0f} s"
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
