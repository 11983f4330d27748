"""Calls of the library, which block, in threads beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from ccingest.server.http.errors import OverloadedError

_P = ParamSpec("_P")
_Result = TypeVar("_Result")

# Threads of the pools live as long as the server does. A thread that came and went would leave its
# connection to the database open. Questions are work for Python, of which one thread runs at a time:
# more threads would only make the event loop wait longer for its turn.
_QUICK = 4
_SLOW = 4
_QUESTIONS = 2


class Threads:
    """Three pools of threads: what waits for another server, and questions, which take their time, do
    not hold up what reads the disk.
    """

    def __init__(self, most_waiting: int, question_processes: int) -> None:
        self._most_waiting = most_waiting
        self._waiting = 0
        self._quick = ThreadPoolExecutor(_QUICK, "quick")
        self._slow = ThreadPoolExecutor(_SLOW, "slow")
        self._questions = ThreadPoolExecutor(question_processes or _QUESTIONS, "questions")

    async def call(
        self, function: Callable[_P, _Result], *args: _P.args, **kwargs: _P.kwargs
    ) -> _Result:
        """The result of a call that reads or writes this disk. Raises OverloadedError."""
        return await self._run(self._quick, partial(function, *args, **kwargs))

    async def call_slow(
        self, function: Callable[_P, _Result], *args: _P.args, **kwargs: _P.kwargs
    ) -> _Result:
        """The result of a call that may ask another server. Raises OverloadedError."""
        return await self._run(self._slow, partial(function, *args, **kwargs))

    async def call_question(
        self, function: Callable[_P, _Result], *args: _P.args, **kwargs: _P.kwargs
    ) -> _Result:
        """The result of a call that answers a question. Raises OverloadedError."""
        return await self._run(self._questions, partial(function, *args, **kwargs))

    def close(self) -> None:
        """Wait for the calls that run, and drop those that wait."""
        for pool in (self._quick, self._slow, self._questions):
            pool.shutdown(cancel_futures=True)

    async def _run(self, pool: ThreadPoolExecutor, call: Callable[[], _Result]) -> _Result:
        if self._waiting >= self._most_waiting:
            raise OverloadedError("Too many requests wait already; try again in a second.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, call)
        finally:
            self._waiting -= 1
