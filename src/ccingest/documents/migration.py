"""The document of a migration to a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccingest.documents import types
    from ccingest.models import Migration


def migration_document(done: Migration) -> types.MigrationDocument:
    return {
        "source": str(done.source),
        "target": done.target,
        "rows": dict(done.rows),
        "isNew": done.is_new,
    }
