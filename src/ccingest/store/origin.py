"""Where the tables of a folder come from, when the folder is only a cache of them."""

from __future__ import annotations

from typing import Protocol


class TableOrigin(Protocol):
    """Brings tables into the folder of tables. For any number of threads.

    A table that was made in the folder, and is kept nowhere else, is left as it is. The methods raise
    VersionGoneError when the table is nowhere, and what the object store raises.
    """

    def bring_index(self, name: str, reader: object = None) -> None:
        """Bring what a question reads of the table. It stays as long as `reader` is in memory."""

    def bring_all(self, name: str) -> None:
        """Bring what is missing of the table, or was written over here."""

    def repair(self, name: str) -> None:
        """The same, after comparing each file with its checksum."""
