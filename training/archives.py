"""The files of wheels and tarballs, read without unpacking them to disk."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

LARGEST = 1_000_000  # bytes


def read_files(archives: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Path and content of every regular file, the first folder of a tarball cut off."""
    for archive in archives:
        if archive.suffix == ".whl":
            yield from _read_zip(archive)
        else:
            yield from _read_tar(archive)


def _read_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir() and info.file_size <= LARGEST:
                yield info.filename, archive.read(info)


def _read_tar(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file and member.size <= LARGEST:
                # Debian's own tarball has "debian/" first, which tells its files apart.
                name = member.name.removeprefix("./")
                inner = name.partition("/")[2]
                yield name if name.startswith("debian/") else inner or name, file.read()
