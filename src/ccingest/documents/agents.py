"""What coding agents get: documents that are small, because an agent reads all of them.

Their types stand here and not in `types`, because the schemas of the tools are made of them, by
pydantic, which below Python 3.12 reads only the TypedDict of typing_extensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from ccingest.times import to_text
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import Dataset, FileLines, Hit, Job, Outline


class SourceState(TypedDict):
    """What an answer is from: a dataset, and the revision of the repository that it holds."""

    project: str
    dataset: str
    repository: str
    branch: str | None
    sha: str
    revision: str
    indexedAt: str


class AgentSnippet(TypedDict):
    startLine: int
    endLine: int
    signatureLine: int | None
    text: str


class AgentHit(TypedDict):
    """Lines of a file. The snippet is the part of them that answers best."""

    rank: int
    confidence: float | None
    dataset: str
    repository: str
    path: str
    startLine: int
    endLine: int
    language: str
    symbol: str
    snippet: AgentSnippet
    also: list[int]
    url: str | None


class AgentSearch(TypedDict):
    """`leftOut` is the number of hits that did not fit into the budget of tokens."""

    query: str
    datasets: list[SourceState]
    hits: list[AgentHit]
    leftOut: int
    note: str | None


class AgentSimilar(TypedDict):
    dataset: SourceState
    path: str
    line: int
    hits: list[AgentHit]
    leftOut: int


class AgentLines(TypedDict):
    """Lines of a file. `nextLine` is the first that was left out, null when none was."""

    dataset: SourceState
    path: str
    language: str
    startLine: int
    endLine: int
    text: str
    nextLine: int | None
    url: str | None


class AgentSymbol(TypedDict):
    symbol: str
    line: int


class AgentOutline(TypedDict):
    dataset: SourceState
    path: str
    symbols: list[AgentSymbol]
    leftOut: int


class AgentDataset(SourceState):
    source: str
    scope: str
    files: int
    chunks: int


class AgentJob(TypedDict):
    jobId: str
    status: str
    progress: int
    phase: str | None
    project: str
    dataset: str
    repository: str
    branch: str | None
    sha: str | None
    message: str | None
    error: str | None
    errorKind: str | None
    indexedFiles: int | None
    totalChunks: int | None
    createdAt: str
    completedAt: str | None


class AgentRepositories(TypedDict):
    """`jobs` are those that are making or updating a dataset now."""

    repositories: list[AgentDataset]
    jobs: list[AgentJob]
    leftOut: int


class AgentAdded(TypedDict):
    """`meaning` is what the text was taken for."""

    meaning: str
    job: AgentJob


def of_state(dataset: Dataset) -> SourceState:
    return {
        "project": dataset.project,
        "dataset": dataset.name,
        "repository": dataset.repository,
        "branch": dataset.branch,
        "sha": dataset.revision,
        "revision": dataset.revision,
        "indexedAt": to_text(dataset.updated_at),
    }


def of_hit(hit: Hit, lines: Sequence[tuple[int, str]]) -> AgentHit:
    """A hit with these lines of its snippet, which may be fewer than it has."""
    snippet = hit.snippet
    return {
        "rank": hit.rank,
        "confidence": None if hit.confidence is None else round(hit.confidence, 2),
        "dataset": hit.dataset,
        "repository": hit.repository,
        "path": hit.path,
        "startLine": hit.start_line,
        "endLine": hit.end_line,
        "language": hit.language,
        "symbol": hit.symbol,
        "snippet": {
            "startLine": snippet.start_line,
            "endLine": lines[-1][0] if lines else snippet.end_line,
            "signatureLine": snippet.signature,
            "text": "\n".join(line for _, line in lines),
        },
        "also": list(hit.also),
        "url": hit.url,
    }


def of_lines(found: FileLines, text: str, end: int, next_line: int | None) -> AgentLines:
    """The lines up to `end`, which are `text`."""
    return {
        "dataset": of_state(found.dataset),
        "path": found.path,
        "language": found.language,
        "startLine": found.start_line,
        "endLine": end,
        "text": text,
        "nextLine": next_line,
        "url": found.url,
    }


def of_outline(found: Outline, most: int) -> AgentOutline:
    """With the first symbols, at most that many."""
    symbols = found.symbols[:most]
    return {
        "dataset": of_state(found.dataset),
        "path": found.path,
        "symbols": [{"symbol": one.name, "line": one.line} for one in symbols],
        "leftOut": len(found.symbols) - len(symbols),
    }


def of_dataset(dataset: Dataset) -> AgentDataset:
    return {
        **of_state(dataset),
        "source": dataset.source.kind,
        "scope": dataset.scope,
        "files": dataset.files,
        "chunks": dataset.chunks,
    }


def of_job(job: Job) -> AgentJob:
    counts = job.counts
    return {
        "jobId": job.id,
        "status": job.status,
        "progress": job.progress,
        "phase": job.phase,
        "project": job.project,
        "dataset": job.dataset,
        "repository": job.source.name,
        "branch": job.branch,
        "sha": job.revision,
        "message": job.message,
        "error": job.error,
        "errorKind": job.error_kind,
        "indexedFiles": counts.indexed_files if counts else None,
        "totalChunks": counts.total_chunks if counts else None,
        "createdAt": to_text(job.created_at),
        "completedAt": to_text(job.completed_at) if job.completed_at else None,
    }


def state_line(datasets: Iterable[Dataset]) -> str:
    """What an answer is from, on one line each, for a reader."""
    return "\n".join(
        safe(
            f"{dataset.name}: {dataset.repository} at {dataset.revision[:12]}"
            f"{f' of {dataset.branch}' if dataset.branch else ''}, "
            f"indexed {to_text(dataset.updated_at)[:16]}Z"
        )
        for dataset in datasets
    )
