"""The whole way from a source to a dataset version that is ready to be published.

source -> revision -> diff -> source files -> chunks -> vectors -> table version

| module | holds |
| --- | --- |
| ingest | the whole way, on one screen |
| request | what is asked, and what decides the content that comes of it |
| writing | from a revision to a table version |
| diff | what changed between the visible version and the revision |
| files | chunks to vectors to rows |
| supply | files to chunks, in child processes when there are many |
| chunked | one file to chunks |
| children | a child process, seen from here |
| child | that process, seen from inside |
| messages | what the two tell each other |
| titles | what is embedded for a chunk |
| clock | phases and their seconds |
"""

from __future__ import annotations

from ccingest.pipeline.diff import TreeDiff, diff_files
from ccingest.pipeline.ingest import ingest
from ccingest.pipeline.request import IngestRequest, Recipe, recipe_of

__all__ = ["IngestRequest", "Recipe", "TreeDiff", "diff_files", "ingest", "recipe_of"]
