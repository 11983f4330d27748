"""The log of a job: what its worker wrote about it."""

from __future__ import annotations

import logging
import threading

from ccingest.db.checked import Columns, time_of
from ccingest.db.dialect import NOW, Connection
from ccingest.errors import StoreError
from ccingest.models import Job, LogLine
from ccingest.secrets import hide_secrets
from ccingest.visible import storable

_log = logging.getLogger(__name__)
_COLUMNS = Columns.of("job_logs", LogLine)


class JobLogs(logging.Handler):
    """While it is entered, warnings that the job's threads log are written to the job's log.

    The job's threads are the thread that enters it, and all threads that have the job's id in their
    name.
    """

    def __init__(self, connection: Connection, job: Job) -> None:
        super().__init__(logging.WARNING)
        self._connection = connection
        self._job_id = job.id
        self._thread = threading.get_ident()
        # Only one thread may use the connection: records of the others wait for it.
        self._waiting: list[logging.LogRecord] = []

    def __enter__(self) -> JobLogs:
        logging.getLogger("ccingest").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("ccingest").removeHandler(self)
        for record in self._waiting:
            self._write(record)

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._write(record)
        elif self._job_id in str(record.threadName):
            self._waiting.append(record)

    def _write(self, record: logging.LogRecord) -> None:
        if self._connection.in_transaction:
            return  # the line would be lost if the transaction is rolled back
        message = record.getMessage()
        try:
            add_log(self._connection, self._job_id, record.levelname.lower(), message)
        except StoreError as error:
            # This handler takes no line below WARNING, so this one does not come back to it.
            _log.info("A line of the job's log is lost: %s (%s)", message, error.message)


def add_log(connection: Connection, job_id: str, level: str, message: str) -> None:
    """Write a line, without the secrets in it. Does nothing when the job has been removed."""
    connection.execute(
        f"""INSERT INTO job_logs(job_id, at, level, message)
        SELECT id, {NOW}, ?, ? FROM jobs WHERE id = ?""",
        (level, hide_secrets(storable(message)), job_id),
    )


def logs(connection: Connection, job_id: str) -> list[LogLine]:
    """The lines of a job's log, in the order in which they were written."""
    rows = connection.execute(
        "SELECT at, level, message FROM job_logs WHERE job_id = ? ORDER BY id", (job_id,)
    ).fetchall()
    found = _COLUMNS.checked(rows)
    return [LogLine(time_of(row["at"]), row["level"], row["message"]) for row in found]
