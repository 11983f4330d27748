"""Whether the process may still load the library of the tables."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ccingest.errors import OutOfMemoryError

# Addresses that lancedb takes before it has read anything: threads, and pools of three allocators. With
# less, one or another of them aborts the process. Measured: of ten runs each, with 400 MB five did.
LEAST_ADDRESSES = 512 * 1024 * 1024


def require_room() -> None:
    """Raises OutOfMemoryError where a limit of the process leaves fewer addresses than that."""
    left = _addresses_left()
    if left is not None and left < LEAST_ADDRESSES:
        raise OutOfMemoryError(
            f"The process gets no more memory: its limit leaves {left >> 20:,} MB of addresses, and to "
            f"open tables takes {LEAST_ADDRESSES >> 20:,}; raise it, as with `ulimit -v unlimited`."
        )


def _addresses_left() -> int | None:
    """None where there is no limit, or it is not known what the process uses."""
    with suppress(ImportError, OSError, ValueError, IndexError):
        import resource  # Windows has none

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit == resource.RLIM_INFINITY:
            return None
        used = int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        return max(0, limit - used)
    return None
