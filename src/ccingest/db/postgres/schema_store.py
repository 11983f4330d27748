"""The step of the schema for tables and shards on an object store."""

from __future__ import annotations

P002 = """
CREATE TABLE stored_shards (
    name text COLLATE "C" PRIMARY KEY,
    bytes bigint NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE properties (
    name text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);
"""
