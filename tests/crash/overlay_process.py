"""A question in a work tree that kills itself at a moment: python -m crash.overlay_process HOME TREE MOMENT."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ccingest import Client
from ccingest.app import overlays
from ccingest.pipeline import overlay as writing
from ccingest.process import configure_process
from ccingest.store import TableWriter

MOMENTS = (
    "locked",
    "planned",
    "table noted",
    "removed from the table",
    "table written",
    "before the commit",
    "after the commit",
)


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        function(*arguments, **named)
        die()

    return wrapped


def at_commit(publish: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(connection: Any, *arguments: Any) -> Any:
        connection.set_trace_callback(lambda sql: die() if sql == "COMMIT" else None)
        publish(connection, *arguments)

    return wrapped


def prepare(moment: str) -> None:
    patched: Any = overlays
    written: Any = writing
    if moment == "locked":
        patched.memory_of = die
    elif moment == "planned":
        written.plan_overlay = after(written.plan_overlay)
    elif moment == "table noted":
        patched.begin_table = after(patched.begin_table)
    elif moment == "removed from the table":
        TableWriter.remove_files = after(TableWriter.remove_files)  # type: ignore[method-assign]
    elif moment == "table written":
        written.write_overlay = after(written.write_overlay)
    elif moment == "before the commit":
        patched.publish_overlay = at_commit(patched.publish_overlay)
    elif moment == "after the commit":
        patched.publish_overlay = after(patched.publish_overlay)


def main(home: str, top: str, moment: str) -> None:
    configure_process()
    prepare(moment)
    with Client(Path(home)) as client:
        client.search("anything", here=top)


if __name__ == "__main__":
    main(*sys.argv[1:])
