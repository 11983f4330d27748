BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'ccingest','m001_projects_datasets_jobs_events','2026-11-23 19:20:53.562795+00:00');
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
INSERT INTO "datasets" VALUES(1,1,'it''s a "name"','project','org/repo','github.com','https://github.com/org/repo.git','main','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','model','cast-1000-100','all','jac2c8d4e21df4970_1',1,3,6,'2026-11-23T19:20:53.567Z','2026-11-23T19:20:53.571Z');
CREATE TABLE files (
    dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    blob_id TEXT NOT NULL,
    language TEXT NOT NULL,
    chunks INTEGER NOT NULL,
    PRIMARY KEY (dataset_id, path)
) WITHOUT ROWID;
INSERT INTO "files" VALUES(1,'src/000000.py','b1','python',2);
INSERT INTO "files" VALUES(1,'src/000001.py','b1','python',2);
INSERT INTO "files" VALUES(1,'src/000002.py','b1','python',2);
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
INSERT INTO "job_events" VALUES(1,'ac2c8d4e-21df-4970-96da-3fad5b51be7f','2026-11-23T19:20:53.567Z','pending',0,NULL,NULL,NULL,NULL);
INSERT INTO "job_events" VALUES(2,'ac2c8d4e-21df-4970-96da-3fad5b51be7f','2026-11-23T19:20:53.568Z','in_progress',0,NULL,NULL,NULL,NULL);
INSERT INTO "job_events" VALUES(3,'ac2c8d4e-21df-4970-96da-3fad5b51be7f','2026-11-23T19:20:53.571Z','in_progress',40,'embed','src/ö.py',NULL,NULL);
INSERT INTO "job_events" VALUES(4,'ac2c8d4e-21df-4970-96da-3fad5b51be7f','2026-11-23T19:20:53.572Z','completed',100,NULL,NULL,NULL,'indexed 3 files');
INSERT INTO "job_events" VALUES(5,'942186dc-9259-49d5-b97a-430543d69d6f','2026-11-23T19:20:53.573Z','pending',0,NULL,NULL,NULL,NULL);
INSERT INTO "job_events" VALUES(6,'942186dc-9259-49d5-b97a-430543d69d6f','2026-11-23T19:20:53.575Z','cancelled',0,NULL,NULL,'Cancelled before it began.',NULL);
CREATE TABLE job_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL
);
INSERT INTO "job_logs" VALUES(1,'ac2c8d4e-21df-4970-96da-3fad5b51be7f','2026-11-23T19:20:53.570Z','info','a line');
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
INSERT INTO "jobs" VALUES('ac2c8d4e-21df-4970-96da-3fad5b51be7f',1,1,'it''s a "name"','project','github','github.com','https://github.com/org/repo.git','org','repo','main',NULL,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','completed',0,100,NULL,NULL,'indexed 3 files','2026-11-23T19:20:53.567Z','2026-11-23T19:20:53.572Z','2026-11-23T19:20:53.568Z','2026-11-23T19:20:53.572Z','2026-11-23T19:20:53.567Z',1,0,0,3,'["default", "it''s a \"name\"", "github.com/org/repo", null, null]',NULL,NULL,0,NULL,NULL,3,6,3,0,0,0,0,0,'{"binary": 1}','{}','{"embed": 0.5}','{"include": [], "exclude": [], "model": "", "force": false}');
INSERT INTO "jobs" VALUES('942186dc-9259-49d5-b97a-430543d69d6f',1,NULL,'org-other','project','github','github.com','https://github.com/org/other.git','org','other',NULL,NULL,NULL,'cancelled',0,0,NULL,NULL,NULL,'2026-11-23T19:20:53.573Z','2026-11-23T19:20:53.575Z',NULL,'2026-11-23T19:20:53.575Z','2026-11-23T19:20:53.573Z',0,0,0,3,'["default", "org-other", "github.com/org/other", null, null]',NULL,NULL,0,'Cancelled before it began.','cancelled',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{}','{}','{}','{"include": [], "exclude": [], "model": "", "force": false}');
CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO "projects" VALUES(1,'default');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE UNIQUE INDEX jobs_singleton ON jobs(singleton_key)
    WHERE status IN ('pending', 'in_progress') AND cancel_requested = 0;
CREATE INDEX jobs_dataset ON jobs(dataset_id);
CREATE INDEX jobs_claim ON jobs(status, priority DESC, created_at);
CREATE INDEX jobs_created ON jobs(created_at DESC);
CREATE INDEX job_events_job ON job_events(job_id, id);
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('datasets',2);
INSERT INTO "sqlite_sequence" VALUES('job_events',6);
INSERT INTO "sqlite_sequence" VALUES('job_logs',1);
COMMIT;
