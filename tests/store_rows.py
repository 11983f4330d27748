"""Reading all rows of a table version, with their vectors."""

from __future__ import annotations

from ccingest.models import PreparedVersion
from ccingest.settings import Settings


def rows_in_order(settings: Settings, result: PreparedVersion) -> list[tuple[object, ...]]:
    import lancedb

    table = lancedb.connect(str(settings.tables)).open_table(result.table_name)
    table.checkout(result.table_version)
    found = table.to_arrow().drop_columns(["batch"])  # a random number for each write
    return [tuple(map(str, row.values())) for row in found.to_pylist()]
