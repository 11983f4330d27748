"""A process that reads and chunks files for its parent, and dies with it.

It is asked by its standard input and answers by its standard output, see messages. A grammar is
native code: one that crashes or never ends takes this process with it, not the job.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import BinaryIO

from ccingest.git import ObjectReader
from ccingest.pipeline.chunked import FileCutter
from ccingest.pipeline.messages import (
    BLOCK,
    READY,
    Frames,
    framed,
    read_order,
    read_request,
    write_error,
    write_outcome,
)

# Seconds that one file may take: many times what a file of 1 MiB takes with a parse that is given
# up. Of the processor's time, where the system counts that.
MOST_SECONDS = 20.0


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what an interrupt means, the parent decides
    answers = _answers()
    requests: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()

    def tell(frame: bytes) -> None:
        answers.write(framed(frame))
        answers.flush()

    def tell_error(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
        tell(write_error(error, "".join(traceback.format_exception(error))))

    sys.excepthook = tell_error
    order = read_order(requests.get())
    cutter = FileCutter(ObjectReader(order.checkout), order.target, order.overlap)
    tell(READY)
    while True:
        for file in read_request(requests.get()):
            _end_after(MOST_SECONDS)
            # Each at once: what a crash leaves untold is blamed on another file.
            tell(write_outcome(cutter.cut(file)))


def _answers() -> BinaryIO:
    """Standard output, for answers alone: what native code prints goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    return answers


def _listen(requests: SimpleQueue[bytes]) -> None:
    """Until the parent closes its end, or is killed: then there is nobody to work for."""
    frames = Frames()
    while block := os.read(0, BLOCK):
        frames.add(block)
        while frame := frames.take():
            requests.put(frame)
    os._exit(0)


def _end_after(seconds: float) -> None:
    """End the process if this is not called again in time; native code can't hold that up."""
    if hasattr(signal, "setitimer"):  # its signal, which nothing handles, ends a process
        signal.setitimer(signal.ITIMER_PROF, seconds)
    else:
        faulthandler.dump_traceback_later(seconds, exit=True, file=2)
