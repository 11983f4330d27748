"""The rows of one version of a table: which write each belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ccingest.store.integrity import CheckedTable
from ccingest.store.rows import WRITE_ID, store_errors

_Number = TypeVar("_Number", bound=np.integer[Any])


@dataclass(frozen=True, slots=True)
class RowMap:
    """What is known of each row of a version, in Lance's order; each array of shape (rows,)."""

    write_ids: NDArray[np.int64]  # the write that added the row
    positions: NDArray[np.int32]  # of the row in that write, from 0

    @property
    def size(self) -> int:
        return len(self.write_ids)

    def is_same(self, other: RowMap) -> bool:
        return np.array_equal(self.write_ids, other.write_ids) and np.array_equal(
            self.positions, other.positions
        )

    def writes(self) -> dict[int, NDArray[np.int64]]:
        """The rows of each write, by its id."""
        order = np.argsort(self.write_ids, kind="stable")
        write_ids, first = np.unique(self.write_ids[order], return_index=True)
        rows = np.split(order, first[1:]) if len(first) else []
        return dict(zip(write_ids.tolist(), rows, strict=True))

    def without(self, rows: NDArray[np.int64]) -> RowMap:
        """All rows but these."""
        kept = np.ones(self.size, dtype=np.bool_)
        kept[rows] = False
        return RowMap(self.write_ids[kept], self.positions[kept])


def distinct(numbers: NDArray[_Number]) -> NDArray[_Number]:
    """Each number once, ascending.

    With counts, because np.unique without them imports numpy.ma at its first use, which takes
    15 ms of the first question in a new process.
    """
    found: NDArray[_Number] = np.unique(numbers, return_counts=True)[0]
    return found


def has_write_ids(table: Any) -> bool:
    """Whether its rows name the write that added them; those of early versions do not."""
    return WRITE_ID in table.schema.names


def read_rows(table: Any) -> RowMap:
    """The rows of the version that the table is checked out at. Raises StoreError.

    A table whose rows do not name their write counts as one write.
    """
    has_ids = has_write_ids(table)
    columns = [WRITE_ID, "position"] if has_ids else ["start_line"]
    dataset = table.dataset if isinstance(table, CheckedTable) else ""
    with store_errors("read the rows", dataset):
        found = table.search().select(columns).with_row_id(True).to_arrow()
    addresses = found["_rowid"].to_numpy()
    order = np.argsort(addresses, kind="stable")
    size = len(addresses)
    return RowMap(
        found[WRITE_ID].to_numpy()[order] if has_ids else np.zeros(size, dtype=np.int64),
        found["position"].to_numpy()[order] if has_ids else np.arange(size, dtype=np.int32),
    )
