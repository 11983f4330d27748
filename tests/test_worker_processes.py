"""The processes of `worker --concurrency` and of a server: those that are lost are replaced."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from ccingest.process import workers
from ccingest.process.workers import WorkerProcesses

KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
ENDED = """print('{"jobs": {"completed": 1}}')"""


class Processes(WorkerProcesses):
    """Of which each runs `program` instead, and the last is not lost: with it, all are stopped."""

    def __init__(
        self, program: str, losses: int, *, drain: bool = False, gives_up: bool = True
    ) -> None:
        self.stopped = threading.Event()
        self.losses = 0
        self.last = losses
        self.program = program
        self.failures = 0  # of starting one
        super().__init__(1, drain=drain, stop=self.stopped, on_loss=self.note, gives_up=gives_up)

    def note(self) -> None:
        self.losses += 1
        if self.losses == self.last:
            self.stopped.set()

    def _start(self) -> subprocess.Popen[str]:
        if self.losses and self.failures:
            self.failures -= 1
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return subprocess.Popen(
            [sys.executable, "-S", "-c", self.program], stdout=subprocess.PIPE, text=True
        )


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_PAUSE", 0.0)
    monkeypatch.setattr(workers, "_WATCH_INTERVAL", 0.01)


def test_what_kills_each_of_them_ends_a_command() -> None:
    processes = Processes(KILLED, losses=99)
    assert processes.run().lost_processes == 1
    assert processes.losses == workers._MOST_REPLACED


def test_what_kills_each_of_them_ends_no_server() -> None:
    processes = Processes(KILLED, losses=12, gives_up=False)
    done = processes.run()
    assert (processes.losses, done.lost_processes, done.was_stopped) == (12, 0, True)


def test_processes_that_were_lost_long_ago_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_A_WHILE", 0.0)
    processes = Processes(KILLED, losses=12)
    assert processes.run().was_stopped
    assert processes.losses == 12


def test_one_that_somebody_else_has_stopped_is_replaced() -> None:
    processes = Processes(ENDED, losses=3)
    done = processes.run()
    assert done.was_stopped
    assert done.jobs["completed"] >= 3
    assert processes.losses == 3


def test_one_that_finds_no_more_jobs_is_not_replaced() -> None:
    processes = Processes(ENDED, losses=99, drain=True)
    assert processes.run().jobs == {"completed": 1}
    assert processes.losses == 0


def test_one_that_can_not_be_started_now_is_started_later() -> None:
    processes = Processes(KILLED, losses=9, gives_up=False)
    processes.failures = 3
    assert processes.run().was_stopped
    assert (processes.losses, processes.failures) == (9, 0)
