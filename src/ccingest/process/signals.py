"""Ctrl-C and SIGTERM: first they set a flag. If that does not help in time, the process ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

# A running job has this time after a signal to stop by itself.
_GRACE_SECONDS = 4.0
_PARENT_INTERVAL = 0.5  # seconds


class StopSignals:
    """`event` is set by the first SIGTERM or Ctrl-C; a second one interrupts at once.

    A flag is safer than an exception, which may get lost in native code. But native code that waits for
    a server may run for a minute before anything checks the flag. For that case, see
    `exit_after_grace`.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self.number: int | None = None  # of the first signal
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, self._ask_to_stop)

    def exit_after_grace(self, before_exit: Callable[[], None], code: int) -> None:
        """From now on, end the process with `code` if it still runs a few seconds after a signal.

        Another thread calls `before_exit` first. The code is 1 when that raises.
        """
        signals, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        thread = threading.Thread(target=_exit_late, args=(signals, before_exit, code), daemon=True)
        thread.start()

    def stop_without(self, parent: int) -> None:
        """From now on, stop as on SIGTERM when the parent process has ended.

        A process that was killed can't end those that it has started.
        """
        threading.Thread(target=_watch_parent, args=(parent,), daemon=True).start()

    def _ask_to_stop(self, number: int, _: object) -> None:
        if self.event.is_set():
            raise KeyboardInterrupt
        self.number = number
        self.event.set()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_INTERVAL)
    os.kill(os.getpid(), signal.SIGTERM)


def _exit_late(signals: int, before_exit: Callable[[], None], code: int) -> None:
    while os.read(signals, 1)[0] not in (signal.SIGINT, signal.SIGTERM):
        continue
    time.sleep(_GRACE_SECONDS)
    has_finished = False
    try:
        before_exit()
        has_finished = True
    finally:
        if sys.stderr.isatty():
            sys.stderr.write("\x1b[?25h\n")  # show the cursor, which a progress bar hides
        os._exit(code if has_finished else 1)
