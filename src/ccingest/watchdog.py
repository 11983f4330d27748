"""Calls that may never return, such as those to a network file system whose host is gone.

Such a call can't be interrupted. It is made on a thread of its own, which is left behind when nothing
happens for too long. The thread is a daemon: it doesn't keep the process from ending.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")

STALL_SECONDS = 30.0
_TICK = 0.1  # seconds
_SOON = 0.02  # most calls are over within it


class StalledError(Exception):
    """Nothing has happened for too long. The callers make an error of it that names the thing."""


class StoppedError(Exception):
    """Raised by `Pulse.beat` on the thread of a call that nobody waits for any more."""


class Pulse:
    """What a long call reports to its watchdog: that it lives, and how far it is."""

    def __init__(self) -> None:
        self.count = 0
        self.files = 0
        self.all_files = 0  # 0 while that is not known
        self.bytes = 0
        self.is_stopped = False

    def beat(self) -> None:
        """To be called before each call of the system. Raises StoppedError."""
        self.count += 1
        if self.is_stopped:
            raise StoppedError


class _Answer(Generic[T]):
    def __init__(self) -> None:
        self.ready = threading.Event()
        self.value: T | None = None
        self.error: BaseException | None = None


def run_watched(
    call: Callable[[Pulse], T],
    *,
    on_tick: Callable[[Pulse], None] | None = None,
    stall_seconds: float = STALL_SECONDS,
) -> T:
    """What the call returns or raises. `on_tick` is called ten times a second, and may raise.

    Raises StalledError when the pulse has not beaten for `stall_seconds`.
    """
    pulse, answer = Pulse(), _Answer[T]()
    threading.Thread(target=_answer, args=(answer, lambda: call(pulse)), daemon=True).start()
    seen, quiet = -1, 0.0
    try:
        wait = _SOON
        while not answer.ready.wait(wait):
            wait = _TICK
            quiet = quiet + _TICK if pulse.count == seen else 0.0
            seen = pulse.count
            if quiet >= stall_seconds:
                raise StalledError
            if on_tick:
                on_tick(pulse)
    finally:
        pulse.is_stopped = True
    return _result(answer)


class WatchedThread:
    """A thread that makes short calls, one after the other."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[_Answer[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def call(self, call: Callable[[], T], *, stall_seconds: float = STALL_SECONDS) -> T:
        """What the call returns or raises. Raises StalledError; then the thread can't be used any more."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, daemon=True)
            self._thread.start()
        answer = _Answer[T]()
        self._calls.put((answer, call))
        if not answer.ready.wait(stall_seconds):
            raise StalledError
        return _result(answer)

    def close(self) -> None:
        """End the thread, after the calls that were made. Doesn't wait for it."""
        if self._thread:
            self._calls.put(None)
            self._thread = None

    def _serve(self) -> None:
        while (task := self._calls.get()) is not None:
            _answer(*task)


def _answer(answer: _Answer[T], call: Callable[[], T]) -> None:
    try:
        answer.value = call()
    except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
        answer.error = error
    finally:
        answer.ready.set()


def _result(answer: _Answer[T]) -> T:
    if answer.error is not None:
        raise answer.error
    return answer.value  # type: ignore[return-value]  # T may be None itself
