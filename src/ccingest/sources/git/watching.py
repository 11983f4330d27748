"""Transfers that can be stopped, bounds on what a server says before its pack, and on how slowly it sends.

While a server is silent nothing is called back that could stop a transfer, so it runs on a thread that
is left behind. It ends with the next byte, or by a time-out: of libgit2, or one of those below.

libgit2 keeps what comes before a pack, however much that is. It asks for the refs a second time when
it fetches, and a server may answer otherwise than the first time (see asking.py). It also waits for as
long as a byte comes now and then. Nothing is called back meanwhile, so a thread watches the connections
that libgit2 opens, and shuts them down. That costs a process nothing to start, where a process of its
own for each fetch takes 0.2 s.
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

from ccingest.errors import NetworkError
from ccingest.models import Reference
from ccingest.progress import Emit, TransferProgress
from ccingest.sources.git.advertisement import MOST_BYTES
from ccingest.watchdog import Pulse, run_watched

T = TypeVar("T")

# Seconds until the pack begins, or the server says that it counts objects; and until the pack begins
# then. The largest repositories are counted in minutes.
LONGEST_START = 600.0
LONGEST_COUNT = 3600.0
# A transfer that is slower than this has no use: libgit2 tells of bytes when 100 KB have come.
SLOWEST_BYTES = 256 * 1024
SLOWEST_SECONDS = 600.0
_INTERVAL = 0.05
_SLOW_INTERVAL = 0.5
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


class TransferWatch:
    """Watches connections that are opened while it is entered, until all objects are here.

    With transfers in other threads their new connections are watched, too, each for itself.
    """

    def __init__(self, pulse: Pulse, has_begun: threading.Event) -> None:
        """`pulse` has the bytes of the pack. `has_begun` is set when the server says anything of one."""
        self.exceeded = ""  # which bound the server passed before that
        self.is_slow = False
        self._pulse = pulse
        self._has_begun = has_begun
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._before = _sockets()
        self._start = time.monotonic()

    def __enter__(self) -> TransferWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._has_ended.set()
        self._has_begun.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._has_begun.wait(_INTERVAL):
            for number in self._opened():
                if time.monotonic() > self._start + LONGEST_START:
                    self.exceeded = f"it said nothing of use for {LONGEST_START:.0f} s"
                elif _received(number) > MOST_BYTES:
                    self.exceeded = f"it lists over {MOST_BYTES // 2**20} MiB of refs"
                if self.exceeded:
                    _shut(number)
        self._watch_pace()

    def _watch_pace(self) -> None:
        pulse, end, enough = self._pulse, self._start + LONGEST_COUNT, 1
        while not self._has_ended.wait(_SLOW_INTERVAL):
            if 0 < pulse.all_files <= pulse.files:  # what is left needs no server
                return
            if pulse.bytes >= enough:
                end, enough = time.monotonic() + SLOWEST_SECONDS, pulse.bytes + SLOWEST_BYTES
            elif time.monotonic() > end:
                self.is_slow = True
                for number in self._opened():
                    _shut(number)

    def _opened(self) -> list[int]:
        return [number for number, _ in _sockets() - self._before]


def too_slow(ref: Reference) -> NetworkError:
    return NetworkError(
        f"{ref.host} sends {ref.name} at less than {SLOWEST_BYTES // 1024} KiB in "
        f"{SLOWEST_SECONDS:.0f} s, or counts its objects for over {LONGEST_COUNT:.0f} s; try again later."
    )


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
