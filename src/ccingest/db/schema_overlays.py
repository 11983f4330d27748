"""The step of the schema that brings overlays, and when a version was indexed."""

from __future__ import annotations

M007 = """
-- `updated_at` is when the source was last looked at, also when nothing was new.
ALTER TABLE datasets ADD COLUMN indexed_at TEXT;
UPDATE datasets SET indexed_at = updated_at WHERE table_name IS NOT NULL;

DROP VIEW published_datasets;
CREATE VIEW published_datasets AS
SELECT d.id AS dataset_id, d.project_id, p.name AS project, d.name, d.scope, d.source, d.branch,
    d.revision, d.embedder, d.chunker, d.selection, d.table_name, d.table_version, d.files,
    d.chunks, d.wanted_branch, d.wanted_revision, d.options, d.maintenance_until, d.created_at,
    d.updated_at, d.indexed_at
FROM datasets d JOIN projects p ON p.id = d.project_id WHERE d.table_name IS NOT NULL;

-- What a work tree has that its base dataset has not.
CREATE TABLE overlays (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
    tree TEXT NOT NULL, -- the folder of the work tree
    -- All that follows is NULL until it is published.
    head TEXT, -- the commit that is checked out
    branch TEXT,
    listing TEXT, -- a fingerprint of all files of the tree
    recipe TEXT, -- how its chunks were made
    base_revision TEXT, -- the version of the dataset that it hides files of
    base_table TEXT,
    base_version INTEGER,
    table_name TEXT, -- of its own chunks; NULL when it has none
    table_version INTEGER,
    chunks INTEGER NOT NULL DEFAULT 0,
    uncommitted INTEGER NOT NULL DEFAULT 0, -- files that are not as in the commit
    published_at TEXT,
    writing_table TEXT, -- a new table that is not published yet
    UNIQUE (dataset_id, tree)
);

CREATE TABLE overlay_files (
    overlay_id INTEGER NOT NULL REFERENCES overlays(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('committed', 'modified', 'untracked', 'hidden')),
    content_id TEXT NOT NULL,
    language TEXT NOT NULL,
    chunks INTEGER NOT NULL,
    hides INTEGER NOT NULL, -- whether the base has a file at its path
    PRIMARY KEY (overlay_id, path)
) WITHOUT ROWID;
"""
