"""Deleting datasets, together with the jobs and schedules that would create them again."""

from __future__ import annotations

from dataclasses import dataclass

from ccingest.db.catalog import list_datasets
from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import Connection, Row
from ccingest.db.missing import nearest, no_dataset
from ccingest.db.rows import reference_of
from ccingest.errors import CancelledError, DamagedDatabaseError, DatasetNotFoundError
from ccingest.models import DeletedDataset, Reference
from ccingest.models.jobs import table_name
from ccingest.queue.transitions import end


@dataclass(frozen=True, slots=True)
class WantedSource:
    """Which sources are meant: by name, on `host` if given; by `location` where that is known."""

    name: str
    host: str | None = None
    location: str | None = None

    def is_of(self, source: Reference) -> bool:
        if self.location is not None:
            return source.location == self.location
        is_named_so = source.name.lower() == self.name.lower()
        return is_named_so and (self.host is None or source.host.lower() == self.host.lower())


@repeated
def delete_datasets(
    connection: Connection,
    project: str,
    *,
    name: str | None = None,
    source: WantedSource | None = None,
) -> list[DeletedDataset]:
    """Remove datasets by name, by source, or by both.

    Cancels their jobs and removes their schedules, which would create the datasets again. The rows
    of the jobs stay. The caller has to drop the tables. Raises DatasetNotFoundError.
    """
    with transaction(connection):
        chosen = _chosen(connection, project, name, source)
        return [_delete(connection, project, row) for row in chosen]


def to_be_deleted(
    connection: Connection,
    project: str,
    *,
    name: str | None = None,
    source: WantedSource | None = None,
) -> dict[str, int]:
    """The datasets that `delete_datasets` would remove, and the chunks of each. Raises as it does."""
    chosen = _chosen(connection, project, name, source)
    return {row["name"]: row["chunks"] for row in chosen}


def tables_in_use(connection: Connection) -> set[str]:
    """The tables of all datasets and overlays, and those that are being written, in one read."""
    rows = connection.execute(
        """SELECT NULL AS table_name, id, attempt FROM jobs WHERE status = 'in_progress'
        UNION ALL SELECT table_name, NULL, NULL FROM datasets WHERE table_name IS NOT NULL
        UNION ALL SELECT table_name, NULL, NULL FROM overlays WHERE table_name IS NOT NULL
        UNION ALL SELECT writing_table, NULL, NULL FROM overlays WHERE writing_table IS NOT NULL"""
    )
    return {row["table_name"] or table_name(row["id"], row["attempt"]) for row in rows}


def _chosen(
    connection: Connection,
    project: str,
    name: str | None,
    source: WantedSource | None,
) -> list[Row]:
    rows = connection.execute(
        """SELECT d.id, d.project_id, d.name, d.chunks, d.table_name, d.source, EXISTS (
            SELECT 1 FROM schedules s
            WHERE s.project_id = d.project_id AND s.dataset_name = d.name) AS had_schedule
        FROM datasets d JOIN projects p ON p.id = d.project_id
        WHERE p.name = ? AND (? IS NULL OR d.name = ?) ORDER BY d.name""",
        (project, name, name),
    ).fetchall()
    chosen = [row for row in rows if source is None or _is_of(source, row)]
    if not chosen:
        raise _none_deleted(connection, project, name, source)
    return chosen


def _is_of(wanted: WantedSource, row: Row) -> bool:
    source = _source_of(row)
    return source is not None and wanted.is_of(source)


def _source_of(row: Row) -> Reference | None:
    """None when it can't be read: to delete such a dataset is the way out."""
    try:
        return reference_of(row["source"])
    except DamagedDatabaseError:
        return None


def _is_last(connection: Connection, source: Reference | None) -> bool:
    """Whether no other dataset has the source, as far as is known."""
    if source is None:
        return False
    try:
        found = connection.execute(
            """SELECT 1 FROM datasets WHERE json_extract(source, '$.location') = ?
            AND json_extract(source, '$.kind') = ? LIMIT 1""",
            (source.location, source.kind),
        ).fetchone()
    except DamagedDatabaseError:  # the source of another can't be read: it may be the same
        return False
    return found is None


def _delete(connection: Connection, project: str, row: Row) -> DeletedDataset:
    source = _source_of(row)
    table = row["table_name"] or _table_being_written(connection, row["id"])
    _cancel_jobs(connection, row["project_id"], row["name"])
    connection.execute(
        "DELETE FROM schedules WHERE project_id = ? AND dataset_name = ?",
        (row["project_id"], row["name"]),
    )
    connection.execute("DELETE FROM datasets WHERE id = ?", (row["id"],))
    return DeletedDataset(
        project=project,
        name=row["name"],
        chunks=row["chunks"],
        table_name=table,
        had_schedule=bool(row["had_schedule"]),
        source=source,
        is_last=_is_last(connection, source),
    )


def _table_being_written(connection: Connection, dataset_id: int) -> str:
    """The table that a dataset without a version will get from its job.

    Such a dataset always has a pending or running job: see `transitions.end`.
    """
    job = connection.execute(
        """SELECT id, attempt FROM jobs WHERE dataset_id = ?
        AND status IN ('pending', 'in_progress') ORDER BY status LIMIT 1""",
        (dataset_id,),
    ).fetchone()
    return table_name(job["id"], job["attempt"])


def _cancel_jobs(connection: Connection, project_id: int, dataset: str) -> None:
    """Cancel the jobs that would create the dataset again."""
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
    connection: Connection, project: str, name: str | None, source: WantedSource | None
) -> DatasetNotFoundError:
    known = list_datasets(connection, project)
    if name is not None:
        return no_dataset(connection, project, name, [dataset.name for dataset in known])
    repository = source.name if source else ""
    near = nearest(repository, [dataset.repository for dataset in known])
    return DatasetNotFoundError(f"No dataset of {repository!r} in project {project!r}{near}.")
