"""The catalogue: which datasets there are, at which version, made of which files."""

from __future__ import annotations

import difflib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

from ccingest.errors import CancelledError, DatasetNotFoundError, LeaseLostError, UsageError
from ccingest.jobs.database import NOW, transaction
from ccingest.jobs.records import DatasetRow, DeletedDataset, Job, table_name
from ccingest.jobs.transitions import UNDER_UPKEEP, complete, end, require_ownership
from ccingest.records import DatasetVersion, JobResult, ManifestFile, RepoRef, Scope

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


def repository_key(ref: RepoRef) -> str:
    """What makes two references the same repository: hosts fold case, file systems don't."""
    return ref.clone_url if ref.is_local else f"{ref.host}/{ref.full_name}".lower()


def require_same_repository(
    connection: sqlite3.Connection, project: str, name: str, ref: RepoRef
) -> int | None:
    """The id of the dataset of that name; None when there is none.

    A dataset is one repository: raises UsageError when the name stands for another one.
    """
    row = connection.execute(
        """SELECT d.id, d.repository, d.host, d.clone_url
        FROM datasets d JOIN projects p ON p.id = d.project_id WHERE p.name = ? AND d.name = ?""",
        (project, name),
    ).fetchone()
    if row is None:
        return None
    held = RepoRef(row["host"], "", row["repository"], row["clone_url"])
    if repository_key(held) != repository_key(ref):
        raise UsageError(
            f"The dataset {name} holds {row['repository']} from {row['clone_url']}; "
            "give another name with --dataset, or delete it first."
        )
    return int(row["id"])


def reserve(
    connection: sqlite3.Connection, project: str, name: str, scope: Scope, ref: RepoRef
) -> int:
    """The id of the dataset of that name, made if missing, inside the caller's transaction.

    Raises UsageError when the name stands for another repository.
    """
    found = require_same_repository(connection, project, name, ref)
    if found is not None:
        return found
    connection.execute("INSERT OR IGNORE INTO projects(name) VALUES (?)", (project,))
    made = connection.execute(
        f"""INSERT INTO datasets
            (project_id, name, scope, repository, host, clone_url, created_at, updated_at)
        SELECT id, ?, ?, ?, ?, ?, {NOW}, {NOW} FROM projects WHERE name = ?""",
        (name, scope, ref.full_name, ref.host, ref.clone_url, project),
    )
    assert made.lastrowid is not None  # it is one after an INSERT
    return made.lastrowid


def publish(connection: sqlite3.Connection, job: Job, worker_id: str, result: JobResult) -> None:
    """Make a written dataset version the visible one, and its job completed: one transaction.

    A table that the dataset was in before is in no use then, see `tables_in_use`.
    Raises CancelledError or LeaseLostError, and then changes nothing.
    """
    with transaction(connection):
        require_ownership(connection, job, worker_id)
        dataset_id = connection.execute(
            "SELECT dataset_id FROM jobs WHERE id = ?", (job.id,)
        ).fetchone()[0]
        if dataset_id is None:
            raise LeaseLostError(f"The dataset {job.dataset} was deleted while the job ran.")
        remember_request(connection, dataset_id, job, result.branch)
        _move_dataset(connection, dataset_id, job, result)
        _replace_manifest(connection, dataset_id, result.manifest)
        complete(connection, job.id, result.message, result.sha, result.branch, result.counts)


def remember_request(
    connection: sqlite3.Connection, dataset_id: int, job: Job, branch: str | None
) -> None:
    """Note what a job that completes was asked for, inside the caller's transaction.

    `branch` is the one it found. Jobs are cleaned up; `sync` asks for the same much later.
    """
    options = json.dumps(asdict(replace(job.options, force=False)))
    connection.execute(
        f"""UPDATE datasets SET scope = ?, branch = ?, wanted_branch = ?, wanted_sha = ?,
            options = ?, updated_at = {NOW} WHERE id = ?""",
        (job.scope, branch, job.branch, job.wanted_sha, options, dataset_id),
    )


