"""The schema, as a list of steps. A step that was released is never changed."""

from __future__ import annotations

from ccingest.db.schema_hosts import M009, M011
from ccingest.db.schema_overlays import M007
from ccingest.db.schema_skipped import M006
from ccingest.db.schema_store import M010
from ccingest.db.webhook_schema import WEBHOOK_DELIVERIES

_M001 = """
CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- Reserved when the first job is queued; the columns that may be NULL are so until it is published.
CREATE TABLE datasets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES projects(id),
    name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('project', 'global', 'local')),
    repository TEXT NOT NULL,
    host TEXT NOT NULL,
    clone_url TEXT NOT NULL,
    branch TEXT,
    commit_sha TEXT,
    embedder TEXT,
    chunker TEXT,
    selection TEXT,
    table_name TEXT UNIQUE,
    table_version INTEGER,
    files INTEGER NOT NULL DEFAULT 0,
    chunks INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (project_id, name),
    CHECK (table_name IS NULL OR (table_version IS NOT NULL AND commit_sha IS NOT NULL
        AND embedder IS NOT NULL AND chunker IS NOT NULL AND selection IS NOT NULL))
);

CREATE TABLE files (
    dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    blob_id TEXT NOT NULL,
    language TEXT NOT NULL,
    chunks INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, path)
) WITHOUT ROWID;

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects(id),
    dataset_id INTEGER REFERENCES datasets(id) ON DELETE SET NULL,
    dataset_name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('project', 'global', 'local')),
    source TEXT NOT NULL DEFAULT 'github',
    repo_host TEXT NOT NULL,
    repo_url TEXT NOT NULL,
    repo_owner TEXT NOT NULL,
    repo_name TEXT NOT NULL,
    branch TEXT,
    wanted_sha TEXT,
    sha TEXT,
    status TEXT NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'in_progress', 'completed', 'failed', 'cancelled')),
    priority INTEGER NOT NULL DEFAULT 0,
    progress INTEGER NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    current_phase TEXT,
    current_file TEXT,
    message TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    started_at TEXT,
    completed_at TEXT,
    visible_at TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    retry_count INTEGER NOT NULL DEFAULT 0,
    deaths INTEGER NOT NULL DEFAULT 0, -- of workers that ran it
    max_retries INTEGER NOT NULL DEFAULT 3 CHECK (max_retries >= 0),
    singleton_key TEXT NOT NULL,
    worker_id TEXT,
    lease_expires_at TEXT,
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    error TEXT,
    error_kind TEXT,
    indexed_files INTEGER,
    total_chunks INTEGER,
    files_added INTEGER,
    files_changed INTEGER,
    files_removed INTEGER,
    chunks_added INTEGER,
    chunks_removed INTEGER,
    bytes_read INTEGER,
    skipped TEXT NOT NULL DEFAULT '{}',
    fallbacks TEXT NOT NULL DEFAULT '{}',
    seconds TEXT NOT NULL DEFAULT '{}',
    options TEXT NOT NULL DEFAULT '{}'
);
-- A job that is being cancelled stands in nobody's way.
CREATE UNIQUE INDEX jobs_singleton ON jobs(singleton_key)
    WHERE status IN ('pending', 'in_progress') AND cancel_requested = 0;
CREATE INDEX jobs_dataset ON jobs(dataset_id);
CREATE INDEX jobs_claim ON jobs(status, priority DESC, created_at);
CREATE INDEX jobs_created ON jobs(created_at DESC);

CREATE TABLE job_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    status TEXT NOT NULL,
    progress INTEGER NOT NULL,
    phase TEXT,
    current_file TEXT,
    error TEXT,
    message TEXT
);
CREATE INDEX job_events_job ON job_events(job_id, id);

CREATE TABLE job_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX job_logs_job ON job_logs(job_id, id);

CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs BEGIN
    INSERT INTO job_events(job_id, at, status, progress, phase, current_file, error, message)
    VALUES (NEW.id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NEW.status, NEW.progress,
            NEW.current_phase, NEW.current_file, NEW.error, NEW.message);
END;

CREATE TRIGGER jobs_updated AFTER UPDATE ON jobs
WHEN OLD.status IS NOT NEW.status OR OLD.progress IS NOT NEW.progress
    OR OLD.current_phase IS NOT NEW.current_phase OR OLD.error IS NOT NEW.error
BEGIN
    INSERT INTO job_events(job_id, at, status, progress, phase, current_file, error, message)
    VALUES (NEW.id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NEW.status, NEW.progress,
            NEW.current_phase, NEW.current_file, NEW.error, NEW.message);
END;

CREATE VIEW job_history AS
SELECT jobs.*, jobs.rowid AS number, projects.name AS project,
    ROUND((julianday(completed_at) - julianday(started_at)) * 86400, 3) AS duration_seconds
FROM jobs JOIN projects ON projects.id = jobs.project_id;
"""

