"""The rows of one version of a table: which write each belongs to, and where Lance has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ccingest.store.rows import WRITE_ID, store_errors

_Number = TypeVar("_Number", bound=np.integer[Any])


@dataclass(frozen=True, slots=True)
class RowMap:
    """What is known of each row of a version, in Lance's order; each array of shape (rows,)."""

    addresses: NDArray[np.uint64]  # Lance's `_rowid`, ascending
    write_ids: NDArray[np.int64]  # the write that added the row
    positions: NDArray[np.int32]  # of the row in that write, from 0

    @property
    def size(self) -> int:
        return len(self.addresses)

    def writes(self) -> dict[int, NDArray[np.int64]]:
        """The rows of each write, by its id."""
        order = np.argsort(self.write_ids, kind="stable")
        write_ids, first = np.unique(self.write_ids[order], return_index=True)
        rows = np.split(order, first[1:]) if len(first) else []
        return dict(zip(write_ids.tolist(), rows, strict=True))

    def without(self, addresses: NDArray[np.uint64]) -> RowMap:
        """The rows but those at these addresses."""
        kept = ~np.isin(self.addresses, addresses)
        return RowMap(self.addresses[kept], self.write_ids[kept], self.positions[kept])

    def has(self, addresses: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Whether there is a row at each of these addresses."""
        if not self.size:
            return np.zeros(len(addresses), dtype=np.bool_)
        at = np.minimum(np.searchsorted(self.addresses, addresses), self.size - 1)
        found: NDArray[np.bool_] = self.addresses[at] == addresses
        return found

    def at(self, addresses: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The rows at these addresses, all of which must be there."""
        return np.searchsorted(self.addresses, addresses)


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
    with store_errors("read the rows"):
        found = table.search().select(columns).with_row_id(True).to_arrow()
    addresses = found["_rowid"].to_numpy()
    order = np.argsort(addresses, kind="stable")
    size = len(addresses)
    return RowMap(
        addresses[order],
        found[WRITE_ID].to_numpy()[order] if has_ids else np.zeros(size, dtype=np.int64),
        found["position"].to_numpy()[order] if has_ids else np.arange(size, dtype=np.int32),
    )
