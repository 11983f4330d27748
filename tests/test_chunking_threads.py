"""Chunking from several threads at once, and after a fork: parsers are used by one thread alone."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ccingest.chunking import ChunkedFile, chunk_file, run_on_parser_thread
from ccingest.models import SourceFile
from chunk_promises import source

THREADS = 4
# Brackets 600 deep are cut by lines; blocks are not.
NESTED = source("while x do\n" * 600 + "puts 1\n" + "end\n" * 600, "ruby")
# A tree so deep that it overflows the usual stack of a thread, which is 8 MiB.
CHAIN = source("x = " + " = ".join(f"a{i}" for i in range(80_000)) + ";\n", "javascript")

FORK = """
import os
import time
from ccingest.chunking import chunk_file
from ccingest.models import SourceFile

file = SourceFile("a.py", "0" * 40, "python", "x = 1", 5)
want = chunk_file(file)
child = os.fork()
if child == 0:
    os._exit(0 if chunk_file(file) == want else 1)
for _ in range(1000):
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        raise SystemExit(os.waitstatus_to_exitcode(status))
    time.sleep(0.01)
os.kill(child, 9)
raise SystemExit("The fork never ended.")
"""


def test_a_deeply_nested_file_from_four_threads_at_once() -> None:
    barrier = threading.Barrier(THREADS)
    stack_size = threading.stack_size()

    def chunk_both(_: int) -> list[ChunkedFile]:
        barrier.wait()
        return [chunk_file(file) for file in (NESTED, CHAIN, NESTED)]

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(chunk_both, range(THREADS)))
    assert found == [[chunk_file(file) for file in (NESTED, CHAIN, NESTED)]] * THREADS
    assert found[0][0].fallback is None
    assert len(found[0][0].chunks) > 5
    assert threading.stack_size() == stack_size


def test_work_on_the_parser_thread_chunks_there() -> None:
    """A chunk worker runs there whole: to hand each file to a thread would cost as much as a file."""
    files = (NESTED, CHAIN)
    here = [chunk_file(file) for file in files]

    def chunk_all() -> tuple[int, list[ChunkedFile], int]:
        inner = run_on_parser_thread(threading.get_ident)
        return inner, [chunk_file(file) for file in files], threading.get_ident()

    inner, found, outer = run_on_parser_thread(chunk_all)
    assert found == here
    assert inner == outer != threading.get_ident()


def test_an_error_reaches_the_caller_and_the_next_file_is_chunked() -> None:
    file = SourceFile("a.py", "0" * 40, "python", "x = 1\n", 6)
    with pytest.raises(TypeError):
        chunk_file(file, target="many")  # type: ignore[arg-type]
    assert chunk_file(file).chunks


def test_a_process_that_forks_can_chunk_on() -> None:
    """In a process of its own: not every library that other tests load may be forked."""
    subprocess.run([sys.executable, "-c", FORK], check=True, timeout=60)
