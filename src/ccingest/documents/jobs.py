"""Documents of jobs: what they do, did, and how it went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ccingest.documents.keys import Document, camel_case, source_keys
from ccingest.times import to_text

if TYPE_CHECKING:
    from ccingest.documents import types
    from ccingest.models import (
        CleanupSummary,
        Event,
        IngestCounts,
        Job,
        JobLog,
        OrganizationResult,
        ProjectStatistics,
        Schedule,
        Spread,
        SyncResult,
        WorkerSummary,
    )

# The service that ccingest replaces calls the progress of a site so.
_EVENT_TYPES = {"web": "crawl"}


def counts_document(counts: IngestCounts | None) -> dict[str, Any]:
    """A key for each count. Without counts the values are null, or {} for mappings."""
    from ccingest.models import IngestCounts

    nothing = IngestCounts()
    document: dict[str, Any] = {}
    for field in fields(IngestCounts):
        is_mapping = isinstance(getattr(nothing, field.name), Mapping)
        empty: object = {} if is_mapping else None
        document[camel_case(field.name)] = getattr(counts, field.name) if counts else empty
    return document


def job_document(job: Job) -> Document:
    source = job.source
    document: types.JobDocument = {
        "jobId": job.id,
        "status": job.status,
        "message": job.message,
        "project": job.project,
        "dataset": job.dataset,
        "source": source.kind,
        "repository": source.name,
        "host": source.host or None,
        "location": source.location,
        "branch": job.branch,
        "sha": job.revision,
        "scope": job.scope,
        "priority": job.priority,
        "progress": job.progress,
        "phase": job.phase,
        "currentFile": job.current_file,
        "error": job.error,
        "errorKind": job.error_kind,
        "retryCount": job.retry_count,
        "maxRetries": job.max_retries,
        "workerHost": job.worker_host,
        "createdAt": to_text(job.created_at),
        "startedAt": to_text(job.started_at) if job.started_at else None,
        "completedAt": to_text(job.completed_at) if job.completed_at else None,
        "durationSeconds": job.duration_seconds,
    }
    return {**document, **counts_document(job.counts)}


def event_document(event: Event) -> types.EventDocument:
    return {
        "type": f"{_EVENT_TYPES.get(event.source_kind, event.source_kind)}:progress",
        "id": event.id,
        "timestamp": to_text(event.at),
        "data": {
            "jobId": event.job_id,
            "project": event.project,
            "dataset": event.dataset,
            "source": event.source_kind,
            "status": event.status,
            "progress": event.progress,
            "phase": event.phase,
            "currentFile": event.current_file,
            "error": event.error,
        },
    }


def job_log_document(log: JobLog) -> types.JobLogDocument:
    return {
        "jobId": log.job.id,
        "lines": [
            {"at": to_text(line.at), "level": line.level, "message": line.message}
            for line in log.lines
        ],
    }


def statistics_document(found: ProjectStatistics) -> types.StatisticsDocument:
    return {
        "project": found.project,
        "jobs": dict(found.jobs),
        "hosts": dict(found.hosts),
        "successRate": found.success_rate,
        "durationSeconds": _spread(found.duration) if found.duration else None,
        "phaseSeconds": {phase: _spread(one) for phase, one in found.phases.items()},
        "chunksPerSecond": found.chunks_per_second,
        "bytesPerSecond": found.bytes_per_second,
        "datasets": found.datasets,
        "chunks": found.chunks,
    }


def _spread(spread: Spread) -> types.SpreadDocument:
    return {"median": spread.median, "p95": spread.p95}


def schedule_document(schedule: Schedule) -> Document:
    request, timing = schedule.request, schedule.timing
    return {
        "project": request.project,
        "dataset": request.dataset,
        **source_keys(request.source),
        "branch": request.branch,
        "scope": request.scope,
        "priority": request.priority,
        "every": getattr(timing, "span", None),
        "cron": getattr(timing, "expression", None),
        "nextAt": to_text(schedule.next_at),
        "lastJobId": schedule.last_job_id,
        "lastStatus": schedule.last_status,
        "error": schedule.error,
        "createdAt": to_text(schedule.created_at),
    }


def sync_document(result: SyncResult) -> Document:
    job, dataset = result.job, result.dataset
    return {
        "project": dataset.project,
        "dataset": dataset.name,
        "source": dataset.source.kind,
        "repository": dataset.repository,
        "outcome": result.outcome,
        "reason": result.reason,
        "fromSha": dataset.revision,
        "sha": (job.revision if job else None) or dataset.revision,
        "job": dict(job_document(job)) if job else None,
    }


def organization_document(found: OrganizationResult) -> Document:
    repositories: list[types.HostedRepositoryDocument] = [
        {
            "repository": one.full_name,
            "branch": one.default_branch,
            "archived": one.is_archived,
            "fork": one.is_fork,
            "private": one.is_private,
        }
        for one in found.repositories
    ]
    return {
        "organisation": found.name,
        "host": found.host,
        "repositories": repositories,
        "skipped": dict(found.skipped),
        "jobs": [job_document(one.job) for one in found.queued],
        "refused": [],
    }


def worker_document(done: WorkerSummary) -> types.WorkerDocument:
    return {"jobs": dict(done.jobs)}


def cleanup_document(done: CleanupSummary) -> types.CleanupDocument:
    return {
        "deletedJobs": done.jobs,
        "deletedTables": done.tables,
        "deletedClones": done.clones,
        "freedBytes": done.freed_bytes,
    }
