"""Transfers that can be stopped, and bounds on what a server says before its pack.

While a server is silent nothing is called back that could stop a transfer, so it runs on a thread that
is left behind. It ends with the next byte, or by a time-out: of libgit2, or LONGEST_START.

libgit2 keeps what comes before a pack, however much that is. It asks for the refs a second time when it fetches, and a server may answer otherwise than the
first time (see asking.py). Nothing is called back meanwhile, so a thread watches the connections that
libgit2 opens, and shuts them down. That costs a process nothing to start, where a process of its own
for each fetch takes 0.2 s.
"""

from __future__ import annotations

import math
import os
import socket
import stat
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from ccingest.progress import Emit, TransferProgress
from ccingest.sources.git.advertisement import MOST_BYTES
from ccingest.watchdog import Pulse, run_watched

T = TypeVar("T")

# Seconds until the pack begins. A server counts objects before, but says so.
LONGEST_START = 600.0
_INTERVAL = 0.05
# Where Linux has the bytes received in `struct tcp_info`: linux/tcp.h. Other systems do not tell, and
# are only bounded in time.
_RECEIVED_AT = 128
_INFO_SIZE = 136


def watched(call: Callable[[Pulse], T], emit: Emit) -> T:
    """What the call returns or raises. `emit` gets its progress ten times a second; when it raises,
    nobody waits for the call any more."""
    pulses: list[Pulse] = []

    def begin(pulse: Pulse) -> T:
        pulses.append(pulse)
        return call(pulse)

    result = run_watched(begin, on_tick=lambda pulse: _tell(pulse, emit), stall_seconds=math.inf)
    _tell(pulses[0], emit)
    return result


def _tell(pulse: Pulse, emit: Emit) -> None:
    emit(TransferProgress(pulse.files, pulse.all_files, pulse.bytes))


class StartWatch:
    """Watches connections that are opened while it is entered, until `has_begun` is set.

    With transfers in other threads their new connections are watched, too, each for itself.
    """

    def __init__(self, has_begun: threading.Event) -> None:
        self.exceeded = ""  # which bound the server passed
        self._has_begun = has_begun
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._before = _sockets()
        self._end = time.monotonic() + LONGEST_START

    def __enter__(self) -> StartWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._has_begun.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._has_begun.wait(_INTERVAL):
            for number, _ in _sockets() - self._before:
                if time.monotonic() > self._end:
                    self.exceeded = f"it said nothing of use for {LONGEST_START:.0f} s"
                elif _received(number) > MOST_BYTES:
                    self.exceeded = f"it lists over {MOST_BYTES // 2**20} MiB of refs"
                if self.exceeded:
                    _shut(number)


def _sockets() -> set[tuple[int, int]]:
    """The numbers and inodes of the sockets that this process has open."""
    found = set()
    with suppress(OSError):  # no such folder on this system: then there is nothing to watch
        for path in Path("/dev/fd").iterdir():
            with suppress(OSError, ValueError):  # closed meanwhile
                status = os.fstat(int(path.name))
                if stat.S_ISSOCK(status.st_mode):
                    found.add((int(path.name), status.st_ino))
    return found


def _received(number: int) -> int:
    """Bytes that came over this connection; 0 when nobody tells."""
    if sys.platform != "linux":
        return 0
    with suppress(OSError), _duplicate(number) as connection:  # closed meanwhile, or not TCP
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_SIZE)
        if len(info) >= _INFO_SIZE:
            return int(
                struct.unpack_from("<Q" if sys.byteorder == "little" else ">Q", info, _RECEIVED_AT)[
                    0
                ]
            )
    return 0


def _shut(number: int) -> None:
    with suppress(OSError), _duplicate(number) as connection:
        connection.shutdown(socket.SHUT_RDWR)


def _duplicate(number: int) -> socket.socket:
    return socket.socket(fileno=os.dup(number))
