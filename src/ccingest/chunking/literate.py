"""Literate Haskell: its code alone, which stands between prose."""

from __future__ import annotations

import re

_ENDING = ".lhs"
_NO_BLANK = re.compile(rb"[^\n\r]")


def without_prose(path: str, data: bytes) -> bytes:
    """The source with its prose made blank, if it is literate: as long, with the same lines.

    Code is what stands behind `>`, or between `\\begin{code}` and `\\end{code}`.
    """
    if not path.lower().endswith(_ENDING):
        return data
    lines: list[bytes] = []
    has_code = is_code = False
    for line in data.splitlines(keepends=True):
        if line.startswith(rb"\begin{code}"):
            is_code = has_code = True
        elif line.startswith(rb"\end{code}"):
            is_code = False
        elif is_code:
            lines.append(line)
            continue
        elif line.startswith(b">"):
            has_code = True
            lines.append(b" " + line[1:])
            continue
        lines.append(_NO_BLANK.sub(b" ", line))
    return b"".join(lines) if has_code else data
