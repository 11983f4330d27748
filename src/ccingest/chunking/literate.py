"""Literate Haskell, Agda and Idris: their code alone, which stands between prose."""

from __future__ import annotations

import re

_ENDINGS = (".lhs", ".lagda", ".lagda.tex", ".lidr")
_BY_LINES = ".lidr"  # it has no grammar, and what begins a line tells
_NO_BLANK = re.compile(rb"[^\n\r]")


def without_prose(path: str, data: bytes) -> bytes:
    """The source with its prose made blank, if it is literate: as long, with the same lines.

    Code is what stands behind `>`, or between `\\begin{code}` and `\\end{code}`.
    """
    path = path.lower()
    if not path.endswith(_ENDINGS):
        return data
    before = b"\n\n" if path.endswith(_BY_LINES) else b"  "
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
            lines.append(before + line[2:] if line[1:2] == b" " else b" " + line[1:])
            continue
        lines.append(_NO_BLANK.sub(b" ", line))
    return b"".join(lines) if has_code else data
