"""The step of the schema for the files that were skipped."""

from __future__ import annotations

M006 = """
-- The files of the visible version's revision that were skipped, and why.
CREATE TABLE skipped_files (
    dataset_id INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (dataset_id, path, reason)
) WITHOUT ROWID;
-- How many more there are than the list holds. NULL: an earlier version made the dataset, without it.
ALTER TABLE datasets ADD COLUMN skipped_left_out INTEGER;
"""
