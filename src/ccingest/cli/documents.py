"""The JSON that scripts rely on: camelCase keys, made here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccingest.errors import all_errors
from ccingest.jobs.records import DatasetRow, Job, JobEvent

if TYPE_CHECKING:
    from ccingest.jobs.schedule import Schedule
    from ccingest.jobs.statistics import ProjectStatistics, Spread

_EXIT_CODES = {error.kind: error.exit_code for error in all_errors()}


def job_document(job: Job) -> dict[str, Any]:
    return {
        "jobId": job.id,
        "status": job.status,
        "message": job.message,
        "project": job.project,
        "dataset": job.dataset,
        "repository": job.ref.full_name,
        "host": job.ref.host or None,
        "branch": job.branch,
        "sha": job.sha,
        "scope": job.scope,
        "priority": job.priority,
        "progress": job.progress,
        "phase": job.phase,
        "currentFile": job.current_file,
        "error": job.error,
        "errorKind": job.error_kind,
        "retryCount": job.retry_count,
        "maxRetries": job.max_retries,
        "indexedFiles": job.indexed_files,
        "totalChunks": job.total_chunks,
        "filesAdded": job.files_added,
        "filesChanged": job.files_changed,
        "filesMoved": job.files_moved,
        "filesRemoved": job.files_removed,
        "filesKept": job.files_kept,
        "chunksAdded": job.chunks_added,
        "chunksMoved": job.chunks_moved,
        "chunksRemoved": job.chunks_removed,
        "chunksKept": job.chunks_kept,
        "bytesRead": job.bytes_read,
        "skippedFiles": dict(job.skipped),
        "fallbackFiles": dict(job.fallbacks),
        "phaseSeconds": dict(job.seconds),
        "createdAt": job.created_at,
        "startedAt": job.started_at,
        "completedAt": job.completed_at,
        "durationSeconds": job.duration_seconds,
    }


def event_document(event: JobEvent) -> dict[str, Any]:
    return {
        "type": "github:progress",
        "id": event.id,
        "timestamp": event.at,
        "data": {
            "jobId": event.job_id,
            "project": event.project,
            "status": event.status,
            "progress": event.progress,
            "phase": event.phase,
            "currentFile": event.current_file,
            "error": event.error,
        },
    }


def dataset_document(row: DatasetRow, size: int) -> dict[str, Any]:
    return {
        "project": row.project,
        "dataset": row.name,
        "scope": row.scope,
        "repository": row.repository,
        "host": row.host or None,
        "branch": row.branch,
        "sha": row.sha,
        "embedder": row.embedder,
        "chunker": row.chunker,
        "files": row.files,
        "chunks": row.chunks,
        "bytesOnDisk": size,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    }


def statistics_document(found: ProjectStatistics) -> dict[str, Any]:
    def seconds(spread: Spread | None) -> dict[str, float] | None:
        return {"median": spread.median, "p95": spread.p95} if spread else None

    return {
        "project": found.project,
        "jobs": dict(found.jobs),
        "successRate": found.success_rate,
        "durationSeconds": seconds(found.duration),
        "phaseSeconds": {phase: seconds(spread) for phase, spread in found.phases.items()},
        "chunksPerSecond": found.chunks_per_second,
        "bytesPerSecond": found.bytes_per_second,
        "datasets": found.datasets,
        "chunks": found.chunks,
    }


def schedule_document(schedule: Schedule) -> dict[str, Any]:
    request, timing = schedule.request, schedule.timing
    return {
        "project": request.project,
        "dataset": request.dataset,
        "repository": request.ref.full_name,
        "host": request.ref.host or None,
        "branch": request.branch or request.ref.branch,
        "scope": request.scope,
        "priority": request.priority,
        "every": getattr(timing, "span", None),
        "cron": getattr(timing, "expression", None),
        "nextAt": schedule.next_at,
        "lastJobId": schedule.last_job_id,
        "lastStatus": schedule.last_status,
        "error": schedule.error,
        "createdAt": schedule.created_at,
    }


def exit_code_of(job: Job) -> int:
    """The exit code of a command that waited for this job to end."""
    if job.status == "completed":
        return 0
    if job.status == "cancelled":
        return 130
    return _EXIT_CODES.get(job.error_kind or "", 1)
