"""What a question searches, part by part: a dataset by itself, or many in a shard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from ccingest.models import Candidate, Dataset
from ccingest.store import Scored, ShardReader, TableReader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROW_BITS = 32


class Part(Protocol):
    """Datasets of one embedder that are searched together. Rows are those of its reader."""

    @property
    def dataset(self) -> Dataset:
        """One of them."""

    @property
    def reader(self) -> TableReader | ShardReader:
        """Finds and reads the rows."""

    @property
    def is_many(self) -> bool:
        """Whether they may be several."""

    def datasets_of(self, rows: NDArray[np.int64]) -> Sequence[Dataset]:
        """The dataset of each row."""

    def places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of the dataset of each row among all that the question searches."""

    def order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers by which the rows of all parts come dataset by dataset, and those of a part by path
        and position in the file."""

    def uses_of(self, read: Sequence[Candidate], scored: Scored) -> NDArray[np.int64]:
        """Of what each of the chunks that were read defines, how many of its dataset say it, and how
        many define it: see `TableReader.uses_of`."""


@dataclass(frozen=True, slots=True)
class Alone:
    """One dataset, or a part of one, by its own segments."""

    dataset: Dataset
    place: int  # among all that the question searches
    reader: TableReader
    whole: Sequence[TableReader]  # of all parts of the dataset
    is_many: ClassVar[bool] = False

    def datasets_of(self, rows: NDArray[np.int64]) -> Sequence[Dataset]:
        return [self.dataset] * len(rows)

    def places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return rows * 0 + self.place

    def order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.reader.order(rows) + (self.place << _ROW_BITS)

    def uses_of(self, read: Sequence[Candidate], scored: Scored) -> NDArray[np.int64]:
        if len(self.whole) == 1:
            return self.reader.uses_of_rows(read, scored.rows)
        return self.reader.uses_of(read, self.whole)


@dataclass(frozen=True, slots=True)
class Together:
    """Datasets that a shard has. `datasets` are all that the question searches."""

    dataset: Dataset
    datasets: Sequence[Dataset]
    reader: ShardReader
    is_many: ClassVar[bool] = True

    def datasets_of(self, rows: NDArray[np.int64]) -> Sequence[Dataset]:
        return [self.datasets[place] for place in self.reader.places(rows).tolist()]

    def places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.reader.places(rows)

    def order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.reader.order(rows)

    def uses_of(self, read: Sequence[Candidate], scored: Scored) -> NDArray[np.int64]:
        return self.reader.uses_of(read, scored.rows)
