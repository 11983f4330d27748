"""The pools of threads, and who has to wait."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from ccingest.server.http.errors import OverloadedError, add_handlers
from ccingest.server.http.options import Limits
from ccingest.server.http.threads import Threads


def test_a_question_that_gets_no_turn_is_refused() -> None:
    asyncio.run(_refused(replace(Limits(), question_wait=0.05), "waited 0.05 s"))


def test_only_so_many_questions_wait() -> None:
    asyncio.run(_refused(replace(Limits(), waiting_questions=0), "Too many questions"))


def test_who_is_refused_is_told_when_to_come_back() -> None:
    app = FastAPI()
    add_handlers(app)

    @app.get("/")
    async def refuse() -> None:
        raise OverloadedError("Too many questions wait already; ask again in a second.")

    answer = TestClient(app).get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json()["error"]["kind"] == "overloaded"


async def _refused(limits: Limits, message: str) -> None:
    """While one runs and takes long; everything else goes on meanwhile, and so do later questions."""
    threads, end = Threads(limits, 1), threading.Event()
    try:
        running = asyncio.create_task(threads.call_question(end.wait, 20))
        await asyncio.sleep(0.01)
        begun = time.monotonic()
        with pytest.raises(OverloadedError, match=message):
            await threads.call_question(str, 1)
        assert await threads.call(str, 2) == "2"
        assert time.monotonic() - begun < 10
        end.set()
        assert await running
        if limits.waiting_questions:
            assert await threads.call_question(str, 3) == "3"
    finally:
        end.set()
        threads.close()
