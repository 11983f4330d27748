"""Making JSON documents of values. No other module makes them, so they are the same everywhere.

`of(value)` is the document of any value that a use case returns. Keys are camelCase. New ones may be
added, but none is renamed. Their types are in `types`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeAlias

from ccingest.documents.freshness import freshness
from ccingest.times import to_text

if TYPE_CHECKING:
    from ccingest.documents import types
    from ccingest.models import (
        Check,
        CleanupSummary,
        ClientSetup,
        Configuration,
        Deletion,
        Event,
        Explanation,
        FileLines,
        FoundFile,
        Hit,
        IngestCounts,
        Job,
        JobLog,
        OrganizationResult,
        Outline,
        ProjectStatistics,
        Reference,
        Schedule,
        SearchResult,
        SettingValue,
        SimilarResult,
        Spread,
        StoredDataset,
        SyncResult,
        WorkerSummary,
    )

Document: TypeAlias = Mapping[str, Any]


def of(value: object) -> dict[str, Any]:
    """The document of a value. Raises KeyError for a value of a type that has none."""
    return dict(_MAKERS[type(value).__name__](value))


def of_all(key: str, values: Iterable[object]) -> dict[str, Any]:
    """`{key: [the document of each]}`."""
    return {key: [of(value) for value in values]}


def of_error(kind: str, message: str) -> types.ErrorDocument:
    """The document of an error. `message` is what the door shows, with its hint."""
    return {"error": {"kind": kind, "message": message}}


def of_text(text: str) -> types.TextDocument:
    return {"text": text}


def of_checks(checks: Iterable[Check]) -> types.DoctorDocument:
    documents: list[types.CheckDocument] = [
        {
            "name": one.name,
            "ok": one.ok,
            "detail": one.detail,
            "advice": one.advice,
            "damaged": list(one.damaged),
        }
        for one in checks
    ]
    return {"ok": all(one["ok"] for one in documents), "checks": documents}


def camel_case(name: str) -> str:
    """`total_chunks` -> `totalChunks`."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


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


def _job(job: Job) -> Document:
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
        "createdAt": to_text(job.created_at),
        "startedAt": to_text(job.started_at) if job.started_at else None,
        "completedAt": to_text(job.completed_at) if job.completed_at else None,
        "durationSeconds": job.duration_seconds,
    }
    return {**document, **counts_document(job.counts)}


def _source(source: Reference) -> dict[str, Any]:
    return {
        "source": source.kind,
        "repository": source.name,
        "host": source.host or None,
        "location": source.location,
    }


# The service that ccingest replaces calls the progress of a site so.
_EVENT_TYPES = {"web": "crawl"}


def _event(event: Event) -> types.EventDocument:
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


def _job_log(log: JobLog) -> types.JobLogDocument:
    return {
        "jobId": log.job.id,
        "lines": [
            {"at": to_text(line.at), "level": line.level, "message": line.message}
            for line in log.lines
        ],
    }


def _stored_dataset(stored: StoredDataset) -> Document:
    dataset = stored.dataset
    return {
        "project": dataset.project,
        "dataset": dataset.name,
        "scope": dataset.scope,
        **_source(dataset.source),
        "branch": dataset.branch,
        "sha": dataset.revision,
        "revision": dataset.revision,
        "embedder": dataset.embedder,
        "chunker": dataset.chunker,
        "files": dataset.files,
        "chunks": dataset.chunks,
        "bytesOnDisk": stored.bytes,
        "createdAt": to_text(dataset.created_at),
        "updatedAt": to_text(dataset.updated_at),
    }


def _deletion(deletion: Deletion) -> types.DeletionDocument | types.DeletedDatasetDocument:
    each: list[types.DeletedDatasetDocument] = [
        {
            "project": gone.project,
            "dataset": gone.name,
            "source": gone.source.kind,
            "deletedChunks": gone.chunks,
        }
        for gone in deletion.datasets
    ]
    if len(each) == 1:
        return each[0]
    return {"project": deletion.project, "deletedChunks": deletion.chunks, "datasets": each}


def _hit(hit: Hit) -> Document:
    snippet = hit.snippet
    document: types.HitDocument = {
        "rank": hit.rank,
        "score": hit.score,
        "confidence": None if hit.confidence is None else round(hit.confidence, 3),
        "project": hit.project,
        "dataset": hit.dataset,
        "source": hit.source,
        "repository": hit.repository,
        "sha": hit.revision,
        "path": hit.path,
        "state": hit.state,
        "startLine": hit.start_line,
        "endLine": hit.end_line,
        "language": hit.language,
        "symbol": hit.symbol,
        "kind": hit.kind,
        "snippet": {
            "startLine": snippet.start_line,
            "endLine": snippet.end_line,
            "signatureLine": snippet.signature,
            "text": "\n".join(line for _, line in snippet.lines),
        },
        "also": list(hit.also),
        "copies": list(hit.copies),
        "text": hit.text,
        "url": hit.url,
    }
    if hit.explanation:
        return {**document, "explanation": _explanation(hit.explanation)}
    return document


