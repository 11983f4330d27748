"""Parsing the names of folders: `PATH`, or a `file://` URL."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from ccingest.errors import InvalidReferenceError, UnresponsiveError
from ccingest.models import Reference
from ccingest.sources.references import names_a_path, path_of, printable, why_no_address
from ccingest.visible import storable
from ccingest.watchdog import StalledError, run_watched

T = TypeVar("T")

_PATIENCE = 10.0  # seconds


def parse_folder(text: str) -> Reference:
    """The folder that a path names, whether it is a part of a git repository or not.

    Its identity is its real path, so that a link to it names the same folder. Raises
    InvalidReferenceError when there is no such folder.
    """
    stripped = text.strip()
    if why := why_no_address(stripped):
        raise _invalid(text, why)
    try:
        path = path_of(stripped).expanduser()
        absolute, is_folder = in_time(text, lambda: _resolved(path))
    except (OSError, RuntimeError, ValueError) as error:
        raise _invalid(text, "the path can't be read") from error
    if not is_folder:
        is_file = os.path.lexists(absolute)
        raise _invalid(text, "it is a file" if is_file else "there is no such folder")
    if not absolute.name:
        raise _invalid(text, "it is the root of all files; name a folder below it")
    return Reference("folder", storable(absolute.name), _location(absolute))


def location_of(text: str) -> str | None:
    """The location of the folder that a path names, whether it is there or not; None for no path."""
    if not names_a_path(text):
        return None
    try:
        path = path_of(text).expanduser()
        return _location(in_time(text, path.resolve))
    except (OSError, RuntimeError, ValueError, InvalidReferenceError):
        return None


def _location(absolute: Path) -> str:
    return "file://" + quote(os.fsencode(absolute), safe="/")


def in_time(text: str, look: Callable[[], T]) -> T:
    """What a look at a path finds. Raises UnresponsiveError when its file system hangs."""
    try:
        return run_watched(lambda _: look(), stall_seconds=_PATIENCE)
    except StalledError:
        raise UnresponsiveError(
            f"{printable(text)} does not answer: the path could not be looked up in "
            f"{_PATIENCE:.0f} s."
        ) from None


def _resolved(path: Path) -> tuple[Path, bool]:
    absolute = path.resolve()
    return absolute, absolute.is_dir()


def _invalid(text: str, why: str) -> InvalidReferenceError:
    return InvalidReferenceError(f"{printable(text)} names no folder: {why}.")
