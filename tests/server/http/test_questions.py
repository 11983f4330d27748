"""The processes that answer questions."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ccingest import Client, DatasetNotFoundError, StoreError, UsageError
from ccingest.app.choice import DatasetChoice
from ccingest.server.http.questions import Questions
from server.http.kit import make_shop

EVERYTHING = DatasetChoice("default")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("questions")
    with Client(folder / "home") as opened:
        opened.ingest(str(make_shop(folder / "shop")))
        yield opened


@pytest.fixture(scope="module")
def questions(client: Client) -> Iterator[Questions]:
    made = Questions(client, 2)
    yield made
    made.close()


def children() -> set[int]:
    """The processes that answer, of this one."""
    own = str(os.getpid())
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            command = (folder / "cmdline").read_text() + (folder / "comm").read_text()
        except OSError:  # it has ended
            continue
        if stat[1] == own and stat[0] != "Z" and "question_worker" in command:
            found.add(int(folder.name))
    return found


def comes_true(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_processes_are_there_before_the_first_question(client: Client) -> None:
    before = children()
    questions = Questions(client, 2)
    questions.start()
    comes_true(lambda: len(children() - before) == 2)  # a new process has its name a moment later
    questions.close()
    comes_true(lambda: children() == before)


def test_the_answer_is_that_of_the_client(client: Client, questions: Questions) -> None:
    asked = "tax on a price", EVERYTHING
    assert questions.answer(*asked, k=2) == client.answer(*asked, k=2)


def test_errors_come_back_as_they_are(questions: Questions) -> None:
    with pytest.raises(DatasetNotFoundError, match="nothing"):
        questions.answer("tax", DatasetChoice("default", ("nothing",)))
    with pytest.raises(UsageError, match="empty"):
        questions.answer(" ", EVERYTHING)


def test_a_process_that_is_killed_is_replaced(questions: Questions) -> None:
    questions.answer("tax", EVERYTHING)
    before = children()
    for process in before:
        os.kill(process, signal.SIGKILL)
    assert questions.answer("tax on prices", EVERYTHING).hits
    assert children()
    assert not children() & before


def test_what_kills_each_process_is_an_error(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccingest.server.http.questions._MODULE", "server.http.no_such_module")
    broken = Questions(client, 1)
    with pytest.raises(StoreError, match="killed twice"):
        broken.answer("tax", EVERYTHING)
    broken.close()


def test_threads_ask_at_once_and_nothing_stays_behind(client: Client) -> None:
    questions = Questions(client, 2)
    before = children()
    with ThreadPoolExecutor(4) as pool:
        asked = [f"tax on a price of {number}" for number in range(12)]
        found = list(pool.map(lambda text: questions.answer(text, EVERYTHING), asked))
    comes_true(lambda: len(children() - before) == 2)
    assert all(one.hits[0].path == "tax.py" for one in found)
    questions.close()
    comes_true(lambda: children() == before)


def test_without_processes_the_client_answers(client: Client) -> None:
    before = children()
    assert Questions(client, 0).answer("tax", EVERYTHING).hits
    assert children() == before


def test_a_process_ends_when_its_server_is_gone(client: Client) -> None:
    worker = Questions(client, 1)._idle.get()
    worker.ask(("tax", EVERYTHING), {})
    assert worker._running
    process, connection = worker._running
    connection.close()  # as the kernel does when the server is killed
    assert process.wait(60) == 0


def test_a_repeated_question_needs_no_process(client: Client) -> None:
    noted: list[str] = []
    questions = Questions(client, 1, noted.append)
    first = questions.answer("tax on a price", EVERYTHING, k=2)
    worker = questions._idle.get()  # now none is left
    assert questions.answer("tax on a price", EVERYTHING, k=2) == first
    assert noted == ["searched", "kept"]
    questions._idle.put(worker)
    questions.close()
