"""The step of the schema for webhooks."""

from __future__ import annotations

WEBHOOK_DELIVERIES = """
-- The messages of hosts that led to jobs. A host sends one again when it got no answer.
CREATE TABLE webhook_deliveries (
    id TEXT PRIMARY KEY, -- the host's
    at TEXT NOT NULL,
    job_ids TEXT NOT NULL -- JSON
) WITHOUT ROWID;
"""
