"""Making a prepared version the visible one and its job `completed`, in one transaction."""

from __future__ import annotations

from dataclasses import replace

from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import NOW, Connection
from ccingest.db.manifests import change_manifest, manifest_changes, replace_skipped
from ccingest.db.rows import to_json
from ccingest.errors import LeaseLostError
from ccingest.models import IngestCounts, Job, PreparedVersion, Revision, Unchanged
from ccingest.queue.logs import add_log
from ccingest.queue.transitions import complete, require_ownership


@repeated
def publish(connection: Connection, job: Job, worker_id: str, prepared: PreparedVersion) -> None:
    """Make the version visible. Readers see the whole old version before, the whole new one after.

    If the old version was in another table, that is not in use any more: see
    `deletion.tables_in_use`. Raises CancelledError or LeaseLostError, and then changes nothing.
    """
    # As long as the job is this worker's, nobody else changes the files of its dataset.
    dataset_id = _held_dataset(connection, job, worker_id)
    changes = manifest_changes(connection, dataset_id, prepared.manifest)
    with transaction(connection):
        _held_dataset(connection, job, worker_id)
        change_manifest(connection, changes)
        replace_skipped(connection, dataset_id, prepared.skipped)
        _point_dataset_at(connection, dataset_id, job, prepared)
        complete(connection, job.id, prepared.message, prepared.revision, prepared.counts)
        add_log(connection, job.id, "info", prepared.message)


def _held_dataset(connection: Connection, job: Job, worker_id: str) -> int:
    dataset_id = require_ownership(connection, job, worker_id)
    if dataset_id is None:
        raise LeaseLostError(f"The dataset {job.dataset} was deleted while the job ran.")
    return dataset_id


@repeated
def complete_unchanged(connection: Connection, job: Job, worker_id: str, result: Unchanged) -> None:
    """Complete a job whose dataset was already at the wanted revision.

    Raises CancelledError or LeaseLostError.
    """
    with transaction(connection):
        require_ownership(connection, job, worker_id)
        dataset = connection.execute(
            """SELECT d.id, d.files, d.chunks FROM datasets d JOIN jobs j ON j.dataset_id = d.id
            WHERE j.id = ? AND d.revision = ?""",
            (job.id, result.revision.id),
        ).fetchone()
        if dataset is None:
            raise LeaseLostError(f"The dataset {job.dataset} is gone or changed meanwhile.")
        counts = IngestCounts(
            indexed_files=dataset["files"],
            total_chunks=dataset["chunks"],
            files_kept=dataset["files"],
            chunks_kept=dataset["chunks"],
        )
        complete(connection, job.id, result.message, result.revision, counts)
        add_log(connection, job.id, "info", result.message)
        connection.execute(
            f"UPDATE datasets SET {_REQUEST} WHERE id = ?",
            (*_request(job, result.revision), dataset["id"]),
        )


# The job's request is stored with the dataset: `sync` repeats it, also after the job is removed.
_REQUEST = f"""scope = ?, branch = ?, wanted_branch = ?, wanted_revision = ?, options = ?,
    updated_at = {NOW}"""


def _request(job: Job, found: Revision) -> tuple[str | None, ...]:
    options = replace(job.options, force=False, bundle="", bundle_digest="")
    return (
        *(job.scope, found.branch, found.full_branch or job.branch, job.wanted_revision),
        to_json(options),
    )


def _point_dataset_at(
    connection: Connection, dataset_id: int, job: Job, prepared: PreparedVersion
) -> None:
    connection.execute(
        f"""UPDATE datasets SET {_REQUEST}, source = ?, revision = ?, embedder = ?, chunker = ?,
            selection = ?, table_name = ?, table_version = ?, files = ?, chunks = ?,
            skipped_left_out = ?, indexed_at = {NOW} WHERE id = ?""",
        (
            *_request(job, prepared.revision),
            *(to_json(job.source), prepared.revision.id, prepared.embedder, prepared.chunker),
            *(prepared.selection, prepared.table_name, prepared.table_version),
            *(prepared.counts.indexed_files, prepared.counts.total_chunks),
            *(prepared.skipped.left_out, dataset_id),
        ),
    )
