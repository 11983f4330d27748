"""Chunks and vectors in LanceDB: one table per dataset. The only import of lancedb.

A table has many versions; the one a query may see is named in SQLite (`datasets.table_version`).
So a write is invisible until it is published there, and a crash leaves the old version whole.

What decides how this module writes (figures in benchmarks/README.md):
- one write per 8,192 chunks: every write is a version and a fragment, and thousands of them are
  what fills the disks of other tools;
- delete and append, never merge;
- full-text search is our own (textindex.py): Lance's took a third of an ingest, found what is new
  by reading it, and ranked over one field;
- so is vector search (vectorcodes.py), which compares all: Lance's IVF_PQ index lost two of five
  neighbours on even data, had to be made anew for new rows, and took the memory of an ingest;
- one writer per table. It knows which version each of its writes must make; another number means
  that somebody else wrote, and the job stops instead of publishing a mixture;
- `optimize()` cleans up by age and would take a published version that is old and not the newest:
  see `TableWriter.prune`.
"""

from ccingest.store.filters import EVERYTHING, RowFilter
from ccingest.store.reader import Lookup, TableReader
from ccingest.store.rows import KEPT_UP_TO, ROWS_PER_WRITE
from ccingest.store.scored import Scored, best_of_all
from ccingest.store.tables import TableStore
from ccingest.store.textindex import QuestionStatistics, WordCounts
from ccingest.store.writer import TableWriter

__all__ = [
    "EVERYTHING",
    "KEPT_UP_TO",
    "ROWS_PER_WRITE",
    "Lookup",
    "QuestionStatistics",
    "RowFilter",
    "Scored",
    "TableReader",
    "TableStore",
    "TableWriter",
    "WordCounts",
    "best_of_all",
]
