"""Texts to which a tool has added lines in another encoding: PowerShell writes UTF-16 behind anything,
other shells ASCII behind UTF-16."""

from __future__ import annotations

import re

# Letters of ASCII in UTF-16, and such lines.
_PART = re.compile(rb"(?:[\t\n\r\x20-\x7e]\x00){2,}")
_MARK = b"\xff\xfe"
_GLANCE = 1024  # bytes in which most binary files have what no text has
_CONTROLS = bytes({*range(1, 32), 127} - {7, 8, 9, 10, 11, 12, 13, 27})


def in_one_encoding(data: bytes) -> bytes | None:
    """All in the encoding of the lines that are not UTF-16; None if the text isn't of these two kinds.

    >>> in_one_encoding(b"a b\\n" + "c d\\n".encode("utf-16-le"))
    b'a b\\nc d\\n'
    """
    head = data[:_GLANCE]
    if len(head.translate(None, _CONTROLS)) < len(head):
        return None
    body = data.removeprefix(_MARK)
    parts: list[bytes] = []
    position = 0
    for found in _PART.finditer(body):
        # Only a line end tells the two apart: two letters of ASCII may be one of Chinese.
        between = body[position : found.start()].removesuffix(_MARK)
        after_line = not parts or parts[-1].endswith(b"\n")
        if b"\x00" in between or (between and not (between.endswith(b"\n") and after_line)):
            return None
        parts += [between, found[0][::2]]
        position = found.end()
    rest = body[position:]
    if b"\x00" in rest or (rest and not (b"\n" in rest and parts and parts[-1].endswith(b"\n"))):
        return None
    is_mixed = bool(rest) or any(parts[::2])
    return b"".join([*parts, rest]) if is_mixed else None
