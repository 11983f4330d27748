"""What the jobs of a project add up to."""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds: the median, and what 95 of 100 do not exceed."""

    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class ProjectStatistics:
    """Rates are over the jobs that wrote something; None where there is none to tell of."""

    project: str
    jobs: Mapping[str, int]  # status -> jobs
    success_rate: float | None  # completed of those that completed or failed
    duration: Spread | None  # of completed jobs
    phases: Mapping[str, Spread]
    chunks_per_second: float | None
    bytes_per_second: float | None
    datasets: int
    chunks: int


def statistics(connection: sqlite3.Connection, project: str | None) -> list[ProjectStatistics]:
    """By project name. `project` None means all; a project without jobs is left out."""
    rows = connection.execute(
        """SELECT project, status, duration_seconds, chunks_added, bytes_read, seconds
        FROM job_history WHERE ? IS NULL OR project = ? ORDER BY project""",
        (project, project),
    ).fetchall()
    stored = connection.execute(
        """SELECT p.name, COUNT(*), SUM(d.chunks) FROM datasets d
        JOIN projects p ON p.id = d.project_id WHERE d.table_name IS NOT NULL GROUP BY p.name"""
    ).fetchall()
    sizes = {row[0]: (int(row[1]), int(row[2])) for row in stored}
    names = dict.fromkeys(row["project"] for row in rows)
    return [
        _of_project(name, [row for row in rows if row["project"] == name], sizes.get(name, (0, 0)))
        for name in names
    ]


def _of_project(
    project: str, rows: Sequence[sqlite3.Row], size: tuple[int, int]
) -> ProjectStatistics:
    jobs = Counter(str(row["status"]) for row in rows)
    completed = [row for row in rows if row["status"] == "completed"]
    ended = jobs["completed"] + jobs["failed"]
    wrote = [row for row in completed if row["chunks_added"] and row["duration_seconds"]]
    spent = sum(row["duration_seconds"] for row in wrote)
    phases: dict[str, list[float]] = {}
    for row in wrote:
        for phase, seconds in json.loads(row["seconds"]).items():
            phases.setdefault(phase, []).append(seconds)
    return ProjectStatistics(
        project=project,
        jobs=dict(jobs),
        success_rate=round(jobs["completed"] / ended, 4) if ended else None,
        duration=spread([row["duration_seconds"] for row in completed if row["duration_seconds"]]),
        phases={phase: found for phase, s in phases.items() if (found := spread(s))},
        chunks_per_second=_rate(sum(row["chunks_added"] for row in wrote), spent),
        bytes_per_second=_rate(sum(row["bytes_read"] for row in wrote), spent),
        datasets=size[0],
        chunks=size[1],
    )


def spread(seconds: Sequence[float]) -> Spread | None:
    """By nearest rank: both are values that occurred. None of nothing."""
    if not seconds:
        return None
    ordered = sorted(seconds)

    def rank(share: float) -> float:
        return ordered[math.ceil(share * len(ordered)) - 1]

    return Spread(rank(0.5), rank(0.95))


def _rate(count: int, seconds: float) -> float | None:
    return round(count / seconds, 1) if seconds else None
