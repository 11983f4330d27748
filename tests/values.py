"""Values that several tests need, and functions that make them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccingest.models import Dataset, PreparedVersion, Reference, Unchanged
from ccingest.progress import Emit, discard
from ccingest.settings import Settings

# Processes that only use the queue import this too, so what takes long to import comes late.
if TYPE_CHECKING:
    from ccingest.pipeline.request import IngestRequest
    from ccingest.sources.git import Access, GitRevision, GitSnapshot


def reference(name: str, host: str = "github.com") -> Reference:
    """The reference of a repository, `org/repo`, on a host."""
    return Reference("github", name, f"https://{host}/{name}.git", host)


_CREATED = datetime(2026, 1, 1, tzinfo=timezone.utc)
DATASET = Dataset(
    dataset_id=1,
    project="default",
    name="d",
    scope="project",
    source=reference("o/r"),
    branch="main",
    revision="a" * 40,
    embedder="ccingest-static-5",
    chunker="cast1/1000/100",
    selection="2-x",
    table_name="t",
    table_version=1,
    files=0,
    chunks=0,
    created_at=_CREATED,
    updated_at=_CREATED,
)


def published(result: PreparedVersion, **changes: Any) -> Dataset:
    """The dataset as it is in the catalogue after the result is published."""
    return replace(
        DATASET,
        branch=result.revision.branch,
        revision=result.revision.id,
        embedder=result.embedder,
        chunker=result.chunker,
        selection=result.selection,
        table_name=result.table_name,
        table_version=result.table_version,
        files=result.counts.indexed_files,
        chunks=result.counts.total_chunks,
        **changes,
    )


def ingest_from(
    reference: Reference, request: IngestRequest, settings: Settings, emit: Emit = discard
) -> PreparedVersion | Unchanged:
    from ccingest.pipeline.ingest import ingest
    from ccingest.sources import open_source

    source = open_source(reference, settings, request.options)
    return ingest(source, request, settings, emit)


def snapshot_of(
    reference: Reference,
    into: Path,
    *,
    branch: str | None = None,
    revision: str | None = None,
    access: Access | None = None,
) -> tuple[GitRevision, GitSnapshot]:
    """The snapshot of a commit. A remote one is fetched into the folder `into`."""
    from ccingest.sources.git import Access, GitSnapshot
    from ccingest.sources.git.fetching import fetch
    from ccingest.sources.git.resolving import resolve

    access = access or Access()
    found = resolve(reference, branch=branch, revision=revision, access=access)
    path, commit = fetch(reference, found, into=into, access=access)
    return found, GitSnapshot(reference, path, commit)
