"""Running cases in a process of their own, which says on stdout what happens.

Before each case it prints its seed; after a bad one, what is wrong with it.
"""

from __future__ import annotations

import faulthandler
import re
import resource
import sys
import time
import traceback
from pathlib import Path
from random import Random

from ccingest.process import configure_process
from fuzzing.texts import PASSWORD

MOST_MEMORY = 700 * 1024 * 1024  # bytes
_ADDRESSES = 12 * 1024**3  # bytes; Lance reserves far more than it uses
_HOME_SECONDS = 60.0  # of processor time, for some commands
# Wherever it stands, but not behind a colon or a letter when neither a scheme nor an @ is left of its URL: nothing
# tells that `//me:SECRET` was one, and `org/repoSECRET@x` is a name with a branch.
_SECRET = re.compile(rf"(?<![a-z:]){PASSWORD}|:\w*{PASSWORD}(?:@|%40)|://[^\s\"'<>/]*{PASSWORD}")
_HANG = 10.0  # times as long by the clock, on a machine that does other things as well


def run(target: str, first: int, seconds: float, folder: str) -> None:
    """Cases from the seed `first` on, for some seconds, or one if `seconds` is 0."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    configure_process()
    end = time.monotonic() + seconds
    seed = first
    while True:
        print(seed, flush=True)
        for wrong in _wrong(target, seed, Path(folder)):
            print(f"! {wrong!a}", flush=True)
        seed += 1
        if time.monotonic() >= end:
            print("end", flush=True)
            return
        if _memory() > MOST_MEMORY:
            return  # the next process begins with little


def _wrong(target: str, seed: int, folder: Path) -> list[str]:
    from fuzzing.targets import TARGETS, homed

    random = Random(f"{target}/{seed}")
    start, before = time.process_time(), _memory()
    found: list[str] = []
    limit = TARGETS[target].seconds if target in TARGETS else _HOME_SECONDS
    faulthandler.dump_traceback_later(_HANG * limit, exit=True)
    try:
        is_alone = target in TARGETS
        seen = TARGETS[target].run(random) if is_alone else homed(target)(random, folder)
        if any(_SECRET.search(text) for text in seen):
            found.append("a secret in the output")
    except Exception:  # noqa: BLE001 - that is what is looked for
        found.append(f"internal error: {traceback.format_exc()[-1500:]}")
    faulthandler.cancel_dump_traceback_later()
    taken = time.process_time() - start
    if taken > limit:
        found.append(f"slow: {taken:.1f} s of processor time")
    if _memory() > MOST_MEMORY > before:
        found.append(f"memory: {_memory() // 2**20} MB")
    return found


def _memory() -> int:
    """The most bytes that this process has used, or one that it has started."""
    factor = 1 if sys.platform == "darwin" else 1024
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return factor * max(resource.getrusage(kind).ru_maxrss for kind in kinds)