def list_datasets(connection: sqlite3.Connection, project: str | None) -> list[DatasetRow]:
    """The published ones, by project and name. `project` None means all."""
    rows = connection.execute(
        _LISTED
        + """WHERE d.table_name IS NOT NULL AND (? IS NULL OR p.name = ?)
        ORDER BY p.name, d.name""",
        (project, project),
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
        _VERSIONS
        + """WHERE d.table_name IS NOT NULL AND (? IS NULL OR p.name = ? OR d.scope = 'global')
        ORDER BY p.name, d.name""",
        (project, project),
    )
    visible = [DatasetVersion(**dict(row)) for row in rows]
    require_known("dataset", names, {dataset.name for dataset in visible})
    require_known("repository", repositories, {dataset.repository for dataset in visible})
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
        _VERSIONS + "WHERE p.name = ? AND d.name = ? AND d.table_name IS NOT NULL", (project, name)
    ).fetchone()
    return DatasetVersion(**dict(row)) if row else None


def published_tables(connection: sqlite3.Connection) -> dict[int, str]:
    """Dataset id -> table of all datasets that have a visible version, of all projects."""
    rows = connection.execute(
        "SELECT id, table_name FROM datasets WHERE table_name IS NOT NULL ORDER BY id"
    )
    return {int(row["id"]): str(row["table_name"]) for row in rows}


def idle_version(connection: sqlite3.Connection, dataset_id: int) -> DatasetVersion | None:
    """The visible version of a dataset that neither a job nor a clean-up is writing."""
    row = connection.execute(
        _VERSIONS
        + f"""WHERE d.id = ? AND d.table_name IS NOT NULL
        AND (d.upkeep_until IS NULL OR NOT ({UNDER_UPKEEP})) AND NOT EXISTS (
            SELECT 1 FROM jobs j WHERE j.status = 'in_progress'
            AND j.project_id = d.project_id AND j.dataset_name = d.name)""",
        (dataset_id,),
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
    host: str | None = None,
) -> list[DeletedDataset]:
    """Remove datasets by name, by repository (on `host`, if given), or by both.

    Their jobs are cancelled, their schedules removed, for both would bring them back; their job
    rows stay. The tables are the caller's to drop.
    Raises DatasetNotFoundError.
    """
    with transaction(connection):
        rows = connection.execute(
            """SELECT d.id, d.project_id, d.name, d.chunks, d.table_name, d.clone_url, EXISTS (
                SELECT 1 FROM schedules s
                WHERE s.project_id = d.project_id AND s.dataset_name = d.name) AS scheduled
            FROM datasets d JOIN projects p ON p.id = d.project_id
            WHERE p.name = :project AND (:name IS NULL OR d.name = :name)
            AND (:repository IS NULL OR lower(d.repository) = lower(:repository))
            AND (:host IS NULL OR lower(d.host) = lower(:host)) ORDER BY d.name""",
            {"project": project, "name": name, "repository": repository, "host": host},
        ).fetchall()
        if not rows:
            raise _none_deleted(connection, project, name, repository)
        ids = {row["id"] for row in rows}
        left = connection.execute("SELECT id, clone_url FROM datasets").fetchall()
        used = {row["clone_url"] for row in left if row["id"] not in ids}
        deleted = [
            DeletedDataset(
                project,
                row["name"],
                row["chunks"],
                row["table_name"] or _table_being_written(connection, row["id"]),
                bool(row["scheduled"]),
                row["clone_url"],
                row["clone_url"] not in used,
            )
            for row in rows
        ]
        for row in rows:
            _cancel_jobs(connection, row["project_id"], row["name"])
            connection.execute(
                "DELETE FROM schedules WHERE project_id = ? AND dataset_name = ?",
                (row["project_id"], row["name"]),
            )
            connection.execute("DELETE FROM datasets WHERE id = ?", (row["id"],))
    return deleted


