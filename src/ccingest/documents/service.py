"""The documents of the service that ccingest replaces, in its own words, for its clients.

Beside them stand those of the server alone: projects, pushes, health. Keys as in `documents`: they
are added, never renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from ccingest.secrets import hide_secrets
from ccingest.times import to_text

if TYPE_CHECKING:
    from ccingest.models import Dataset, Deletion, Hit, Job, ProjectStatistics, SearchResult
    from ccingest.models.submissions import PushResult, Submission

_STATUSES = {
    "pending": "queued",
    "in_progress": "running",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "failed",  # the replaced service knew no other end
}
_MESSAGES = {
    "queued": "Queued; GET /jobs/ID and the events tell how it goes.",
    "running": "The same is running already.",
    "skipped": "Up to date already. Pass force=true to read all files again.",
}


class SubmissionDocument(TypedDict):
    """`lastRunAt` is there when it was skipped."""

    jobId: str | None
    status: str
    message: str
    project: str
    dataset: str
    repository: str
    branch: str | None
    scope: str
    force: bool


class HistoryItemDocument(TypedDict):
    """`error` is there when it failed."""

    id: str
    source: str
    project: str
    dataset: str
    scope: str
    status: str
    startedAt: str
    duration: str
    summary: str


class RemovedDocument(TypedDict):
    project: str
    dataset: str
    projectId: str
    datasetId: str
    deletedVectors: int
    status: str
    message: str


class MissingDocument(TypedDict):
    """An error of the replaced service: a text, with what this service says beside it."""

    error: str
    kind: str
    message: str
    project: str
    dataset: str | None


class LineSpan(TypedDict):
    start: int
    end: int


class Scores(TypedDict):
    vector: float
    sparse: float
    final: float


class ResultDocument(TypedDict):
    id: str
    chunk: str
    file: str
    lineSpan: LineSpan
    scores: Scores
    projectId: str
    datasetId: str
    projectName: str
    repo: str
    lang: str
    symbolName: str
    symbolKind: str
    url: str | None
    sha: str


class Features(TypedDict):
    hybridSearch: bool
    reranking: bool
    symbolExtraction: bool


class Timing(TypedDict):
    total: float


class SearchParams(TypedDict):
    initialK: int
    finalK: int


class ResultsMetadata(TypedDict):
    retrievalMethod: str
    featuresUsed: Features
    timingMs: Timing
    searchParams: SearchParams


class ResultsDocument(TypedDict):
    request_id: str
    results: list[ResultDocument]
    metadata: ResultsMetadata
    latency_ms: float
    note: str | None


class Metric(TypedDict):
    label: str
    value: float
    caption: str


class StatsDocument(TypedDict):
    """`projects` has a StatisticsDocument of each project."""

    metrics: list[Metric]
    projects: list[dict[str, Any]]


class ScopeItem(TypedDict):
    id: str
    type: str
    name: str
    updatedAt: str
    highlights: list[str]


ScopesDocument = TypedDict(
    "ScopesDocument",
    {"global": list[ScopeItem], "project": list[ScopeItem], "local": list[ScopeItem]},
)


class PushDocument(TypedDict):
    """`jobId` is the first of the jobs, null without one."""

    status: str
    message: str
    jobId: str | None
    jobs: list[dict[str, Any]]


def of_submission(made: Submission) -> dict[str, Any]:
    request, job = made.request, made.job
    document: SubmissionDocument = {
        "jobId": job.id if job else None,
        "status": made.status,
        "message": _MESSAGES[made.status],
        "project": request.project,
        "dataset": job.dataset if job else request.dataset,
        "repository": request.source.name,
        "branch": request.branch,
        "scope": request.scope,
        "force": request.options.force,
    }
    if made.last_run_at is None:
        return dict(document)
    return {**document, "lastRunAt": to_text(made.last_run_at)}


def of_history(jobs: Iterable[Job]) -> list[dict[str, Any]]:
    return [_history_item(job) for job in jobs]


def _history_item(job: Job) -> dict[str, Any]:
    document: HistoryItemDocument = {
        "id": job.id,
        "source": "crawl" if job.source.kind == "web" else job.source.kind,
        "project": job.project,
        "dataset": job.dataset,
        "scope": job.scope,
        "status": _STATUSES[job.status],
        "startedAt": to_text(job.started_at or job.created_at),
        "duration": _duration(job),
        "summary": _summary(job),
    }
    return {**document, "error": job.error} if job.error else dict(document)


def _duration(job: Job) -> str:
    if job.duration_seconds is not None:
        return f"{round(job.duration_seconds)}s"
    return {"pending": "queued", "in_progress": "running"}.get(job.status, "0s")


def _summary(job: Job) -> str:
    name = job.source.name
    if job.source.kind == "github":
        name += f" ({job.branch or 'default branch'})"
    if job.counts is None:
        return name
    return f"{name}: {job.counts.indexed_files} files, {job.counts.total_chunks} chunks"


def of_removal(deletion: Deletion) -> dict[str, Any]:
    """Of several datasets of one repository, `dataset` is the first, and `datasets` lists all."""
    first, names = deletion.datasets[0], [gone.name for gone in deletion.datasets]
    document: RemovedDocument = {
        "project": deletion.project,
        "dataset": first.name,
        "projectId": deletion.project,
        "datasetId": first.name,
        "deletedVectors": deletion.chunks,
        "status": "deleted",
        "message": f"Deleted {', '.join(names)}.",
    }
    return {**document, "datasets": names}


def of_missing(kind: str, message: str, project: str, dataset: str | None) -> MissingDocument:
    """`project` and `dataset` are as they were asked for: a URL with a password, perhaps."""
    return {
        "error": message,
        "kind": kind,
        "message": message,
        "project": hide_secrets(project),
        "dataset": None if dataset is None else hide_secrets(dataset),
    }


def of_results(
    found: SearchResult, hits: Sequence[Hit], request_id: str, milliseconds: float
) -> ResultsDocument:
    """`hits` are those of the result that are good enough."""
    return {
        "request_id": request_id,
        "results": [_result(hit) for hit in hits],
        "metadata": {
            "retrievalMethod": "hybrid",
            "featuresUsed": {"hybridSearch": True, "reranking": True, "symbolExtraction": True},
            "timingMs": {"total": milliseconds},
            "searchParams": {"initialK": found.k, "finalK": len(hits)},
        },
        "latency_ms": milliseconds,
        "note": found.note or None,
    }


def _result(hit: Hit) -> ResultDocument:
    return {
        "id": f"{hit.project}/{hit.dataset}:{hit.path}:{hit.start_line}-{hit.end_line}",
        "chunk": hit.text,
        "file": hit.path,
        "lineSpan": {"start": hit.start_line, "end": hit.end_line},
        "scores": {"vector": hit.similarity, "sparse": hit.bm25, "final": final_score(hit)},
        "projectId": hit.project,
        "datasetId": hit.dataset,
        "projectName": hit.project,
        "repo": hit.repository,
        "lang": hit.language,
        "symbolName": hit.symbol,
        "symbolKind": hit.kind,
        "url": hit.url,
        "sha": hit.revision,
    }


def final_score(hit: Hit) -> float:
    """How likely the hit answers, 0 to 1: what a threshold is compared with."""
    return hit.score if hit.confidence is None else round(hit.confidence, 3)


def of_stats(
    found: Sequence[ProjectStatistics], statistics: Sequence[Mapping[str, Any]]
) -> StatsDocument:
    """`statistics` are the documents of what was found."""

    def total(status: str) -> int:
        return sum(one.jobs.get(status, 0) for one in found)

    metrics: list[Metric] = [
        {
            "label": "Datasets",
            "value": sum(one.datasets for one in found),
            "caption": "searchable",
        },
        {"label": "Chunks", "value": sum(one.chunks for one in found), "caption": "indexed"},
        {"label": "Running", "value": total("in_progress"), "caption": "jobs"},
        {"label": "Queued", "value": total("pending"), "caption": "jobs"},
        {"label": "Completed", "value": total("completed"), "caption": "jobs"},
        {"label": "Failed", "value": total("failed"), "caption": "jobs"},
    ]
    return {"metrics": metrics, "projects": [dict(one) for one in statistics]}


def of_scopes(datasets: Iterable[Dataset]) -> ScopesDocument:
    """The datasets of each scope, the last changed first."""
    scopes: ScopesDocument = {"global": [], "project": [], "local": []}
    for dataset in sorted(datasets, key=lambda one: one.updated_at, reverse=True):
        item: ScopeItem = {
            "id": f"{dataset.project}/{dataset.name}",
            "type": "dataset",
            "name": dataset.name,
            "updatedAt": to_text(dataset.updated_at),
            "highlights": [f"{dataset.chunks} chunks", f"{dataset.files} files"],
        }
        scopes[dataset.scope].append(item)
    return scopes


def of_push(done: PushResult, jobs: Sequence[Mapping[str, Any]], message: str) -> PushDocument:
    return {
        "status": done.outcome,
        "message": message,
        "jobId": done.jobs[0].id if done.jobs else None,
        "jobs": [dict(one) for one in jobs],
    }
