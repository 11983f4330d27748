"""Making a prepared version the visible one and its job `completed`, in one transaction."""

from __future__ import annotations

from dataclasses import replace

from ccingest.db.catalog import replace_manifest, replace_skipped
from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import NOW, Connection
from ccingest.db.rows import to_json
from ccingest.errors import LeaseLostError
from ccingest.models import IngestCounts, Job, PreparedVersion, Revision, Unchanged
from ccingest.queue.transitions import complete, require_ownership


@repeated
def publish(connection: Connection, job: Job, worker_id: str, prepared: PreparedVersion) -> None:
    """Make the version visible. Readers see the whole old version before, the whole new one after.

    If the old version was in another table, that is not in use any more: see
    `deletion.tables_in_use`. Raises CancelledError or LeaseLostError, and then changes nothing.
    """
    with transaction(connection):
        require_ownership(connection, job, worker_id)
        dataset_id = connection.execute(
            "SELECT dataset_id FROM jobs WHERE id = ?", (job.id,)
        ).fetchone()[0]
        if dataset_id is None:
            raise LeaseLostError(f"The dataset {job.dataset} was deleted while the job ran.")
        _store_request(connection, dataset_id, job, prepared.revision)
        _point_dataset_at(connection, dataset_id, job, prepared)
        replace_manifest(connection, dataset_id, prepared.manifest)
        replace_skipped(connection, dataset_id, prepared.skipped)
        complete(connection, job.id, prepared.message, prepared.revision, prepared.counts)


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
        _store_request(connection, dataset["id"], job, result.revision)


def _store_request(connection: Connection, dataset_id: int, job: Job, found: Revision) -> None:
    """Store the job's request with the dataset: `sync` repeats it, also after the job is removed."""
    options = replace(job.options, force=False, bundle="", bundle_digest="")
    connection.execute(
        f"""UPDATE datasets SET scope = ?, branch = ?, wanted_branch = ?, wanted_revision = ?,
            options = ?, updated_at = {NOW} WHERE id = ?""",
        (
            *(job.scope, found.branch, found.full_branch or job.branch, job.wanted_revision),
            *(to_json(options), dataset_id),
        ),
    )


def _point_dataset_at(
    connection: Connection, dataset_id: int, job: Job, prepared: PreparedVersion
) -> None:
    connection.execute(
        f"""UPDATE datasets SET source = ?, revision = ?, embedder = ?, chunker = ?,
            selection = ?, table_name = ?, table_version = ?, files = ?, chunks = ?,
            indexed_at = {NOW} WHERE id = ?""",
        (
            *(to_json(job.source), prepared.revision.id, prepared.embedder, prepared.chunker),
            *(prepared.selection, prepared.table_name, prepared.table_version),
            *(prepared.counts.indexed_files, prepared.counts.total_chunks, dataset_id),
        ),
    )
