"""Success rates, durations and throughput of the jobs of a project."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from ccingest.db.checked import Columns
from ccingest.db.dialect import Connection, Row
from ccingest.db.rows import counts_of
from ccingest.models import ProjectStatistics, Spread

_SIZES = Columns("datasets", project="str", chunks="int")


def statistics(connection: Connection, project: str | None) -> list[ProjectStatistics]:
    """By project name. `project` None means all; a project without jobs is left out."""
    rows = connection.execute(
        """SELECT project, status, duration_seconds, counts, worker_host FROM job_history
        WHERE ? IS NULL OR project = ? ORDER BY project""",
        (project, project),
    ).fetchall()
    stored = connection.execute("SELECT project, chunks FROM published_datasets").fetchall()
    sizes: dict[str, list[int]] = {}
    for name, chunks in _SIZES.checked(stored):
        sizes.setdefault(name, []).append(chunks)
    names = dict.fromkeys(row["project"] for row in rows)
    return [
        _project_statistics(
            name, [row for row in rows if row["project"] == name], sizes.get(name, [])
        )
        for name in names
    ]


def _project_statistics(
    project: str, rows: Sequence[Row], sizes: Sequence[int]
) -> ProjectStatistics:
    jobs = Counter(str(row["status"]) for row in rows)
    completed = [row for row in rows if row["status"] == "completed"]
    # A negative duration is that of a job in which the clock was set back.
    timed = [row for row in completed if (row["duration_seconds"] or 0) > 0]
    ended = jobs["completed"] + jobs["failed"]
    wrote = [
        (row["duration_seconds"], counts)
        for row in timed
        if (counts := counts_of(row["counts"])) and counts.chunks_added
    ]
    total_seconds = sum(duration for duration, _ in wrote)
    phases: dict[str, list[float]] = {}
    for _, counts in wrote:
        for phase, seconds in counts.phase_seconds.items():
            phases.setdefault(phase, []).append(seconds)
    return ProjectStatistics(
        project=project,
        jobs=dict(jobs),
        hosts=dict(Counter(str(row["worker_host"]) for row in rows if row["worker_host"])),
        success_rate=round(jobs["completed"] / ended, 4) if ended else None,
        duration=spread([row["duration_seconds"] for row in timed]),
        phases={phase: found for phase, s in phases.items() if (found := spread(s))},
        chunks_per_second=_rate(sum(counts.chunks_added for _, counts in wrote), total_seconds),
        bytes_per_second=_rate(sum(counts.bytes_read for _, counts in wrote), total_seconds),
        datasets=len(sizes),
        chunks=sum(sizes),
    )


def spread(seconds: Sequence[float]) -> Spread | None:
    """Median and 95th percentile by nearest rank, so both are values that occurred.

    None when there are no values.
    """
    if not seconds:
        return None
    ordered = sorted(seconds)

    def rank(share: float) -> float:
        return ordered[math.ceil(share * len(ordered)) - 1]

    return Spread(rank(0.5), rank(0.95))


def _rate(count: int, seconds: float) -> float | None:
    return round(count / seconds, 1) if seconds else None
