"""What coding agents get: documents that are small, because an agent reads all of them.

Their types stand here and not in `types`, because the schemas of the tools are made of them, by
pydantic, which below Python 3.12 reads only the TypedDict of typing_extensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from ccingest.times import to_text
from ccingest.values import dataclass
from ccingest.visible import safe

if TYPE_CHECKING:
    from ccingest.models import Dataset, FileLines, Freshness, Hit, Job, Outline


class SourceState(TypedDict):
    """What an answer is from: a dataset, and the revision of the repository that it holds.

    `tree` is the work tree whose files are answered as they are on disk; `uncommitted` of them are not
    as in the commit. `stale` says whether the source has moved on, `behind` by how many commits. What
    is not known without a network is null. `note` says why it is not as fresh as it could be.
    """

    project: str
    dataset: str
    repository: str
    branch: str | None
    sha: str
    revision: str
    indexedAt: str
    lookedAt: str
    stale: bool | None
    behind: int | None
    tree: str | None
    uncommitted: int | None
    note: str | None


class AgentSnippet(TypedDict):
    """`lineNumbers` are those of the lines of `text`, which may have further places of the hit."""

    startLine: int
    endLine: int
    signatureLine: int | None
    lineNumbers: list[int]
    text: str


class AgentHit(TypedDict):
    """Lines of a file. The snippet is the part of them that answers best.

    `state` is `committed`, `modified` or `untracked`: what git knows of the file as it is here;
    `stored` for a folder or a site, of which no git knows.
    """

    rank: int
    confidence: float | None
    dataset: str
    repository: str
    path: str
    startLine: int
    endLine: int
    language: str
    symbol: str
    state: str
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
    """`meaning` is what the text was taken for. `job` is null when there is nothing to do."""

    meaning: str
    job: AgentJob | None


@dataclass(frozen=True, slots=True)
class Source:
    """A dataset in an answer, and how fresh it is."""

    repository: str
    fresh: Freshness

    @property
    def document(self) -> SourceState:
        fresh = self.fresh
        return {
            "project": fresh.project,
            "dataset": fresh.dataset,
            "repository": self.repository,
            "branch": fresh.branch,
            "sha": fresh.revision,
            "revision": fresh.revision,
            "indexedAt": to_text(fresh.indexed_at),
            "lookedAt": to_text(fresh.looked_at),
            "stale": fresh.is_stale,
            "behind": fresh.behind,
            "tree": fresh.tree,
            "uncommitted": fresh.uncommitted,
            "note": fresh.note or None,
        }

    @property
    def line(self) -> str:
        """The same for a reader."""
        fresh = self.fresh
        branch = f" of {fresh.branch}" if fresh.branch else ""
        parts = [
            f"{fresh.dataset}: {self.repository} at {fresh.revision[:12]}{branch}",
            f"indexed {to_text(fresh.indexed_at)[:16]}Z",
        ]
        if fresh.tree:
            parts.append(f"with the files on disk of {fresh.tree}")
            parts += [f"{fresh.uncommitted} not as committed"] if fresh.uncommitted else []
        if fresh.behind:
            parts.append(f"STALE: {fresh.behind} commits behind its source")
        elif fresh.is_stale and not fresh.note:
            parts.append("STALE: its source has moved on")
        line = ", ".join(parts)
        return safe(f"{line}. {fresh.note}" if fresh.note else line)


def of_hit(hit: Hit, lines: Sequence[tuple[int, str]]) -> AgentHit:
    """A hit with these lines of its snippet, which may be fewer than it has."""
    snippet = hit.snippet
    last = lines[-1][0] if lines else snippet.end_line
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
        "state": hit.state,
        "snippet": {
            "startLine": snippet.start_line,
            "endLine": max(snippet.start_line, min(snippet.end_line, last)),
            "signatureLine": snippet.signature,
            "lineNumbers": [number for number, _ in lines],
            "text": "\n".join(line for _, line in lines),
        },
        "also": list(hit.also),
        "url": hit.url,
    }


def of_lines(
    found: FileLines, source: Source, text: str, end: int, next_line: int | None
) -> AgentLines:
    """The lines up to `end`, which are `text`."""
    return {
        "dataset": source.document,
        "path": found.path,
        "language": found.language,
        "startLine": found.start_line,
        "endLine": end,
        "text": text,
        "nextLine": next_line,
        "url": found.url,
    }


def of_outline(found: Outline, source: Source, most: int) -> AgentOutline:
    """With the first symbols, at most that many."""
    symbols = found.symbols[:most]
    return {
        "dataset": source.document,
        "path": found.path,
        "symbols": [{"symbol": one.name, "line": one.line} for one in symbols],
        "leftOut": len(found.symbols) - len(symbols),
    }


def of_dataset(dataset: Dataset, source: Source) -> AgentDataset:
    return {
        **source.document,
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
