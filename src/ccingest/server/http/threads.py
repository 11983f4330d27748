"""Calls of the library, which block, in threads beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from ccingest.server.http.errors import OverloadedError
from ccingest.server.http.options import Limits

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

    def __init__(self, limits: Limits, question_processes: int) -> None:
        self._limits = limits
        self._waiting = self._waiting_questions = 0
        self._turns = asyncio.Semaphore(question_processes or _QUESTIONS)
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

    @property
    def no_turn_is_free(self) -> bool:
        """Whether a question would have to wait."""
        return self._turns.locked()

    async def call_question(
        self, function: Callable[_P, _Result], *args: _P.args, **kwargs: _P.kwargs
    ) -> _Result:
        """The result of a call that answers a question. Raises OverloadedError, soon: who asks again
        a bit later is better off than who waits behind all others."""
        await self._wait_for_turn()
        try:
            return await self._run(self._questions, partial(function, *args, **kwargs))
        finally:
            self._turns.release()

    async def _wait_for_turn(self) -> None:
        if not self._turns.locked():  # to wait with a limit makes a task
            await self._turns.acquire()
            return
        if self._waiting_questions >= self._limits.waiting_questions:
            raise OverloadedError("Too many questions wait already; ask again in a second.")
        self._waiting_questions += 1
        try:
            await asyncio.wait_for(self._turns.acquire(), self._limits.question_wait)
        except asyncio.TimeoutError:
            seconds = f"{self._limits.question_wait:g} s"
            raise OverloadedError(
                f"The server has more questions than it can answer: this one waited {seconds} for its "
                "turn; ask again in a second."
            ) from None
        finally:
            self._waiting_questions -= 1

    def close(self) -> None:
        """Wait for the calls that run, and drop those that wait."""
        for pool in (self._quick, self._slow, self._questions):
            pool.shutdown(cancel_futures=True)

    async def _run(self, pool: ThreadPoolExecutor, call: Callable[[], _Result]) -> _Result:
        if self._waiting >= self._limits.waiting_calls:
            raise OverloadedError("Too many requests wait already; try again in a second.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, call)
        finally:
            self._waiting -= 1