def _explanation(why: Explanation) -> types.ExplanationDocument:
    return {
        "questionKind": why.kind,
        "nthOfFile": why.nth_of_file,
        "contributions": [
            {
                "name": part.name,
                "reason": part.reason,
                "value": round(part.value, 6),
                "points": round(part.points, 6),
            }
            for part in why.contributions
        ],
    }


def _search(found: SearchResult) -> Document:
    from ccingest.secrets import hide_secrets  # its patterns take a millisecond

    return {
        "query": hide_secrets(found.query),
        "k": found.k,
        **of_all("hits", found.hits),
        "note": found.note or None,
        "mode": found.mode,
        **of_all("freshness", found.freshness),
    }


def _stored_file(found: FileLines | FoundFile | Outline | SimilarResult) -> types.StoredFile:
    from ccingest.models.overlays import state_of

    dataset = found.dataset
    return {
        "project": dataset.project,
        "dataset": dataset.name,
        "source": dataset.source.kind,
        "repository": dataset.repository,
        "sha": dataset.revision,
        "path": found.path,
        "state": state_of(dataset, found.path),
    }


def _file_lines(found: FileLines) -> types.FileLinesDocument:
    return {
        **_stored_file(found),
        "startLine": found.start_line,
        "endLine": found.end_line,
        "text": found.text,
        "url": found.url,
    }


def _found_file(found: FoundFile) -> types.FoundFileDocument:
    return {
        **_stored_file(found),
        "line": found.line,
        "file": str(found.on_disk) if found.on_disk else None,
        "url": found.url,
    }


def _outline(found: Outline) -> types.OutlineDocument:
    symbols: list[types.SymbolDocument] = [
        {"symbol": one.name, "line": one.line} for one in found.symbols
    ]
    return {**_stored_file(found), "symbols": symbols}


def _similar(found: SimilarResult) -> Document:
    file = _stored_file(found)
    return {**file, "line": found.line, "k": found.k, **of_all("hits", found.hits)}


def _statistics(found: ProjectStatistics) -> types.StatisticsDocument:
    return {
        "project": found.project,
        "jobs": dict(found.jobs),
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


def _schedule(schedule: Schedule) -> Document:
    request, timing = schedule.request, schedule.timing
    return {
        "project": request.project,
        "dataset": request.dataset,
        **_source(request.source),
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


def _sync(result: SyncResult) -> Document:
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
        "job": of(job) if job else None,
    }


def _organization(found: OrganizationResult) -> Document:
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
        **of_all("jobs", [one.job for one in found.queued]),
        "refused": [],
    }


def _worker(done: WorkerSummary) -> types.WorkerDocument:
    return {"jobs": dict(done.jobs)}


def _cleanup(done: CleanupSummary) -> types.CleanupDocument:
    return {
        "deletedJobs": done.jobs,
        "deletedTables": done.tables,
        "deletedClones": done.clones,
        "freedBytes": done.freed_bytes,
    }


def _setting(setting: SettingValue) -> types.SettingDocument:
    return {
        "key": setting.key,
        "value": setting.value,
        "source": setting.source,
        "variable": setting.variable,
    }


def _configuration(found: Configuration) -> Document:
    settings = of_all("settings", found.settings)
    return {**settings, "path": str(found.path), "unknown": list(found.unknown)}


def _client_setup(done: ClientSetup) -> types.ClientSetupDocument:
    return {
        "client": done.client,
        "path": str(done.path),
        "action": done.action,
        "text": done.text,
    }


# By the names of the classes, so that a command loads only the classes of its values.
_MAKERS: Mapping[str, Callable[[Any], Document]] = {
    "Job": _job,
    "Event": _event,
    "JobLog": _job_log,
    "StoredDataset": _stored_dataset,
    "Deletion": _deletion,
    "Hit": _hit,
    "SearchResult": _search,
    "Freshness": freshness,
    "FileLines": _file_lines,
    "FoundFile": _found_file,
    "Outline": _outline,
    "SimilarResult": _similar,
    "ProjectStatistics": _statistics,
    "Schedule": _schedule,
    "SyncResult": _sync,
    "OrganizationResult": _organization,
    "WorkerSummary": _worker,
    "CleanupSummary": _cleanup,
    "SettingValue": _setting,
    "Configuration": _configuration,
    "ClientSetup": _client_setup,
}
