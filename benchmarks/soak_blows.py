"""What a soak does to workers, their network and the database: see soak.py."""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import time
from contextlib import closing
from typing import Any

from soak_state import HOMES, Soak

from ccingest.db.connection import connect
from ccingest.errors import ConnectionLostError
from ccingest.models import Job
from ccingest.queue.history import get_job, history
from postgres_server import PostgresServer

KILL_EVERY = (1.0, 4.0)  # seconds
CRASH_EVERY = (15.0, 30.0)  # seconds, of the server
CUT_EVERY = (20.0, 40.0)  # seconds
CUT_FOR = (35.0, 50.0)  # seconds, whatever the pace: longer than a lease


def keep_working(soak: Soak, workers: int) -> None:
    """Workers, one of which is killed every now and then and replaced."""

    def start(number: int) -> subprocess.Popen[bytes]:
        home = number % len(soak.homes)
        is_apart = soak.apart and home == HOMES - 1
        return subprocess.Popen(
            [*(soak.apart.prefix if soak.apart and is_apart else ()), *soak.command("worker")],
            env=soak.environment(soak.homes[home]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    chance = random.Random(soak.chance.random())
    running = [start(number) for number in range(workers)]
    cutter = threading.Thread(target=keep_cutting, args=(soak, running))
    cutter.start()
    while not soak.pause(chance, KILL_EVERY):
        number = chance.randrange(workers)
        running[number].send_signal(signal.SIGKILL)
        running[number].wait()
        soak.done["kills"] += 1
        running[number] = start(number)
        for other, worker in enumerate(running):
            # One that was started while the server was away has ended, with a sentence.
            if soak.postgres and worker.poll() is not None:
                running[other] = start(other)
    cutter.join()
    for worker in running:
        worker.terminate()
        # The signal's own end is that of a process which had not begun yet.
        if worker.wait() not in (0, -signal.SIGTERM):
            soak.wrong.append(f"a worker that was told to stop ended with {worker.returncode}")


def keep_cutting(soak: Soak, running: list[subprocess.Popen[bytes]]) -> None:
    """The network of the last home is cut off while a worker there has a job."""
    if soak.apart is None:
        return
    chance = random.Random(soak.chance.random())
    with closing(connect(soak.settings.database)) as connection:
        while not soak.pause(chance, CUT_EVERY):
            job = None
            while job is None and not soak.over.wait(0.05):
                pids = {worker.pid for worker in running[HOMES - 1 :: HOMES]}
                job = held_by(connection, pids)
            soak.apart.cut_off()
            soak.over.wait(chance.uniform(*CUT_FOR))
            soak.apart.join()
            soak.done["cuts"] += 1
            if job and not soak.over.is_set():
                soak.done["taken over"] += get_job(connection, job.id).attempt > job.attempt


def held_by(connection: Any, pids: set[int]) -> Job | None:
    """A job that one of these processes runs."""
    try:
        jobs = history(connection, status="in_progress", limit=100)
    except ConnectionLostError:
        return None
    return next((job for job in jobs if int((job.worker_id or "::").split(":")[1]) in pids), None)


def keep_crashing(soak: Soak, postgres: PostgresServer) -> None:
    """The server crashes, or is stopped, and is back after a while."""
    chance = random.Random(soak.chance.random())
    while not soak.pause(chance, CRASH_EVERY):
        postgres.stop(at_once=chance.random() < 0.5)
        time.sleep(chance.uniform(0.1, 3.0))
        postgres.start()
        soak.done["crashes"] += 1
