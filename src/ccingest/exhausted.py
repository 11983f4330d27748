"""Errors that say that the process gets no more memory, threads or open files, whatever raised them.

Python and the libraries raise a class of their own for each, and often only the text says what it was.
"""

from __future__ import annotations

import errno

from ccingest.errors import OutOfMemoryError, StoreError, TooManyOpenFilesError

_NO_FILES = (errno.EMFILE, errno.ENFILE)
_NO_MEMORY = (errno.ENOMEM, errno.EAGAIN)
_TEXTS_OF_FILES = ("Too many open files", "os error 24")
# Of a thread, of a program, of a library that is loaded, and what native code says.
_TEXTS_OF_MEMORY = (
    "can't start new thread",
    "failed to map segment from shared object",
    "cannot allocate memory in static TLS block",
    "Cannot allocate memory",
    "Out of memory",
    "os error 12",
    "Resource temporarily unavailable",
)
_LOOKED_AT = 200  # characters at the start of a text, and as many at its end
# A panic of native code, whose class can't be imported. That of pyo3 is no Exception.
_PANICS = ("RustPanic", "PanicException")


def is_panic(error: BaseException) -> bool:
    """Whether native code that was written in Rust gave up."""
    return type(error).__name__ in _PANICS


def is_failure(error: BaseException) -> bool:
    """Whether it is an Exception or a panic. Others, such as KeyboardInterrupt, end the process."""
    return isinstance(error, Exception) or is_panic(error)


def exhausted(error: BaseException, action: str = "") -> StoreError | None:
    """The error to show for one that says that the process has no more of something; None for others.

    `action` is what failed, as in "could not {action}".
    """
    number = error.errno if isinstance(error, OSError) else None
    text = str(error) if _may_say_so(error) else ""
    what = f": could not {action}" if action else ""
    if number in _NO_FILES or _has(text, _TEXTS_OF_FILES):
        return TooManyOpenFilesError(
            f"The process may open no more files{what}; raise its limit, as with `ulimit -n 4096`."
        )
    if isinstance(error, MemoryError) or number in _NO_MEMORY or _has(text, _TEXTS_OF_MEMORY):
        return OutOfMemoryError(
            f"The process gets no more memory or threads{what}; free some, or raise its limits, "
            "which `ulimit -a` shows."
        )
    return None


def _may_say_so(error: BaseException) -> bool:
    """Text of ours, or of somebody's file, is not looked at: it may have these words by chance."""
    return isinstance(error, (RuntimeError, OSError, ImportError)) or is_panic(error)


def _has(text: str, parts: tuple[str, ...]) -> bool:
    ends = f"{text[:_LOOKED_AT]} {text[-_LOOKED_AT:]}"
    return any(part in ends for part in parts)
