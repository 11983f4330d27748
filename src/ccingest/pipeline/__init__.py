"""The pipeline from a source to a dataset version that is ready to be published.

source -> revision -> diff -> source files -> chunks -> vectors -> table version

| module | holds |
| --- | --- |
| ingest | the whole pipeline |
| request | what an ingest is asked for, and what decides the content of its version |
| pulling | a bundle to a version, without chunking and embedding |
| estimating | counting what an ingest would embed |
| overlay | writing what a work tree has that its base dataset has not |
| writing | writing a revision as a table version |
| diff | what changed between the visible version and the revision |
| sharing | beginning a dataset as a copy of another one of its source |
| files | embedding chunks and writing them as rows |
| chunk_pool | chunking files, in worker processes if there is much to do |
| chunked | chunking one file |
| worker_process | starting a worker process and talking to it |
| chunk_worker | what runs in that process |
| messages | what the pool and a worker process send each other |
| titles | what is embedded for a chunk |
| clock | measuring the phases |

This module imports none of them: a worker process needs few, and starts in half of the time.
"""
