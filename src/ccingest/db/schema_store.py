"""The step of the schema for tables and shards on an object store."""

from __future__ import annotations

M010 = """
-- The shards on the object store that questions use.
CREATE TABLE stored_shards (
    name TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    created_at TEXT NOT NULL
) WITHOUT ROWID;
-- What this database is known by, such as to its object store.
CREATE TABLE properties (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
"""
