"""Several jobs queued in one transaction: all of them, or none."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ccingest.errors import UsageError
from ccingest.jobs import queue
from ccingest.jobs.database import transaction
from ccingest.jobs.lookup import get_job
from ccingest.jobs.records import Enqueued, JobRequest
from ccingest.jobs.transitions import reclaim


def enqueue_all(connection: sqlite3.Connection, requests: Sequence[JobRequest]) -> list[Enqueued]:
    """`queue.enqueue` for each, in this order.

    Raises one UsageError that tells of all whose dataset's name is taken by another repository.
    """
    put, refused = [], []
    with transaction(connection):
        reclaim(connection)
        for request in requests:
            try:
                put.append(queue.put(connection, request))
            except UsageError as error:
                refused.append(error.message)
        if refused:
            raise UsageError(" ".join(refused))
        return [Enqueued(get_job(connection, job_id), created) for job_id, created in put]
