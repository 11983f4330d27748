"""The type of the document of a migration."""

from __future__ import annotations

from typing import TypedDict


class MigrationDocument(TypedDict):
    """`rows` counts those of each table. `isNew` is false when the same was there already."""

    source: str
    target: str
    rows: dict[str, int]
    isNew: bool
