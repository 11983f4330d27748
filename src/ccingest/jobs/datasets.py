"""The catalogue: which datasets there are, at which version, made of which files."""

from __future__ import annotations

import difflib
import json
import sqlite3
from collections.abc import Iterable, Sequence

from ccingest.errors import DatasetNotFoundError
from ccingest.jobs.database import NOW, transaction
from ccingest.jobs.queue import require_ownership
from ccingest.jobs.records import DatasetRow, DeletedDataset, Job
from ccingest.records import DatasetVersion, JobResult, ManifestFile

_LISTED = """
SELECT p.name AS project, d.name, d.scope, d.repository, d.host, d.branch, d.commit_sha AS sha,
    d.embedder, d.chunker, d.table_name, d.table_version, d.files, d.chunks, d.created_at,
    d.updated_at
FROM datasets d JOIN projects p ON p.id = d.project_id
"""
_VERSIONS = """
SELECT d.id AS dataset_id, p.name AS project, d.name, d.scope, d.repository, d.host, d.branch,
    d.commit_sha AS sha, d.embedder, d.chunker, d.selection, d.table_name, d.table_version,
    d.files, d.chunks
FROM datasets d JOIN projects p ON p.id = d.project_id
"""


def publish(connection: sqlite3.Connection, job: Job, worker_id: str, result: JobResult) -> None:
    """Make a written dataset version the visible one, and its job completed: one transaction.

    Raises CancelledError or LeaseLostError, and then changes nothing.
    """
    with transaction(connection):
        require_ownership(connection, job, worker_id)
        dataset_id = _upsert_dataset(connection, job, result)
        connection.execute("DELETE FROM files WHERE dataset_id = ?", (dataset_id,))
        connection.executemany(
            "INSERT INTO files(dataset_id, path, blob_id, language, chunks) VALUES (?, ?, ?, ?, ?)",
            ((dataset_id, f.path, f.blob_id, f.language, f.chunks) for f in result.manifest),
        )
        counts = result.counts
        connection.execute(
            f"""UPDATE jobs SET status = 'completed', progress = 100, message = ?, sha = ?,
                branch = COALESCE(branch, ?), dataset_id = ?, indexed_files = ?, total_chunks = ?,
                files_added = ?, files_changed = ?, files_removed = ?, chunks_added = ?,
                chunks_removed = ?, bytes_read = ?, skipped = ?, fallbacks = ?, seconds = ?,
                current_phase = NULL, current_file = NULL, worker_id = NULL,
                lease_expires_at = NULL, completed_at = {NOW}, updated_at = {NOW} WHERE id = ?""",
            (
                *(result.message, result.sha, result.branch, dataset_id),
                *(counts.indexed_files, counts.total_chunks, counts.files_added),
                *(counts.files_changed, counts.files_removed, counts.chunks_added),
                *(counts.chunks_removed, counts.bytes_read, json.dumps(dict(counts.skipped))),
                *(json.dumps(dict(counts.fallbacks)), json.dumps(dict(counts.seconds)), job.id),
            ),
        )


def list_datasets(connection: sqlite3.Connection, project: str | None) -> list[DatasetRow]:
    """By project and name. `project` None means all."""
    rows = connection.execute(
        _LISTED + "WHERE (? IS NULL OR p.name = ?) ORDER BY p.name, d.name", (project, project)
    )
    return [DatasetRow(**dict(row)) for row in rows]


def published(
    connection: sqlite3.Connection,
    project: str | None,
    *,
    names: Sequence[str] = (),
    repositories: Sequence[str] = (),
) -> list[DatasetVersion]:
    """What a query searches: the project's datasets and the global ones; `local` only if named.

    Raises DatasetNotFoundError when nothing is left, or one of the names is unknown.
    """
    rows = connection.execute(
        _VERSIONS + "WHERE ? IS NULL OR p.name = ? OR d.scope = 'global' ORDER BY p.name, d.name",
        (project, project),
    )
    visible = [DatasetVersion(**dict(row)) for row in rows]
    _require_known("dataset", names, {dataset.name for dataset in visible})
    _require_known("repository", repositories, {dataset.repository for dataset in visible})
    chosen = [
        dataset
        for dataset in visible
        if (dataset.name in names if names else dataset.scope != "local" or repositories)
        and (not repositories or dataset.repository.lower() in map(str.lower, repositories))
    ]
    if not chosen:
        where = f"project {project!r}" if project else "any project"
        raise DatasetNotFoundError(
            f"There is no such dataset in {where}; add one with `ccingest github add REPO`."
        )
    return chosen


def base_version(connection: sqlite3.Connection, project: str, name: str) -> DatasetVersion | None:
    """The visible version that the next ingest starts from; None before the first."""
    row = connection.execute(
        _VERSIONS + "WHERE p.name = ? AND d.name = ?", (project, name)
    ).fetchone()
    return DatasetVersion(**dict(row)) if row else None


