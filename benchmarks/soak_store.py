"""The object store of a soak: it fails for a while every now and then, and what must hold in the end.

moto's S3 server is a process of its own, and keeps its objects. Before it is a front, which answers 503
for a while, or is gone as while a server is restarted: connections are cut, and then refused.
"""

from __future__ import annotations

import random
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from many_machines import moto_process
from soak_state import Soak

from ccingest.app.remote_store import RemoteStore, remote_of
from ccingest.app.sweeping import in_use_of
from ccingest.db.catalog import published_versions
from ccingest.db.dialect import clock
from ccingest.remote import sweep
from ccingest.remote.sweeping import GRACE
from ccingest.settings import Settings
from ccingest.store import TableStore
from s3_server import BUCKET, S3Server, handler_of

ALWAYS = sys.maxsize  # requests
FAIL_EVERY = (15.0, 30.0)  # seconds
FAIL_FOR = (2.0, 12.0)
GONE_FOR = (1.0, 4.0)


@dataclass
class Front:
    """What workers take for the store."""

    address: str
    server: S3Server
    port: int = 0
    _listener: ThreadingHTTPServer | None = field(default=None, init=False)

    def start(self) -> None:
        listener = _Listener((self.address, self.port), BaseHTTPRequestHandler)
        listener.RequestHandlerClass = handler_of(self.server)
        self.port = listener.server_address[1]
        threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        self._listener = listener

    def stop(self) -> None:
        assert self._listener
        self.server.unavailable = ALWAYS  # what comes by connections that are open
        self._listener.shutdown()
        self._listener.server_close()
        self.server.unavailable = 0


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client was killed, or cut off: that is what a soak is for."""


@contextmanager
def failing_store(folder: Path, address: str) -> Iterator[tuple[Front, dict[str, str]]]:
    """A store that can be made to fail, and the environment that leads to it."""
    with moto_process(folder) as port:
        made = urllib.request.Request(f"http://127.0.0.1:{port}/{BUCKET}", method="PUT")
        urllib.request.urlopen(made).close()
        front = Front(address, S3Server(port=0, upstream=port))
        front.start()
        try:
            yield (
                front,
                {
                    "CCINGEST_STORE": f"s3://{BUCKET}/soak",
                    "AWS_ENDPOINT_URL": f"http://{address}:{front.port}",
                    "AWS_ACCESS_KEY_ID": "key",
                    "AWS_SECRET_ACCESS_KEY": "secret",
                    "AWS_REGION": "us-east-1",
                },
            )
        finally:
            front.stop()


def keep_failing(soak: Soak, front: Front) -> None:
    """The store answers 503 for a while, or is gone and comes back."""
    chance = random.Random(soak.chance.random())
    while not soak.pause(chance, FAIL_EVERY):
        if chance.random() < 0.3:
            front.stop()
            soak.over.wait(chance.uniform(*GONE_FOR))
            front.start()
            soak.done["restarts of the store"] += 1
        else:
            front.server.unavailable = ALWAYS
            soak.over.wait(chance.uniform(*FAIL_FOR))
            refused = ALWAYS - front.server.unavailable
            front.server.unavailable = 0
            soak.done["answers with 503"] += refused
            soak.done["failures of the store"] += 1
        front.server.requests.clear()


def store_of(settings: Settings) -> TableStore:
    """The tables of a home, as its questions read them."""
    remote = remote_of(settings)
    return TableStore(settings.tables, remote.tables if remote else None)


def judge_store(soak: Soak, connection: Any, settings: Settings) -> None:
    """The store has what is published and what clean-ups spare, and nothing else in the end."""
    remote = remote_of(settings)
    assert remote
    # What killed workers left is seen by the first sweep, and removed by one after the grace.
    for later in (timedelta(), GRACE + timedelta(minutes=1)):
        swept = _swept(connection, remote, later)
        soak.done["objects removed"] += swept.removed
        if swept.missing:
            soak.wrong.append(f"the store lacks something of {swept.missing}")
    left = _swept(connection, remote, 3 * GRACE)
    if left.unused:
        soak.wrong.append(f"the store has {left.unused} objects that nothing needs")
    for one in published_versions(connection):
        remote.tables.bring_all(one.table)
    if not soak.done["answers with 503"]:
        soak.wrong.append("the store has never failed")


def _swept(connection: Any, remote: RemoteStore, later: timedelta) -> Any:
    now = clock(connection) + later
    return sweep(remote.place, remote.tables, lambda: in_use_of(connection), now)