_M002 = """
-- One for each dataset. `next_at` is when it is due, `error` why it could not be queued then.
CREATE TABLE schedules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES projects(id),
    dataset_name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('project', 'global', 'local')),
    repo_host TEXT NOT NULL,
    repo_url TEXT NOT NULL,
    repo_owner TEXT NOT NULL,
    repo_name TEXT NOT NULL,
    branch TEXT,
    priority INTEGER NOT NULL,
    max_retries INTEGER NOT NULL,
    options TEXT NOT NULL,
    every_seconds INTEGER,
    cron TEXT,
    next_at TEXT NOT NULL,
    last_job_id TEXT REFERENCES jobs(id) ON DELETE SET NULL,
    error TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (project_id, dataset_name),
    CHECK ((every_seconds IS NULL) <> (cron IS NULL))
);
CREATE INDEX schedules_due ON schedules(next_at);

-- Until then no job begins to write the dataset: a clean-up rewrites its table. A clean-up that was
-- killed stands in the way no longer than this.
ALTER TABLE datasets ADD COLUMN upkeep_until TEXT;

-- When what a worker does now and then, such as a clean-up, was last begun.
CREATE TABLE upkeep (
    name TEXT PRIMARY KEY,
    at TEXT NOT NULL
) WITHOUT ROWID;
"""

_M003 = """
ALTER TABLE jobs ADD COLUMN files_moved INTEGER;
ALTER TABLE jobs ADD COLUMN files_kept INTEGER;
ALTER TABLE jobs ADD COLUMN chunks_moved INTEGER;
ALTER TABLE jobs ADD COLUMN chunks_kept INTEGER;
"""

_M004 = """
-- What the last completed job was asked for: jobs are cleaned up, and `sync` asks for the same. No
-- branch means the default one. `options` is NULL if that is not known any more.
ALTER TABLE datasets ADD COLUMN wanted_branch TEXT;
ALTER TABLE datasets ADD COLUMN wanted_sha TEXT;
ALTER TABLE datasets ADD COLUMN options TEXT;

UPDATE datasets SET wanted_branch = branch,
    wanted_sha = CASE WHEN branch IS NULL THEN commit_sha END;
-- A singleton key is [project, dataset, repository, branch, commit] as they were asked for.
UPDATE datasets SET (wanted_branch, wanted_sha, options) = (
    SELECT json_extract(jobs.singleton_key, '$[3]'), jobs.wanted_sha, jobs.options FROM jobs
    WHERE jobs.dataset_id = datasets.id AND jobs.status = 'completed'
    ORDER BY jobs.completed_at DESC LIMIT 1)
WHERE id IN (SELECT dataset_id FROM jobs WHERE status = 'completed');
"""

