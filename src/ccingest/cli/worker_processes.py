"""Several workers, each in a process of its own: the work is bound by the processor."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence

from ccingest.cli.output import stderr
from ccingest.models import WorkerSummary

_WATCH_INTERVAL = 0.2  # seconds
# Another process takes the place of one that was lost, but not for ever: something kills them.
_MOST_REPLACED = 5
_PAUSE = 1.0  # seconds more before each next one does


class WorkerProcesses:
    """Runs `ccingest worker` in `count` processes, and replaces those that are killed or crash."""

    def __init__(self, count: int, *, drain: bool, stop: threading.Event) -> None:
        self._count = count
        self._drain = drain
        self._stop = stop
        self._jobs: Counter[str] = Counter()
        self._lost = 0

    def run(self) -> WorkerSummary:
        """Until `stop` is set, or with `drain` until all have found nothing left to do.

        `lost_processes` of the result counts those that were not replaced.
        """
        running = [self._start() for _ in range(self._count)]
        replaced = 0
        try:
            while running and not self._stop.wait(_WATCH_INTERVAL):
                for process in [one for one in running if one.poll() is not None]:
                    running.remove(process)
                    if self._has_ended_well(process):
                        continue
                    if replaced == _MOST_REPLACED:
                        self._lost += 1
                        continue
                    stderr().print("ccingest: a worker process was killed; another takes its place")
                    self._stop.wait(replaced * _PAUSE)
                    replaced += 1
                    running.append(self._start())
        finally:
            self._end(running)
        return WorkerSummary(dict(self._jobs), self._stop.is_set(), self._lost)

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "ccingest", "worker", "--json"]
        # A session of its own: Ctrl-C reaches it once, through this process.
        return subprocess.Popen(
            [*command, "--drain"] if self._drain else command,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _has_ended_well(self, process: subprocess.Popen[str]) -> bool:
        """Counts its jobs too."""
        output, _ = process.communicate()
        if process.returncode != 0:
            return False
        self._jobs.update(json.loads(output)["jobs"])
        return True

    def _end(self, running: Sequence[subprocess.Popen[str]]) -> None:
        for process in running:
            process.terminate()
        for process in running:
            was_too_new = process.wait() == -signal.SIGTERM  # it did not listen to signals yet
            if not (self._has_ended_well(process) or was_too_new):
                self._lost += 1
