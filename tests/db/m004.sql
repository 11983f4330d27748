BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'ccingest','m001_projects_datasets_jobs_events','2026-11-26 06:33:26.857306+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'ccingest','m002_schedules_upkeep','2026-11-26 06:33:26.867475+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'ccingest','m003_moved_and_kept','2026-11-26 06:33:26.870087+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'ccingest','m004_what_datasets_were_asked_for','2026-11-26 06:33:26.871498+00:00');
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
    updated_at TEXT NOT NULL, upkeep_until TEXT, wanted_branch TEXT, wanted_sha TEXT, options TEXT,
    UNIQUE (project_id, name),
    CHECK (table_name IS NULL OR (table_version IS NOT NULL AND commit_sha IS NOT NULL
        AND embedder IS NOT NULL AND chunker IS NOT NULL AND selection IS NOT NULL))
);
INSERT INTO "datasets" VALUES(1,1,'org-repo','project','org/repo','github.com','https://github.com/org/repo.git','main','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','model','cast-1000-100','all','ja1ac1e5a1240451b_1',1,3,6,'2026-11-26T06:33:26.887Z','2026-11-26T06:33:26.899Z',NULL,'main',NULL,'{"include": ["docs/**"], "exclude": ["*.png"], "model": "", "force": false, "cache": false}');
INSERT INTO "datasets" VALUES(2,2,'shop','global','shop','','file:///srv/shop','main','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','model','cast-1000-100','all','jf190b66bdec44109_1',1,3,6,'2026-11-26T06:33:26.902Z','2026-11-26T06:33:26.907Z',NULL,NULL,'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','{"include": [], "exclude": [], "model": "", "force": false, "cache": true}');
INSERT INTO "datasets" VALUES(3,1,'org-waits','project','org/waits','github.com','https://github.com/org/waits.git',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,0,'2026-11-26T06:33:26.910Z','2026-11-26T06:33:26.910Z',NULL,NULL,NULL,NULL);
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
INSERT INTO "files" VALUES(2,'src/000000.py','b1','python',2);
INSERT INTO "files" VALUES(2,'src/000001.py','b1','python',2);
INSERT INTO "files" VALUES(2,'src/000002.py','b1','python',2);
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
INSERT INTO "job_events" VALUES(1,'a1ac1e5a-1240-451b-ae0b-ef6a9a887a05','2026-11-26T06:33:26.888Z','pending',0,NULL,NULL,NULL,NULL);
INSERT INTO "job_events" VALUES(2,'a1ac1e5a-1240-451b-ae0b-ef6a9a887a05','2026-11-26T06:33:26.889Z','in_progress',0,NULL,NULL,NULL,NULL);
INSERT INTO "job_events" VALUES(3,'a1ac1e5a-1240-451b-ae0b-ef6a9a887a05','2026-11-26T06:33:26.899Z','completed',100,NULL,NULL,NULL,'indexed 3 files');
INSERT INTO "job_events" VALUES(4,'f190b66b-dec4-4109-9ac2-43775c3bc942','2026-11-26T06:33:26.902Z','pending',0,NULL,NULL,NULL,NULL);
INSERT INTO "job_events" VALUES(5,'f190b66b-dec4-4109-9ac2-43775c3bc942','2026-11-26T06:33:26.903Z','in_progress',0,NULL,NULL,NULL,NULL);
INSERT INTO "job_events" VALUES(6,'f190b66b-dec4-4109-9ac2-43775c3bc942','2026-11-26T06:33:26.908Z','completed',100,NULL,NULL,NULL,'indexed 3 files');
INSERT INTO "job_events" VALUES(7,'3881cab5-7a6b-4dc0-969b-63cf970d4818','2026-11-26T06:33:26.910Z','pending',0,NULL,NULL,NULL,NULL);
INSERT INTO "job_events" VALUES(8,'b75ac4f8-baad-4730-94ad-1554b83744df','2026-11-26T06:33:26.915Z','pending',0,NULL,NULL,NULL,NULL);
INSERT INTO "job_events" VALUES(9,'b75ac4f8-baad-4730-94ad-1554b83744df','2026-11-26T06:33:26.915Z','in_progress',0,NULL,NULL,NULL,NULL);
INSERT INTO "job_events" VALUES(10,'b75ac4f8-baad-4730-94ad-1554b83744df','2026-11-26T06:33:26.918Z','failed',0,NULL,NULL,'Could not fetch it.',NULL);
CREATE TABLE job_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    at TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL
);
INSERT INTO "job_logs" VALUES(1,'a1ac1e5a-1240-451b-ae0b-ef6a9a887a05','2026-11-26T06:33:26.894Z','info','a line');
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
, files_moved INTEGER, files_kept INTEGER, chunks_moved INTEGER, chunks_kept INTEGER);
INSERT INTO "jobs" VALUES('a1ac1e5a-1240-451b-ae0b-ef6a9a887a05',1,1,'org-repo','project','github','github.com','https://github.com/org/repo.git','org','repo','main',NULL,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','completed',0,100,NULL,NULL,'indexed 3 files','2026-11-26T06:33:26.888Z','2026-11-26T06:33:26.899Z','2026-11-26T06:33:26.889Z','2026-11-26T06:33:26.899Z','2026-11-26T06:33:26.888Z',1,0,0,3,'["default", "org-repo", "github.com/org/repo", "main", null]',NULL,NULL,0,NULL,NULL,3,6,3,0,0,0,0,0,'{"binary": 1}','{}','{"embed": 0.5}','{"include": ["docs/**"], "exclude": ["*.png"], "model": "", "force": false, "cache": false}',0,0,0,0);
INSERT INTO "jobs" VALUES('f190b66b-dec4-4109-9ac2-43775c3bc942',2,2,'shop','global','github','','file:///srv/shop','','shop','main','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','completed',0,100,NULL,NULL,'indexed 3 files','2026-11-26T06:33:26.902Z','2026-11-26T06:33:26.908Z','2026-11-26T06:33:26.903Z','2026-11-26T06:33:26.908Z','2026-11-26T06:33:26.902Z',1,0,0,3,'["other", "shop", "file:///srv/shop", null, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]',NULL,NULL,0,NULL,NULL,3,6,3,0,0,0,0,0,'{"binary": 1}','{}','{"embed": 0.5}','{"include": [], "exclude": [], "model": "", "force": false, "cache": true}',0,0,0,0);
INSERT INTO "jobs" VALUES('3881cab5-7a6b-4dc0-969b-63cf970d4818',1,3,'org-waits','project','github','github.com','https://github.com/org/waits.git','org','waits',NULL,NULL,NULL,'pending',0,0,NULL,NULL,NULL,'2026-11-26T06:33:26.910Z','2026-11-26T06:33:26.910Z',NULL,NULL,'2026-11-26T06:33:26.910Z',0,0,0,3,'["default", "org-waits", "github.com/org/waits", null, null]',NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{}','{}','{}','{"include": [], "exclude": [], "model": "", "force": false, "cache": true}',NULL,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('b75ac4f8-baad-4730-94ad-1554b83744df',1,NULL,'org-fails','project','github','github.com','https://github.com/org/fails.git','org','fails',NULL,NULL,NULL,'failed',0,0,NULL,NULL,NULL,'2026-11-26T06:33:26.915Z','2026-11-26T06:33:26.918Z','2026-11-26T06:33:26.915Z','2026-11-26T06:33:26.918Z','2026-11-26T06:33:26.915Z',1,0,0,0,'["default", "org-fails", "github.com/org/fails", null, null]',NULL,NULL,0,'Could not fetch it.','network',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{}','{}','{}','{"include": [], "exclude": [], "model": "", "force": false, "cache": true}',NULL,NULL,NULL,NULL);
CREATE TABLE projects (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO "projects" VALUES(1,'default');
INSERT INTO "projects" VALUES(2,'other');
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
INSERT INTO "schedules" VALUES(1,1,'org-repo','project','github.com','https://github.com/org/repo.git','org','repo',NULL,0,3,'{"include": [], "exclude": [], "model": "", "force": false, "cache": true}',3600,NULL,'2026-11-26T06:33:26.922Z',NULL,NULL,'2026-11-26T06:33:26.923Z');
INSERT INTO "schedules" VALUES(2,2,'shop','project','','file:///srv/shop','','shop',NULL,0,3,'{"include": [], "exclude": [], "model": "", "force": false, "cache": true}',NULL,'0 3 * * *','2026-11-27T03:00:00.000Z',NULL,NULL,'2026-11-26T06:33:26.928Z');
CREATE TABLE upkeep (
    name TEXT PRIMARY KEY,
    at TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "upkeep" VALUES('cleanup','2026-11-26T06:33:26.929Z');
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
CREATE INDEX schedules_due ON schedules(next_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('datasets',4);
INSERT INTO "sqlite_sequence" VALUES('job_events',10);
INSERT INTO "sqlite_sequence" VALUES('job_logs',1);
INSERT INTO "sqlite_sequence" VALUES('schedules',2);
COMMIT;
