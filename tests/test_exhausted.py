"""What the process gets no more of is told in one sentence, and taken for no damage and no bug."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ccingest.disk import read_regular
from ccingest.embedding.embedder import model_errors
from ccingest.errors import (
    EmbedderError,
    OutOfMemoryError,
    StoreError,
    TooManyOpenFilesError,
    internal_error,
)
from ccingest.exhausted import exhausted
from ccingest.store.rows import store_errors


class PanicException(BaseException):
    """Like that of pyo3, which can't be imported."""


FILES = [
    OSError(errno.EMFILE, "Too many open files", "/home/x"),
    PanicException(
        'Unable to build Tokio runtime: Os { code: 24, message: "Too many open files" }'
    ),
    RuntimeError("lance error: IO error: Too many open files (os error 24), " + "x" * 5000),
]
MEMORY = [
    MemoryError(),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),  # of a fork
    RuntimeError("can't start new thread"),
    ImportError("/lib/_lancedb.abi3.so: failed to map segment from shared object"),
    PanicException("failed to spawn thread: Os { code: 11, Resource temporarily unavailable }"),
]


@pytest.mark.parametrize(
    ("error", "kind"),
    [(one, TooManyOpenFilesError) for one in FILES] + [(one, OutOfMemoryError) for one in MEMORY],
)
def test_limits_are_told_apart_from_bugs(error: BaseException, kind: type[StoreError]) -> None:
    assert type(internal_error(error, hint="debug")) is kind
    with pytest.raises(kind, match="could not open the table"), store_errors("open the table"):
        raise error
    if isinstance(error, Exception):
        with pytest.raises((kind, MemoryError)), model_errors("m"):
            raise error


@pytest.mark.parametrize(
    "error",
    [
        ValueError("Out of memory"),  # a text of ours, or of a file
        OSError(errno.EIO, "Input/output error"),
        KeyError("x"),
        PanicException("index out of bounds"),
    ],
)
def test_other_errors_are_none_of_them(error: BaseException) -> None:
    assert exhausted(error) is None
    assert "Internal error" in internal_error(error, hint="debug").message


def test_a_model_that_does_not_work() -> None:
    with pytest.raises(EmbedderError, match="bad shape"), model_errors("m"):
        raise RuntimeError("bad shape")


def test_a_panic_is_an_error_of_the_store() -> None:
    with pytest.raises(StoreError, match="a file of the dataset is damaged"), store_errors("read"):
        raise PanicException("index out of bounds")
    with pytest.raises(KeyboardInterrupt), store_errors("read"):
        raise KeyboardInterrupt


def test_to_read_a_small_file_takes_little_memory(tmp_path: Path) -> None:
    (tmp_path / "stamp").write_bytes(b"x" * 100)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, limits[1]))
    try:
        assert read_regular(tmp_path / "stamp", 2**40) == b"x" * 100
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
    assert read_regular(tmp_path / "stamp", 100) == b"x" * 100
    with pytest.raises(ValueError, match="too large"):
        read_regular(tmp_path / "stamp", 99)


@pytest.mark.parametrize("limit", ["-n 12", "-v 300000"])
def test_a_command_ends_in_a_sentence(tmp_path: Path, limit: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.py").write_text("def basket():\n    pass\n")
    ccingest = [sys.executable, "-m", "ccingest", "folder", "add", str(tmp_path / "folder")]
    done = subprocess.run(
        ["sh", "-c", f'ulimit {limit}; exec "$@"', "sh", *ccingest],
        env={**os.environ, "CCINGEST_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "no more" in last or "Too many open files" in last
    assert "Internal error" not in done.stderr
