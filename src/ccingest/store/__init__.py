"""Chunks and vectors in LanceDB, one table a dataset. Only this package imports lancedb.

| module | holds |
| --- | --- |
| tables | TableStore: all tables; creating, opening, checking and dropping one |
| writer | TableWriter: writes one table |
| reader | TableReader: searches and reads one version of a table |
| export | reading all of a version, its vectors included |
| problems | what is wrong with a version, found by reading all of it |
| rows | the schema; chunks to rows and back; Lance's errors as ours |
| rowmap | the rows of a version: which write each belongs to |
| content | the chunks of a segment, in a file beside it |
| columns | the chunks of rows |
| filters | which rows a search may find |
| indexing | the index of a version, from its segments |
| segments | the files of the index |
| arrays | the format of such a file |
| leases | files that nobody cuts short while they are mapped |
| postings | which chunks hold which term |
| counting | chunks to the postings of a write |
| textindex | BM25 |
| finding | which rows of an index may answer |
| shards | the index of many datasets in one |
| signs | the signs of vectors, which say which of very many may be close |
| vectorcodes | vectors in few bytes, and their similarities |
| products | products of a matrix and a vector |
| scored | rows with scores, and the best of them |
| origin | where tables come from when the folder is only a cache of them |
| sharing | a new table that shares the files of another one's version |
| checksums | the checksums of files; bringing files to the disk |
| stamps | the sizes, times and checksums of a table's files, with its name |
| integrity | comparing files with their checksums before they are read |

A table has many versions. SQLite names the one that a question sees (`datasets.table_version`). So
nobody sees a write before it is published there, and after a crash the old version is still whole.

Why it writes the way it does (the figures are in benchmarks/README.md):
- One write per 8,192 chunks. Each write makes a version and a fragment, and thousands of those
  filled the disks of other tools.
- Delete and append, never merge: Lance's merge can miss rows.
- Text search is our own (textindex.py). Lance's took a third of an ingest, read all new rows to
  search them, and ranked over one field.
- Vector search is our own, too (vectorcodes.py). It compares all vectors. Lance's IVF_PQ index lost
  two of five neighbours on evenly spread vectors, had to be built again for new rows, and took
  as much memory as an ingest.
- One writer a table. A writer knows which version each of its writes must make. Another number
  means that another process wrote too, and the job stops before it publishes a mixture.
- `optimize()` removes versions by age, also a published one that is not the newest: see
  `TableWriter.prune`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ccingest.store.filters import EVERYTHING, RowFilter
from ccingest.store.finding import Lookup
from ccingest.store.reader import TableReader
from ccingest.store.rows import ROWS_PER_WRITE
from ccingest.store.scored import Scored, best_of_all
from ccingest.store.shards.members import Member
from ccingest.store.shards.reader import ShardReader
from ccingest.store.statistics import QuestionStatistics
from ccingest.store.tables import TableStore
from ccingest.store.textindex import WordCounts

if TYPE_CHECKING:
    from ccingest.store.writer import TableWriter

__all__ = [
    "EVERYTHING",
    "ROWS_PER_WRITE",
    "Lookup",
    "Member",
    "QuestionStatistics",
    "RowFilter",
    "Scored",
    "ShardReader",
    "TableReader",
    "TableStore",
    "TableWriter",
    "WordCounts",
    "best_of_all",
]


def __getattr__(name: str) -> Any:
    """Loads the writer, which no question needs."""
    if name != "TableWriter":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ccingest.store.writer import TableWriter

    globals()[name] = TableWriter
    return TableWriter
