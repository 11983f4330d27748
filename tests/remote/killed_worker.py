"""A worker that kills itself while it puts objects: python -m remote.killed_worker OBJECTS.

It dies when it is about to put that many objects of a table, the last of which is the manifest; or, for
a number that it does not reach, after the version is published.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from ccingest import Client
from ccingest.objects import ObjectStore
from ccingest.queue import worker
from ccingest.queue.publish import publish
from ccingest.remote import transfers


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(objects: int) -> None:
    put, done = ObjectStore.put, 0

    def put_some(store: ObjectStore, key: str, data: bytes) -> None:
        nonlocal done
        if done == objects:
            die()
        done += "/tables/" in key
        put(store, key, data)

    def publish_and_die(*arguments: Any) -> None:
        publish(*arguments)
        die()

    transfers._PACK = transfers._AT_ONCE = 1
    ObjectStore.put = put_some  # type: ignore[method-assign, assignment]
    worker.publish = publish_and_die  # type: ignore[attr-defined, assignment]
    with Client() as client:
        client.run_worker(drain=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
