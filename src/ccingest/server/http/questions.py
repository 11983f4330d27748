"""Questions, answered in processes of their own.

Python runs one thread at a time in a process. A question is work for Python, so many of them would
make each other wait, and with them the requests and the WebSocket clients of the server.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from queue import LifoQueue
from typing import Any

from ccingest.app.choice import DatasetChoice
from ccingest.app.kept_answers import Asked
from ccingest.app.search import make_question
from ccingest.client import Client
from ccingest.errors import CcingestError, StoreError
from ccingest.models import Question, SearchResult
from ccingest.process.children import start_child

_log = logging.getLogger(__name__)

_MODULE = "ccingest.server.http.question_worker"
ANSWERED = ("kept", "searched")
_TRIES = 2  # a process may have been killed; one that a question kills must not kill for ever


class Questions:
    """Answers as `Client.answer` does, in one of `count` processes; with none, in this process.

    Any number of threads may ask. A process that is lost is replaced.
    """

    def __init__(self, client: Client, count: int, note: Callable[[str], object] = str) -> None:
        """`note` gets how each question was answered: one of ANSWERED."""
        self._client = client
        self._kept = client.kept_answers()
        self._note = note
        self._count = count
        # The last one that was used comes first: what few questions need is few processes.
        self._idle: LifoQueue[_QuestionWorker] = LifoQueue()
        for _ in range(count):
            self._idle.put(_QuestionWorker(client.home))

    def start(self) -> None:
        """Start all processes, so that no question waits for one. They load what they need meanwhile."""
        workers = [self._idle.get() for _ in range(self._count)]
        for worker in workers:
            try:
                worker.started()
            except OSError as error:  # the first question tries again, and says it
                _log.warning("A process that answers questions can't be started: %s", error)
            self._idle.put(worker)

    def answer(self, query: str, choice: DatasetChoice, **options: Any) -> SearchResult:
        """Raises what `Client.answer` raises, and StoreError when its process is lost twice."""
        return self.answer_to(make_question(query, **options), choice)

    def answer_to(self, question: Question, choice: DatasetChoice) -> SearchResult:
        """The kept answer, or that of a process. Raises as `answer` does."""
        asked = self._kept.asked(question, choice)
        found = self._kept.find(asked)
        if found:
            self._note("kept")
            return found
        found = self._searched(asked)
        self._note("searched")
        self._kept.keep(asked, found)
        return found

    def kept(self, question: Question, choice: DatasetChoice) -> SearchResult | None:
        """The answer, if it was given before and nothing has changed since. Takes no process.

        Raises DatasetNotFoundError.
        """
        found = self._kept.find(self._kept.asked(question, choice))
        if found:
            self._note("kept")
        return found

    def _searched(self, asked: Asked) -> SearchResult:
        question = asked.question
        arguments = question.text, asked.choice
        options: dict[str, Any] = {
            "k": question.k,
            "languages": question.languages,
            "paths": question.paths,
            "content": question.content or "all",
        }
        if not self._count:
            return self._client.answer(*arguments, **options)
        worker = self._idle.get()
        try:
            for _ in range(_TRIES):
                try:
                    return worker.ask(arguments, options)
                except (EOFError, OSError):
                    _log.warning(
                        "A process that answers questions was lost; another takes its place."
                    )
                    worker.end()
        finally:
            self._idle.put(worker)
        raise StoreError("The process that answered this question was killed twice; try again.")

    def close(self) -> None:
        """End the processes. No question may run or come any more."""
        for _ in range(self._count):
            self._idle.get().end()


class _QuestionWorker:
    """One process. It is started for its first question, if not before."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running: tuple[subprocess.Popen[bytes], Connection] | None = None

    def ask(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> SearchResult:
        """Raises EOFError or OSError when the process is lost, or can't be started."""
        _, connection = self.started()
        connection.send((arguments, options))
        found = connection.recv()
        if isinstance(found, CcingestError):
            raise found
        assert isinstance(found, SearchResult)
        return found

    def started(self) -> tuple[subprocess.Popen[bytes], Connection]:
        """The process and the connection to it. Raises OSError when it can't be started."""
        if self._running is None:
            self._running = start_child(_MODULE)
            self._running[1].send(self._home)
        return self._running

    def end(self) -> None:
        """Kill the process. It has nothing to save."""
        if self._running is None:
            return
        process, connection = self._running
        process.kill()
        process.wait()
        connection.close()
        self._running = None
