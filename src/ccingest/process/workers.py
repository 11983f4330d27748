"""Several workers, each in its own process, because the work is limited by the processor."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from ccingest.models import WorkerSummary
from ccingest.process.progress_pipe import ProgressReceiver
from ccingest.progress import Progress

_log = logging.getLogger(__name__)

_WATCH_INTERVAL = 0.2  # seconds
# A process that was lost is replaced, but not for ever, because something may kill each of them. One that
# has run for a while before is no sign of that.
_MOST_REPLACED = 5
_A_WHILE = 60.0  # seconds
# Seconds by which the wait grows with each replacement, and to which.
_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


class WorkerProcesses:
    """Runs `ccingest worker` in `count` processes, and replaces those that are killed or crash."""

    def __init__(
        self,
        count: int,
        *,
        drain: bool,
        stop: threading.Event,
        on_loss: Callable[[], None],
        yields: bool = False,
        gives_up: bool = True,
        on_progress: Callable[[int, Progress | None], None] | None = None,
        on_wait: Callable[[], None] | None = None,
    ) -> None:
        """`on_loss` is called before a lost process is replaced, `on_wait` several times a second.

        `on_progress` gets the number of a process and what it tells, None when it has
        ended; then it says nothing itself.
        With `yields`, other processes of the machine come first, such as the server of questions.
        Unless it `gives_up`, it goes on replacing them, however many are lost one after the other.
        """
        self._count = count
        self._yields = yields
        self._most_replaced = _MOST_REPLACED if gives_up else None
        self._on_loss = on_loss
        self._drain = drain
        self._stop = stop
        self._jobs: Counter[str] = Counter()
        self._lost = 0
        self._started = 0
        self._running: dict[subprocess.Popen[str], float] = {}  # with when each was started
        self._starts: list[float] = []  # when lost ones are replaced
        self._lost_at_once = 0  # one after the other, soon after their start
        self._on_wait = on_wait
        # A process gets its end of a pipe by its number, which Windows does not have.
        self._on_progress = on_progress if os.name == "posix" else None
        self._receiver = ProgressReceiver() if self._on_progress else None

    def run(self) -> WorkerSummary:
        """Run until `stop` is set, or with `drain` until no process finds another job. Call it once.

        `lost_processes` of the result counts the processes that were not replaced.
        """
        self._running = {self._start(): time.monotonic() for _ in range(self._count)}
        try:
            while (self._running or self._starts) and not self._waited():
                self._replace_lost()
        finally:
            self._end(list(self._running))
            self._take_progress(0)
        return WorkerSummary(dict(self._jobs), self._stop.is_set(), self._lost)

    def _replace_lost(self) -> None:
        now = time.monotonic()
        for process in [one for one in self._running if one.poll() is not None]:
            lived = now - self._running.pop(process)
            if self._has_ended_well(process) and self._drain:
                continue
            self._lost_at_once = 0 if lived > _A_WHILE else self._lost_at_once
            self._start_later(now)
        for due in [one for one in self._starts if one <= now]:
            self._starts.remove(due)
            try:
                self._running[self._start()] = now
            except OSError as error:  # such as no memory for another process, for now
                _log.warning("No worker process could be started: %s", error)
                self._start_later(now)

    def _start_later(self, now: float) -> None:
        if self._lost_at_once == self._most_replaced:
            self._lost += 1
            return
        self._on_loss()
        self._starts.append(now + min(self._lost_at_once * _PAUSE, _LONGEST_PAUSE))
        self._lost_at_once += 1

    def _waited(self) -> bool:
        """Whether it is to stop, after a while in which progress is passed on."""
        if self._on_wait:
            self._on_wait()
        if self._receiver and self._receiver.is_open:
            self._take_progress(_WATCH_INTERVAL)
            return self._stop.is_set()
        return self._stop.wait(_WATCH_INTERVAL)

    def _take_progress(self, seconds: float) -> None:
        if self._receiver and self._on_progress:
            for number, progress in self._receiver.received(seconds):
                self._on_progress(number, progress)

    def _start(self) -> subprocess.Popen[str]:
        # `-m ccingest` would import modules of the current folder, which may be anybody's.
        start = (
            f"import sys; sys.path[:] = {sys.path!r}; from ccingest.__main__ import main; main()"
        )
        command = [sys.executable, "-c", start, "worker", "--json"]
        command += ["--parent", str(os.getpid())]
        command += ["--yields"] if self._yields else []
        command += ["--drain"] if self._drain else []
        self._started += 1
        pipe = self._receiver.open(self._started) if self._receiver else None
        command += ["--progress-to", str(pipe.fileno())] if pipe else []
        try:
            # With its own session, it does not get the terminal's Ctrl-C. This process stops it.
            return subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
                pass_fds=[pipe.fileno()] if pipe else [],
            )
        finally:
            if pipe:
                pipe.close()

    def _has_ended_well(self, process: subprocess.Popen[str]) -> bool:
        """Whether an ended process exited with code 0. Adds its jobs to the total."""
        output, _ = process.communicate()
        if process.returncode != 0:
            return False
        self._jobs.update(json.loads(output)["jobs"])
        return True

    def _end(self, running: Sequence[subprocess.Popen[str]]) -> None:
        for process in running:
            process.terminate()
        for process in running:
            was_too_new = process.wait() == -signal.SIGTERM  # it had no signal handler yet
            if not (self._has_ended_well(process) or was_too_new):
                self._lost += 1
