"""The rows of one version of a table: which write each came with, and where Lance has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ccingest.store.rows import store_errors

_Number = TypeVar("_Number", bound=np.integer[Any])


@dataclass(frozen=True, slots=True)
class RowMap:
    """Row i of the version, in Lance's order: all of shape (rows,)."""

    addresses: NDArray[np.uint64]  # Lance's `_rowid`, ascending
    batches: NDArray[np.int64]  # the write that it came with
    positions: NDArray[np.int32]  # in that write

    @property
    def size(self) -> int:
        return len(self.addresses)

    def writes(self) -> dict[int, NDArray[np.int64]]:
        """The rows of each write."""
        order = np.argsort(self.batches, kind="stable")
        batches, first = np.unique(self.batches[order], return_index=True)
        parts = np.split(order, first[1:]) if len(first) else []
        return dict(zip(batches.tolist(), parts, strict=True))

    def at(self, addresses: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The rows at these addresses, all of which must be there."""
        return np.searchsorted(self.addresses, addresses)


def distinct(numbers: NDArray[_Number]) -> NDArray[_Number]:
    """Each once, ascending. The first use of np.unique without counts imports numpy.ma, which
    takes 15 ms of a question in a new process."""
    found: NDArray[_Number] = np.unique(numbers, return_counts=True)[0]
    return found


def has_writes(table: Any) -> bool:
    """Whether its rows name the write that they came with; tables did not always."""
    return "batch" in table.schema.names


def read_rows(table: Any) -> RowMap:
    """Of the version that the table is checked out at.

    A table whose rows don't name their write is taken as one write.
    """
    named = has_writes(table)
    columns = ["batch", "position"] if named else ["start_line"]
    with store_errors("read the rows"):
        found = table.search().select(columns).with_row_id(True).to_arrow()
    addresses = found["_rowid"].to_numpy()
    order = np.argsort(addresses, kind="stable")
    size = len(addresses)
    return RowMap(
        addresses[order],
        found["batch"].to_numpy()[order] if named else np.zeros(size, dtype=np.int64),
        found["position"].to_numpy()[order] if named else np.arange(size, dtype=np.int32),
    )
