"""What tells a home from all others that use the database."""

from __future__ import annotations

import logging
import os
import socket
import uuid
from pathlib import Path

_log = logging.getLogger(__name__)

_NAME = "id"


def machine_of(home: Path) -> str:
    """The name of this machine, and the id of the home, which is made once and kept in it.

    Two homes of one machine have different ids. A home that was copied to another machine has the same
    one there.
    """
    try:
        found = _read(home / _NAME) or _made(home)
    except (
        OSError
    ) as error:  # in a home that can't be written, nothing is kept that could be mixed up
        _log.info("The home %s gets no id: %s", home, error)
        found = ""
    return f"{socket.gethostname()}/{found}:"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return ""


def _made(home: Path) -> str:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = home / f".{_NAME}.{uuid.uuid4().hex}"
    unfinished.write_text(uuid.uuid4().hex, encoding="ascii")
    try:
        os.link(unfinished, home / _NAME)
    except FileExistsError:
        _log.info("Another process has just made the id of %s.", home)
    finally:
        unfinished.unlink()
    return _read(home / _NAME)
