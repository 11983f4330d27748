"""A worker process whose parser crashes, hangs or fails if a file says so.

The grammars that are known to crash are not used, so one that does has to be made up.
"""

from __future__ import annotations

import re
import signal
import threading

from tree_sitter import Tree

from ccingest import chunking
from ccingest.chunking import grammar
from ccingest.pipeline import chunk_worker


def parse(language: str, data: bytes) -> Tree | None:
    if b"crash here" in data:
        signal.pthread_kill(threading.get_ident(), signal.SIGSEGV)  # as a crash: in this thread
    if b"hang here" in data:
        re.match(b"(?:a|a)*$", b"a" * 99 + b"b")  # native code during which no other thread runs
    if b"fail here" in data:
        raise ArithmeticError("a bug")
    return grammar.parse(language, data)


def main(max_seconds: float = 0.3) -> None:
    chunking.parse = parse  # type: ignore[attr-defined]
    chunk_worker.MAX_SECONDS = max_seconds
    chunk_worker.main()
