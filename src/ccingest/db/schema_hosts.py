"""Steps of the schema: on which machine a job runs or ran, and which hosts are left alone for now."""

from __future__ import annotations

M009 = """
ALTER TABLE jobs ADD COLUMN worker_host TEXT;
UPDATE jobs SET worker_host = substr(worker_id, 1, instr(worker_id, ':') - 1)
    WHERE instr(worker_id, ':') > 1;

DROP VIEW job_history;
CREATE VIEW job_history AS
SELECT j.rowid AS number, j.id, p.name AS project, j.dataset_name AS dataset, j.scope, j.source,
    j.branch, j.wanted_revision, j.revision, j.options, j.status, j.priority, j.progress,
    j.current_phase AS phase, j.current_file, j.message, j.error, j.error_kind, j.attempt,
    j.retry_count, j.max_retries, j.crash_count, j.worker_id, j.worker_host, j.lease_expires_at,
    j.cancel_requested, j.counts, j.created_at, j.started_at, j.completed_at, j.visible_at,
    ROUND((julianday(j.completed_at) - julianday(j.started_at)) * 86400, 3) AS duration_seconds
FROM jobs j JOIN projects p ON p.id = j.project_id;
"""

M011 = """
-- Of repositories, which asked for a pause.
CREATE TABLE hosts (
    name TEXT PRIMARY KEY,
    ask_again_at TEXT NOT NULL
) WITHOUT ROWID;
"""
