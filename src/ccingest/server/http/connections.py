"""How many connections a server takes, and what it says when it can take no more.

Each needs a file descriptor, of which a process has a number: without any left it can't read its
datasets either.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from typing import Any

from ccingest.server.http.options import Limits

_log = logging.getLogger(__name__)

_MARGIN = 1 / 8  # beyond the bound: connections that get an answer before they are closed
_PAUSE = 60.0  # seconds until the same is said again
_NO_MORE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def most_answered(limits: Limits) -> int:
    """How many connections get more than a refusal: half of the descriptors is for them."""
    return max(1, min(limits.connections, _descriptors() // 2))


def most_taken(limits: Limits) -> int:
    """How many connections there are at once. Those beyond are cut off without a word."""
    answered = most_answered(limits)
    return answered + max(1, int(answered * _MARGIN))


def _descriptors() -> int:
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return 2**31
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 2**31


class LoopErrors:
    """The handler of an event loop for what nobody awaits.

    asyncio tries to take a connection a thousand times a second, and logs a traceback each time that
    there is no descriptor for it: a disk full within hours.
    """

    def __init__(self) -> None:
        self._not_before = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in _NO_MORE:
            loop.default_exception_handler(context)
        elif loop.time() >= self._not_before:
            self._not_before = loop.time() + _PAUSE
            _log.error("No more connections can be taken now: %s.", error.strerror)
