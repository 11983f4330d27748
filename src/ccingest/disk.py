"""Measuring and removing folders on disk."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

_log = logging.getLogger(__name__)


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder; 0 when there is no folder. Follows no symbolic links.

    A file that several folders have as hard links counts for each with its share of the bytes.
    """
    total = 0
    for root, _, files in os.walk(folder):
        for file in files:
            try:
                status = os.lstat(f"{root}/{file}")
                total += status.st_size // max(1, status.st_nlink)
            except FileNotFoundError:
                _log.info("Another process has removed %s/%s, so it has no size.", root, file)
    return total


def remove_folder(folder: Path) -> bool:
    """Remove a folder with all that is in it. Returns False when a part of it can't be removed."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        _log.warning("The folder %s can't be removed completely.", folder)
        return False
    return True
