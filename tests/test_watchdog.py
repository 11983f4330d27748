"""Calls that may never return."""

from __future__ import annotations

import threading
import time

import pytest

from ccingest.watchdog import Pulse, StalledError, StoppedError, WatchedThread, run_watched


def test_what_a_call_returns_or_raises() -> None:
    assert run_watched(lambda _: 3) == 3
    with pytest.raises(ValueError, match="invalid literal"):
        run_watched(lambda _: int("no"))
    thread = WatchedThread()
    assert [thread.call(lambda: threading.current_thread().daemon) for _ in range(3)] == [True] * 3
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 // 0)
    assert thread.call(lambda: "goes on") == "goes on"
    thread.close()


def test_a_call_that_hangs() -> None:
    release = threading.Event()
    start = time.monotonic()
    with pytest.raises(StalledError):
        run_watched(lambda _: release.wait(30), stall_seconds=0.2)
    thread = WatchedThread()
    with pytest.raises(StalledError):
        thread.call(lambda: release.wait(30), stall_seconds=0.2)
    assert time.monotonic() - start < 15
    release.set()
    thread.close()


def test_a_call_that_is_slow_but_lives() -> None:
    def call(pulse: Pulse) -> str:
        for _ in range(25):
            time.sleep(0.05)
            pulse.beat()
        return "done"

    assert run_watched(call, stall_seconds=1.0) == "done"


def test_a_call_that_nobody_waits_for_stops() -> None:
    stopped = threading.Event()

    def call(pulse: Pulse) -> None:
        try:
            while True:
                time.sleep(0.01)
                pulse.beat()
        except StoppedError:
            stopped.set()

    def give_up(_: Pulse) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_watched(call, on_tick=give_up)
    assert stopped.wait(60)
