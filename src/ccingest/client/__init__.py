"""The library: everything that ccingest does, as methods of one object.

The methods of the one class stand in a module for each family of use cases.
"""

from __future__ import annotations

from ccingest.client.adding import AddingMethods
from ccingest.client.bundles import BundleMethods
from ccingest.client.jobs import JobMethods
from ccingest.client.searching import SearchMethods
from ccingest.client.stored import DatasetMethods

__all__ = ["Client"]


class Client(AddingMethods, SearchMethods, DatasetMethods, BundleMethods, JobMethods):
    """An opened home. A context manager that any number of threads may use.

    Where a method takes a `project`, None means all projects. Every error is a CcingestError.

    >>> with Client(home) as client:
    ...     job = client.ingest(repository)
    ...     job.status, job.counts.indexed_files
    ...     for hit in client.search("add two numbers", k=1):
    ...         hit.path, hit.symbol
    ...     client.delete(job.dataset).chunks == job.counts.total_chunks
    ('completed', 3)
    ('sums.py', 'add_numbers')
    True
    """

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
