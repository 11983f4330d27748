"""Ctrl-C and SIGTERM: a flag first, and then the end, whatever the process is doing."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable

# Seconds after a signal in which a job is stopped in good order.
_GOOD_ORDER = 4.0


class StopSignals:
    """`event` is set by the first SIGTERM or Ctrl-C; a second one interrupts at once.

    An exception raised in the middle of native code may get lost there; a flag does not. But it may
    take native code, that waits for a server say, a minute until anyone looks at the flag: then,
    after a few seconds, `on_leave` is called in another thread and the process ends with `code`.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, self._ask_to_stop)

    def leave_late(self, on_leave: Callable[[], None], code: int) -> None:
        """From now on the process ends a few seconds after a signal."""
        signals, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        thread = threading.Thread(target=_leave_late, args=(signals, on_leave, code), daemon=True)
        thread.start()

    def _ask_to_stop(self, _: int, __: object) -> None:
        if self.event.is_set():
            raise KeyboardInterrupt
        self.event.set()


def _leave_late(signals: int, on_leave: Callable[[], None], code: int) -> None:
    while os.read(signals, 1)[0] not in (signal.SIGINT, signal.SIGTERM):
        continue
    time.sleep(_GOOD_ORDER)
    left_well = False
    try:
        on_leave()
        left_well = True
    finally:
        if sys.stderr.isatty():
            sys.stderr.write("\x1b[?25h\n")  # a progress bar had hidden the cursor
        os._exit(code if left_well else 1)
