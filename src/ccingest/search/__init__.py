"""A question to hits, over one or many datasets.

| module | what it does |
| --- | --- |
| searcher | asking the tables, ranking what they find, making hits of the best |
| open_tables | the tables that are held open |
| filters | the filters of a question as the store takes them |
| titles | the vectors of titles |
| spans | chunks of a file as one hit, and its snippet |
"""

from ccingest.search.filters import content_filter, row_filter
from ccingest.search.open_tables import chunks_of
from ccingest.search.searcher import Searcher

__all__ = ["Searcher", "chunks_of", "content_filter", "row_filter"]