def tables_in_use(connection: sqlite3.Connection) -> set[str]:
    """The tables of all datasets, and those that running jobs write. One consistent read."""
    rows = connection.execute(
        """SELECT table_name, NULL AS id, NULL AS attempt FROM datasets
        WHERE table_name IS NOT NULL
        UNION ALL SELECT NULL, id, attempt FROM jobs WHERE status = 'in_progress'"""
    )
    return {row["table_name"] or table_name(row["id"], row["attempt"]) for row in rows}


def _move_dataset(
    connection: sqlite3.Connection, dataset_id: int, job: Job, result: JobResult
) -> None:
    connection.execute(
        """UPDATE datasets SET repository = ?, host = ?, clone_url = ?, commit_sha = ?,
            embedder = ?, chunker = ?, selection = ?, table_name = ?, table_version = ?,
            files = ?, chunks = ? WHERE id = ?""",
        (
            *(job.ref.full_name, job.ref.host, job.ref.clone_url, result.sha),
            *(result.embedder, result.chunker, result.selection),
            *(result.table_name, result.table_version),
            *(result.counts.indexed_files, result.counts.total_chunks, dataset_id),
        ),
    )


def _replace_manifest(
    connection: sqlite3.Connection, dataset_id: int, files: Iterable[ManifestFile]
) -> None:
    """Only rows that differ are written: most of a large repository stays as it was."""
    old = manifest(connection, dataset_id)
    new = {file.path: file for file in files}
    connection.executemany(
        "DELETE FROM files WHERE dataset_id = ? AND path = ?",
        [(dataset_id, path) for path in old if path not in new],
    )
    connection.executemany(
        """INSERT OR REPLACE INTO files(dataset_id, path, blob_id, language, chunks)
        VALUES (?, ?, ?, ?, ?)""",
        [
            (dataset_id, file.path, file.blob_id, file.language, file.chunks)
            for file in new.values()
            if old.get(file.path) != file
        ],
    )


def _table_being_written(connection: sqlite3.Connection, dataset_id: int) -> str:
    """Of a dataset without a version; it has a pending or running job, or it would be gone."""
    job = connection.execute(
        """SELECT id, attempt FROM jobs WHERE dataset_id = ?
        AND status IN ('pending', 'in_progress') ORDER BY status LIMIT 1""",
        (dataset_id,),
    ).fetchone()
    return table_name(job["id"], job["attempt"])


def _cancel_jobs(connection: sqlite3.Connection, project_id: int, dataset: str) -> None:
    """The jobs that would bring the dataset back after its deletion."""
    rows = connection.execute(
        """SELECT id FROM jobs
        WHERE project_id = ? AND dataset_name = ? AND status = 'pending'""",
        (project_id, dataset),
    ).fetchall()
    for row in rows:
        end(connection, row["id"], "cancelled", CancelledError("Its dataset was deleted."))
    connection.execute(
        """UPDATE jobs SET cancel_requested = 1
        WHERE project_id = ? AND dataset_name = ? AND status = 'in_progress'""",
        (project_id, dataset),
    )


def _none_deleted(
    connection: sqlite3.Connection, project: str, name: str | None, repository: str | None
) -> DatasetNotFoundError:
    known = list_datasets(connection, project)
    what = f"dataset {name!r}" if name is not None else f"dataset of {repository!r}"
    near = (
        _near(name, (row.name for row in known))
        if name is not None
        else _near(repository or "", (row.repository for row in known))
    )
    return DatasetNotFoundError(
        f"No {what} in project {project!r}{near}; `ccingest datasets` lists them."
    )


def require_known(what: str, wanted: Sequence[str], known: Iterable[str]) -> None:
    """Raises DatasetNotFoundError for a name that is none of the known ones."""
    lowered = {name.lower() for name in known} if what == "repository" else set(known)
    for name in wanted:
        if (name.lower() if what == "repository" else name) not in lowered:
            raise DatasetNotFoundError(
                f"No {what} {name!r}{_near(name, known)}; `ccingest datasets` lists them."
            )


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]!r}" if close else ""
