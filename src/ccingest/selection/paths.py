"""Which paths are taken from a source."""

from __future__ import annotations

import re

_LONGEST_PATH = 4096  # bytes
_LONGEST_NAME = 255  # bytes; no file system of Linux, macOS or Windows takes longer ones
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def safe_path(raw: bytes) -> str | None:
    """The path as text; None if it is not UTF-8, or such as git would refuse to check out."""
    try:
        path = raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    # Most paths have no such name, which is seen without a look at each.
    may_be_bad = path.startswith(("/", ".")) or path.endswith("/") or "//" in path or "/." in path
    is_bad = not path or (
        may_be_bad
        and any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/"))
    )
    if is_bad or "\x00" in path or len(raw) > _LONGEST_PATH or _DRIVE.match(path):
        return None
    if len(raw) > _LONGEST_NAME and any(len(part) > _LONGEST_NAME for part in raw.split(b"/")):
        return None
    return path
