"""Settings of the whole process. Entry points make them: the command, a worker process, a server.

The library never changes them by itself. A program that uses it may call `configure_process`.
"""

from __future__ import annotations

import os
import re
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import LogRecord

# Libraries read these variables when they are imported.
_ENVIRONMENT = {
    # Multiplications are short here, and a second thread of OpenBLAS spins while it waits. On busy
    # cores, a question among 100,000 chunks took 48 ms with two threads, and 24 ms with one.
    "OPENBLAS_NUM_THREADS": "1",
    # By default, Arrow keeps the memory that it has freed.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    # By default, Lance reads 2 GB ahead when it compacts a table.
    "LANCE_DEFAULT_BATCH_SIZE": "1024",  # rows
    "LANCE_DEFAULT_IO_BUFFER_SIZE": str(32 * 1024 * 1024),
    # Logs and progress bars of libraries would mix with the output of the program.
    "LANCEDB_LOG": "off",
    "LOGURU_AUTOINIT": "0",  # fastembed logs with loguru
    "HF_HUB_VERBOSITY": "critical",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
# Lance and Tokio read these as numbers. For any that is not from 1 on they end the process, never end,
# or say that a file is damaged.
_NUMBERS = re.compile(r"(?:LANCE|TOKIO)_\w*(?:THREADS|SIZE|CONCURRENCY|PARALLELISM)")
# The numbers of the parameters in glibc's mallopt(3).
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGE = 256 * 1024  # bytes
_KEPT = 1024 * 1024


def configure_process() -> None:
    """Make all settings. Call it before numpy, lancedb and fastembed are imported.

    Variables that the environment has already are not changed.
    """
    configure_environment()
    configure_ingest()


def configure_environment() -> None:
    """Set the variables that libraries read when they are imported, and the limit of open files.

    Of Lance and Tokio, numbers that they can't read are taken out of the environment.
    """
    for name in filter(_NUMBERS.fullmatch, [*os.environ]):
        if not re.fullmatch(r"0*[1-9][0-9]{0,14}", os.environ[name]):
            del os.environ[name]
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    # fastembed asks for progress bars, which the environment turns off.
    warnings.filterwarnings("ignore", message="Cannot enable progress bars")
    _allow_open_files()


def configure_ingest() -> None:
    """Make the settings for an ingest: those of libgit2, and of glibc's memory allocator.

    By default, glibc keeps much of the memory that Lance's threads free. With these settings it goes
    back to the system, which halves the peak memory of an ingest of a million chunks. Systems without
    glibc have no mallopt and keep their defaults.
    """
    import ctypes

    from ccingest.sources.git import configure

    configure()
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # this system has no mallopt
        return
    if not any(name.startswith("MALLOC_") for name in os.environ):
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _KEPT)


def log_to_stderr() -> None:
    """Log warnings and other unusual events of ccingest on stderr, without secrets."""
    import logging

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(_hide_secrets_in)
    logging.getLogger("ccingest").setLevel(logging.INFO)


def _hide_secrets_in(record: LogRecord) -> bool:
    from ccingest.secrets import hide_secrets

    record.msg, record.args = hide_secrets(record.getMessage()), ()
    return True


def _allow_open_files() -> None:
    """Raise the limit of open files, because a query opens a few files of each dataset."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft not in (hard, resource.RLIM_INFINITY):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):  # macOS allows fewer; then the limit stays as it is
            return


def log_requests() -> None:
    """The access log, as one JSON object a line on stderr."""
    import logging
    import sys

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("ccingest.access")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
