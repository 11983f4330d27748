"""Listing folders in tests."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ccingest.models import IngestOptions
from ccingest.settings import Settings
from ccingest.sources import open_source
from ccingest.sources.folder import FolderSource
from ccingest.sources.folder.source import FolderRevision
from ccingest.sources.folders import parse_folder

LONG_AGO = time.time() - 10_000


def source_of(folder: Path, settings: Settings, **options: Any) -> FolderSource:
    found = open_source(parse_folder(str(folder)), settings, IngestOptions(**options))
    assert isinstance(found, FolderSource)
    return found


def listed(folder: Path, settings: Settings, **options: Any) -> FolderRevision:
    return source_of(folder, settings, **options).resolve(branch=None, revision=None)


def kinds(revision: FolderRevision) -> dict[str, str]:
    """Path -> kind of entry."""
    return {os.fsdecode(one.path): one.kind for one in revision.listing.entries}


def ids(revision: FolderRevision) -> dict[str, str]:
    """Path -> content id of each file."""
    entries = revision.listing.entries
    return {os.fsdecode(one.path): one.content_id for one in entries if one.kind == "file"}


def write(folder: Path, files: Mapping[str, str | bytes], *, is_old: bool = False) -> None:
    """Write files. Old ones look as if they had not been changed for hours, but for their ctime."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if is_old:
            os.utime(path, (LONG_AGO, LONG_AGO))