def manifest(connection: sqlite3.Connection, dataset_id: int) -> dict[str, ManifestFile]:
    """The files of the visible version, by path."""
    rows = connection.execute(
        "SELECT path, blob_id, language, chunks FROM files WHERE dataset_id = ?", (dataset_id,)
    )
    return {row["path"]: ManifestFile(**dict(row)) for row in rows}


def delete_datasets(
    connection: sqlite3.Connection,
    project: str,
    *,
    name: str | None = None,
    repository: str | None = None,
) -> list[DeletedDataset]:
    """Remove datasets by name, by repository, or by both; their jobs are cancelled.

    The tables are the caller's to drop. Raises DatasetNotFoundError.
    """
    with transaction(connection):
        rows = connection.execute(
            """SELECT d.id, d.project_id, d.name, d.chunks, d.table_name
            FROM datasets d JOIN projects p ON p.id = d.project_id
            WHERE p.name = :project AND (:name IS NULL OR d.name = :name)
            AND (:repository IS NULL OR lower(d.repository) = lower(:repository))""",
            {"project": project, "name": name, "repository": repository},
        ).fetchall()
        if not rows:
            known = [row.name for row in list_datasets(connection, project)]
            raise DatasetNotFoundError(
                f"No dataset {name or 'of ' + str(repository)} in project {project!r}"
                f"{_near(name or '', known)}; `ccingest datasets` lists them."
            )
        for row in rows:
            _cancel_jobs(connection, row["project_id"], row["name"])
            connection.execute("DELETE FROM datasets WHERE id = ?", (row["id"],))
    return [DeletedDataset(project, row["name"], row["chunks"], row["table_name"]) for row in rows]


def tables_in_use(connection: sqlite3.Connection) -> set[str]:
    """The tables of all datasets, and those that running jobs write. One consistent read."""
    rows = connection.execute(
        """SELECT table_name FROM datasets UNION ALL
        SELECT 'j' || substr(replace(id, '-', ''), 1, 16) || '_' || attempt
        FROM jobs WHERE status = 'in_progress'"""
    )
    return {row[0] for row in rows}


def _upsert_dataset(connection: sqlite3.Connection, job: Job, result: JobResult) -> int:
    connection.execute(
        f"""INSERT INTO datasets (project_id, name, scope, repository, host, clone_url, branch,
            commit_sha, embedder, chunker, selection, table_name, table_version, files, chunks,
            created_at, updated_at)
        SELECT project_id, dataset_name, scope, ?, repo_host, repo_url, ?, ?, ?, ?, ?, ?, ?, ?, ?,
            {NOW}, {NOW} FROM jobs WHERE id = ?
        ON CONFLICT (project_id, name) DO UPDATE SET scope = excluded.scope,
            repository = excluded.repository, host = excluded.host,
            clone_url = excluded.clone_url, branch = excluded.branch,
            commit_sha = excluded.commit_sha, embedder = excluded.embedder,
            chunker = excluded.chunker, selection = excluded.selection,
            table_name = excluded.table_name, table_version = excluded.table_version,
            files = excluded.files, chunks = excluded.chunks, updated_at = excluded.updated_at""",
        (
            *(job.ref.full_name, result.branch, result.sha, result.embedder, result.chunker),
            *(result.selection, result.table_name, result.table_version),
            *(result.counts.indexed_files, result.counts.total_chunks, job.id),
        ),
    )
    row = connection.execute(
        """SELECT d.id FROM datasets d JOIN jobs j ON j.id = ?
        AND d.project_id = j.project_id AND d.name = j.dataset_name""",
        (job.id,),
    ).fetchone()
    return int(row["id"])


def _cancel_jobs(connection: sqlite3.Connection, project_id: int, dataset: str) -> None:
    """A job that would bring the dataset back after its deletion."""
    connection.execute(
        f"""UPDATE jobs SET status = 'cancelled', error = 'Its dataset was deleted.',
            error_kind = 'cancelled', completed_at = {NOW}, updated_at = {NOW}
        WHERE project_id = ? AND dataset_name = ? AND status = 'pending'""",
        (project_id, dataset),
    )
    connection.execute(
        """UPDATE jobs SET cancel_requested = 1
        WHERE project_id = ? AND dataset_name = ? AND status = 'in_progress'""",
        (project_id, dataset),
    )


def _require_known(what: str, wanted: Sequence[str], known: Iterable[str]) -> None:
    lowered = {name.lower() for name in known} if what == "repository" else set(known)
    for name in wanted:
        if (name.lower() if what == "repository" else name) not in lowered:
            raise DatasetNotFoundError(
                f"No {what} {name!r}{_near(name, known)}; `ccingest datasets` lists them."
            )


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]!r}" if close else ""