_M005 = """
-- A source is one JSON value, counts are another, and names are those of the code.
DROP VIEW job_history;
DROP TRIGGER jobs_inserted;
DROP TRIGGER jobs_updated;

CREATE TABLE new_datasets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES projects(id),
    name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('project', 'global', 'local')),
    source TEXT NOT NULL, -- JSON, see models/sources.py: Reference
    branch TEXT,
    revision TEXT,
    embedder TEXT,
    chunker TEXT,
    selection TEXT,
    table_name TEXT UNIQUE,
    table_version INTEGER,
    files INTEGER NOT NULL DEFAULT 0,
    chunks INTEGER NOT NULL DEFAULT 0,
    wanted_branch TEXT,
    wanted_revision TEXT,
    options TEXT, -- JSON; NULL when it is not known any more
    maintenance_until TEXT, -- until then no job begins to write the dataset
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (project_id, name),
    CHECK (table_name IS NULL OR (table_version IS NOT NULL AND revision IS NOT NULL
        AND embedder IS NOT NULL AND chunker IS NOT NULL AND selection IS NOT NULL))
);
INSERT INTO new_datasets SELECT id, project_id, name, scope,
    json_object('kind', 'github', 'name', repository, 'location', clone_url, 'host', host),
    branch, commit_sha, embedder, chunker, selection, table_name, table_version, files, chunks,
    wanted_branch, wanted_sha, options, upkeep_until, created_at, updated_at FROM datasets;

CREATE TABLE new_files (
    dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    content_id TEXT NOT NULL,
    language TEXT NOT NULL,
    chunks INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, path)
) WITHOUT ROWID;
INSERT INTO new_files SELECT dataset_id, path, blob_id, language, chunks FROM files;

CREATE TABLE new_jobs (
    id TEXT PRIMARY KEY,
    project_id INTEGER NOT NULL REFERENCES projects(id),
    dataset_id INTEGER REFERENCES datasets(id) ON DELETE SET NULL,
    dataset_name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('project', 'global', 'local')),
    source TEXT NOT NULL, -- JSON
    branch TEXT,
    wanted_revision TEXT,
    revision TEXT,
    status TEXT NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'in_progress', 'completed', 'failed', 'cancelled')),
    priority INTEGER NOT NULL DEFAULT 0,
    progress INTEGER NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    current_phase TEXT,
    current_file TEXT,
    message TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    started_at TEXT,
    completed_at TEXT,
    visible_at TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    retry_count INTEGER NOT NULL DEFAULT 0,
    crash_count INTEGER NOT NULL DEFAULT 0, -- of workers that ran it
    max_retries INTEGER NOT NULL DEFAULT 3 CHECK (max_retries >= 0),
    singleton_key TEXT NOT NULL,
    worker_id TEXT,
    lease_expires_at TEXT,
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    error TEXT,
    error_kind TEXT,
    counts TEXT, -- JSON, see models/jobs.py: IngestCounts; NULL until it is completed
    options TEXT NOT NULL DEFAULT '{}' -- JSON
);
INSERT INTO new_jobs SELECT id, project_id, dataset_id, dataset_name, scope,
    json_object('kind', 'github', 'location', repo_url, 'host', repo_host, 'name',
        CASE repo_owner WHEN '' THEN repo_name ELSE repo_owner || '/' || repo_name END),
    branch, wanted_sha, sha, status, priority, progress, current_phase, current_file, message,
    created_at, updated_at, started_at, completed_at, visible_at, attempt, retry_count, deaths,
    max_retries, singleton_key, worker_id, lease_expires_at, cancel_requested, error, error_kind,
    CASE WHEN indexed_files IS NOT NULL THEN json_object(
        'indexed_files', indexed_files, 'total_chunks', total_chunks,
        'files_added', files_added, 'files_changed', files_changed, 'files_moved', files_moved,
        'files_removed', files_removed, 'files_kept', files_kept, 'chunks_added', chunks_added,
        'chunks_moved', chunks_moved, 'chunks_removed', chunks_removed,
        'chunks_kept', chunks_kept, 'bytes_read', bytes_read, 'skipped_files', json(skipped),
        'fallback_files', json(fallbacks), 'phase_seconds', json(seconds)) END,
    options FROM jobs ORDER BY rowid;

CREATE TABLE new_schedules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES projects(id),
    dataset_name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('project', 'global', 'local')),
    source TEXT NOT NULL, -- JSON
    branch TEXT,
    priority INTEGER NOT NULL,
    max_retries INTEGER NOT NULL,
    options TEXT NOT NULL, -- JSON
    every_seconds INTEGER,
    cron TEXT,
    next_at TEXT NOT NULL,
    last_job_id TEXT REFERENCES jobs(id) ON DELETE SET NULL,
    error TEXT, -- why it could not be queued when it was last due
    created_at TEXT NOT NULL,
    UNIQUE (project_id, dataset_name),
    CHECK ((every_seconds IS NULL) <> (cron IS NULL))
);
INSERT INTO new_schedules SELECT id, project_id, dataset_name, scope,
    json_object('kind', 'github', 'location', repo_url, 'host', repo_host, 'name',
        CASE repo_owner WHEN '' THEN repo_name ELSE repo_owner || '/' || repo_name END),
    branch, priority, max_retries, options, every_seconds, cron, next_at, last_job_id, error,
    created_at FROM schedules;

DROP TABLE schedules;
DROP TABLE jobs;
DROP TABLE files;
DROP TABLE datasets;
ALTER TABLE new_datasets RENAME TO datasets;
ALTER TABLE new_files RENAME TO files;
ALTER TABLE new_jobs RENAME TO jobs;
ALTER TABLE new_schedules RENAME TO schedules;
ALTER TABLE upkeep RENAME TO maintenance_runs;

-- A job that is being cancelled stands in nobody's way.
CREATE UNIQUE INDEX jobs_singleton ON jobs(singleton_key)
    WHERE status IN ('pending', 'in_progress') AND cancel_requested = 0;
CREATE INDEX jobs_dataset ON jobs(dataset_id);
CREATE INDEX jobs_claim ON jobs(status, priority DESC, created_at);
CREATE INDEX jobs_created ON jobs(created_at DESC);
CREATE INDEX schedules_due ON schedules(next_at);

CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs BEGIN
    INSERT INTO job_events(job_id, at, status, progress, phase, current_file, error, message)
    VALUES (NEW.id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NEW.status, NEW.progress,
            NEW.current_phase, NEW.current_file, NEW.error, NEW.message);
END;

CREATE TRIGGER jobs_updated AFTER UPDATE ON jobs
WHEN OLD.status IS NOT NEW.status OR OLD.progress IS NOT NEW.progress
    OR OLD.current_phase IS NOT NEW.current_phase OR OLD.error IS NOT NEW.error
BEGIN
    INSERT INTO job_events(job_id, at, status, progress, phase, current_file, error, message)
    VALUES (NEW.id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NEW.status, NEW.progress,
            NEW.current_phase, NEW.current_file, NEW.error, NEW.message);
END;

CREATE VIEW job_history AS
SELECT j.rowid AS number, j.id, p.name AS project, j.dataset_name AS dataset, j.scope, j.source,
    j.branch, j.wanted_revision, j.revision, j.options, j.status, j.priority, j.progress,
    j.current_phase AS phase, j.current_file, j.message, j.error, j.error_kind, j.attempt,
    j.retry_count, j.max_retries, j.crash_count, j.worker_id, j.lease_expires_at,
    j.cancel_requested, j.counts, j.created_at, j.started_at, j.completed_at, j.visible_at,
    ROUND((julianday(j.completed_at) - julianday(j.started_at)) * 86400, 3) AS duration_seconds
FROM jobs j JOIN projects p ON p.id = j.project_id;

CREATE VIEW published_datasets AS
SELECT d.id AS dataset_id, d.project_id, p.name AS project, d.name, d.scope, d.source, d.branch,
    d.revision, d.embedder, d.chunker, d.selection, d.table_name, d.table_version, d.files,
    d.chunks, d.wanted_branch, d.wanted_revision, d.options, d.maintenance_until, d.created_at,
    d.updated_at
FROM datasets d JOIN projects p ON p.id = d.project_id WHERE d.table_name IS NOT NULL;
"""

STEPS: tuple[tuple[str, str], ...] = (
    ("m001_projects_datasets_jobs_events", _M001),
    ("m002_schedules_upkeep", _M002),
    ("m003_moved_and_kept", _M003),
    ("m004_what_datasets_were_asked_for", _M004),
    ("m005_sources_and_counts_as_json", _M005),
    ("m006_skipped_files", M006),
    ("m007_overlays", M007),
    ("m008_webhook_deliveries", WEBHOOK_DELIVERIES),
    ("m009_worker_hosts", M009),
    ("m010_stored_shards", M010),
    ("m011_hosts_that_are_left_alone", M011),
)
