"""What a selection over a real repository reads, and what becomes of one file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ccingest.models import SkipReason, SourceFile
from ccingest.selection import plan_files, read_file
from ccingest.sources.git import GitSnapshot
from ccingest.sources.references import parse_reference
from git_server import make_repository
from values import snapshot_of

PROSE = "A line of prose that says something about the thing at hand.\n"


def reader_of(folder: Path) -> GitSnapshot:
    return snapshot_of(parse_reference(str(folder)), folder, branch="main")[1]


def planned(
    folder: Path,
    files: Mapping[str, bytes | str],
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
) -> tuple[list[str], Mapping[SkipReason, int]]:
    make_repository(folder, files)
    plan = plan_files(reader_of(folder), include=include, exclude=exclude)
    return [file.path for file in plan.files], plan.skipped


def outcome(
    folder: Path, path: str, content: bytes | str, include: tuple[str, ...] = ()
) -> SourceFile | SkipReason:
    """What becomes of the only file of a repository."""
    make_repository(folder, {path: content})
    reader = reader_of(folder)
    (file,) = plan_files(reader, include=include).files
    return read_file(reader, file)
