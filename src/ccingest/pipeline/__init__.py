"""The whole way from a source to a dataset version that is ready to be published.

source -> revision -> diff -> source files -> chunks -> vectors -> table version

| module | holds |
| --- | --- |
| ingest | the whole way, on one screen |
| request | what is asked, and what decides the content that comes of it |
| writing | from a revision to a table version |
| diff | what changed between the visible version and the revision |
| files | chunks to vectors to rows |
| chunk_pool | files to chunks, in worker processes when there are many |
| chunked | one file to chunks |
| worker_process | a worker process, as the pool sees it |
| chunk_worker | that process, seen from inside |
| messages | what the two send each other |
| titles | what is embedded for a chunk |
| clock | phases and their seconds |
"""

from __future__ import annotations

from ccingest.pipeline.diff import TreeDiff, diff_files
from ccingest.pipeline.ingest import ingest
from ccingest.pipeline.request import IngestRequest, Recipe, recipe_of

__all__ = ["IngestRequest", "Recipe", "TreeDiff", "diff_files", "ingest", "recipe_of"]
