"""Byte order marks at the starts of lines: of the file, and of the files that it was put together from."""

from __future__ import annotations

import re

_MARK = b"\xef\xbb\xbf"
_AT_LINE = re.compile(rb"^(?:\xef\xbb\xbf)+", re.MULTILINE)


def without_marks(data: bytes) -> bytes:
    """The source, as long, with empty lines in place of the marks, so that what follows them begins a line.

    >>> without_marks("\\ufeff= Title".encode())
    b'\\n\\n\\n= Title'
    """
    if _MARK not in data:
        return data
    return _AT_LINE.sub(lambda found: b"\n" * len(found[0]), data)


def without_inner_marks(data: bytes) -> bytes:
    """The same, but for the mark of the file, which parsers know."""
    rest = data.removeprefix(_MARK)
    return data[: len(data) - len(rest)] + without_marks(rest)
