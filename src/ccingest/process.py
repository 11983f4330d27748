"""What holds for a whole process. Entry points set it: the command, a worker process, a server.

The library never does so by itself; a program that uses it may call `configure_process`.
"""

from __future__ import annotations

import os

# What NumPy multiplies here is soon done. A second thread waits, spinning, for the first one when the
# cores have other work: a question among 100,000 chunks took 48 ms then, with one thread 24 ms.
# Lance and Arrow read the others when they are loaded: by default Lance reads 2 GB ahead when it
# compacts, and Arrow keeps what it has freed.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "LANCE_DEFAULT_BATCH_SIZE": "1024",  # rows
    "LANCE_DEFAULT_IO_BUFFER_SIZE": str(32 * 1024 * 1024),
    "LANCEDB_LOG": "off",  # Lance logs to stderr, which belongs to the user
}
# glibc's numbers of mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGE = 256 * 1024  # bytes
_KEPT = 1024 * 1024


def configure_process() -> None:
    """Set all of it. Before numpy and lancedb are imported. What the environment says goes first."""
    configure_environment()
    configure_ingest()


def configure_environment() -> None:
    """Variables that libraries read when they are loaded, and how many files may be open."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    _allow_open_files()


def configure_ingest() -> None:
    """What an ingest needs beside: libgit2's settings, and memory that goes back to the system.

    glibc keeps what is freed, more of it the larger the blocks are, for each of Lance's threads: of
    an ingest of a million chunks the peak is half of what it is otherwise. Elsewhere there is no
    mallopt, and nothing is done about that.
    """
    import ctypes

    from ccingest.sources.git import configure

    configure()
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    if not any(name.startswith("MALLOC_") for name in os.environ):
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _KEPT)


def _allow_open_files() -> None:
    """A question over many datasets has a few files of each open: as many as the system allows."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft not in (hard, resource.RLIM_INFINITY):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):  # macOS has a limit of its own below that
            return
