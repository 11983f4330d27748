"""Files that nobody cuts short while this process has them mapped.

To use a mapped file past its end kills a process, and no check beforehand can keep another process from
cutting the file after it. A lease of the kernel can (fcntl(2), Linux): whoever opens the file to write
to it, or cuts it, waits until the lease is given back, for at most /proc/sys/fs/lease-break-time (45 s).
Nobody does so on purpose, as index files are only replaced as a whole.

The lease goes with the last array of the mapping. So one that was used before the other process came
stays whole, and `is_held` says that it is not to be used again.
"""

from __future__ import annotations

import fcntl
import logging
import mmap
import os
import signal
import weakref
from dataclasses import dataclass
from typing import BinaryIO

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease on an open file."""

    descriptor: int

    def is_held(self) -> bool:
        """False as soon as another process waits for it."""
        return fcntl.fcntl(self.descriptor, fcntl.F_GETLEASE) == fcntl.F_RDLCK


def map_leased(file: BinaryIO) -> tuple[mmap.mmap, Lease] | None:
    """The content of the file, mapped, with its lease.

    None where there are no leases, as on a network file system, or for a file that is not ours or that
    somebody writes to.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return None
    descriptor = os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        # By default, the kernel sends a signal that ends the process. This one is ignored.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        content = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        _log.info("%s is not mapped: %s", file.name, error)
        os.close(descriptor)
        return None
    weakref.finalize(content, os.close, descriptor)
    return content, Lease(descriptor)
