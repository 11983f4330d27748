"""A table that begins as another one's version, and shares its files on the disk.

Neither Lance nor the index writes to a file again, so two tables can have the same one: a hard link.
Each table removes its own names, and the bytes go with the last of them. Where the file system has
no hard links the files are copied, which costs the disk but no embedding.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ccingest.disk import read_regular
from ccingest.store.checksums import sync
from ccingest.store.stamps import (
    StampedFile,
    has_content,
    manifest_names,
    read_stamp,
    restamp,
    status_of,
    write_stamp,
)

_NO_LINKS = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP}


def share_version(source: Path, target: Path, version: int) -> None:
    """Make the table `target`, which has one version: that of `source`.

    Raises OSError, FileNotFoundError when the version or a file of it is gone, and ValueError for a
    table without checksums or with a damaged file.
    """
    stamp = read_stamp(source)
    if stamp is None:
        raise ValueError("the table has no checksums")
    wanted = dict(files_of_version(source, version, stamp.files))
    for path, file in wanted.items():
        _require_whole(source / path, file)
    for folder in {(target / path).parent for path in wanted}:
        folder.mkdir(parents=True, exist_ok=True)
    linked = [path for path in wanted if _link(source / path, target / path)]
    restamp(source, linked)
    files = {
        path: StampedFile(replace(status, changed=0), file.checksum)
        for path, file in wanted.items()
        if (status := status_of(target / path))
    }
    for folder in {(target / path).parent for path in wanted} | {target.parent}:
        sync(folder)
    write_stamp(target, replace(stamp, table=target.stem, version=version, files=files))


def files_of_version(
    table: Path, version: int, files: Mapping[str, StampedFile]
) -> Iterator[tuple[str, StampedFile]]:
    """Those of the stamped `files` that the version needs, by their path in the table.

    Raises OSError, FileNotFoundError when the version is gone, and ValueError for a damaged one.
    """
    manifest = next((name for name in manifest_names(version) if name in files), None)
    if manifest is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(table))
    listed = read_regular(table / manifest, files[manifest].status.size)
    for path, file in files.items():
        folder, _, name = path.rpartition("/")
        if folder == "_versions":
            is_needed = path == manifest
        elif folder in ("data", "_transactions"):  # the manifest names those that the version has
            is_needed = name.encode() in listed
        else:
            is_needed = not name.endswith(".rows") or name == f"{version}.rows"
        if is_needed:
            yield path, file


def _require_whole(path: Path, file: StampedFile) -> None:
    status = status_of(path)
    if status is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    if file.checksum is None:
        raise ValueError("the table has no checksums")
    if not file.is_as(status) and not has_content(path, file):
        raise ValueError(f"{path} is damaged")


def _link(source: Path, target: Path) -> bool:
    """False when the file had to be copied."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copyfile(source, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())
        return False
    return True
