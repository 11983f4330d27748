"""The files of datasets, as the catalogue lists them: those of the visible version, and what it skipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

from ccingest.db.checked import Columns
from ccingest.db.dialect import Connection
from ccingest.models import ManifestFile, SkippedFile, SkippedFiles

_FILES, _PATHS = Columns.of("files", ManifestFile), Columns("files", path="str")
_SKIPPED = Columns.of("skipped_files", SkippedFile)
_LEFT_OUT = Columns("datasets", skipped_left_out="int | None")
_COUNTS = Columns("files", dataset_id="int", count="int")
_in_manifest = attrgetter("path", "content_id", "language", "chunks")


def manifest(connection: Connection, dataset_id: int) -> dict[str, ManifestFile]:
    """The files of the visible version, by path."""
    rows = connection.execute(
        "SELECT path, content_id, language, chunks FROM files WHERE dataset_id = ?", (dataset_id,)
    )
    return {row[0]: ManifestFile(*row) for row in _FILES.checked(rows.fetchall())}


def manifest_of(
    connection: Connection, dataset_id: int, wanted: Sequence[str]
) -> dict[str, ManifestFile]:
    """Those of the visible version's files that are at one of these paths."""
    sql = """SELECT path, content_id, language, chunks FROM files
        WHERE dataset_id = ? AND path = ?"""
    rows = (connection.execute(sql, (dataset_id, path)).fetchone() for path in wanted)
    found = _FILES.checked([row for row in rows if row])
    return {row["path"]: ManifestFile(*row) for row in found}


def skipped_files(connection: Connection, dataset_id: int) -> tuple[list[SkippedFile], int | None]:
    """The skipped files of the visible version, by path, and how many more there are.

    None when that is not known, because an earlier version of ccingest made the dataset.
    """
    rows = connection.execute(
        """SELECT path, reason, rule FROM skipped_files WHERE dataset_id = ?
        ORDER BY path, reason""",
        (dataset_id,),
    )
    listed = [SkippedFile(*row) for row in _SKIPPED.checked(rows.fetchall())]
    row = connection.execute(
        "SELECT skipped_left_out FROM datasets WHERE id = ?", (dataset_id,)
    ).fetchone()
    return listed, _LEFT_OUT.checked_row(row)[0] if row else None


def paths(connection: Connection, dataset_id: int) -> list[str]:
    """The paths of the visible version's files, in order."""
    rows = connection.execute(
        "SELECT path FROM files WHERE dataset_id = ? ORDER BY path", (dataset_id,)
    )
    return [row["path"] for row in _PATHS.checked(rows.fetchall())]


def numbers_of_files(connection: Connection) -> dict[int, int]:
    """Dataset id -> how many files the catalogue has of it. None are left out."""
    rows = connection.execute("SELECT dataset_id, count(*) FROM files GROUP BY dataset_id")
    return {row[0]: row[1] for row in _COUNTS.checked(rows.fetchall())}


class ManifestChanges(NamedTuple):
    """What makes other files those of a dataset."""

    dataset_id: int
    gone: list[str]  # paths
    new: list[ManifestFile]


def manifest_changes(
    connection: Connection, dataset_id: int, files: Iterable[ManifestFile]
) -> ManifestChanges:
    """The rows that differ, which are few, because most files of a large repository stay the same.

    To find them among a million takes seconds, in which a server hears nothing, so no transaction may
    wait for it.
    """
    rows = connection.execute(
        "SELECT path, content_id, language, chunks FROM files WHERE dataset_id = ?", (dataset_id,)
    )
    # Tuples: to make and compare values of a class takes most of the time.
    old = {row[0]: tuple(row) for row in rows.fetchall()}
    new = {file.path: file for file in files}
    return ManifestChanges(
        dataset_id,
        [path for path in old if path not in new],
        [file for path, file in new.items() if old.get(path) != _in_manifest(file)],
    )


def change_manifest(connection: Connection, changes: ManifestChanges) -> None:
    """Write the rows, inside the caller's transaction."""
    number = changes.dataset_id
    connection.executemany(
        "DELETE FROM files WHERE dataset_id = ? AND path = ?",
        [(number, path) for path in changes.gone],
    )
    connection.executemany(
        """INSERT INTO files(dataset_id, path, content_id, language, chunks)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT(dataset_id, path) DO UPDATE SET
            content_id = excluded.content_id, language = excluded.language,
            chunks = excluded.chunks""",
        # One at a time: there may be a million.
        ((number, *_in_manifest(file)) for file in changes.new),
    )


def replace_skipped(connection: Connection, dataset_id: int, skipped: SkippedFiles) -> None:
    """Make these the listed skipped files of the dataset, inside the caller's transaction.

    Writes only the rows that differ.
    """
    # Tuples: to hash 100,000 values of a class would take most of the time.
    rows = connection.execute(
        "SELECT path, reason, rule FROM skipped_files WHERE dataset_id = ?", (dataset_id,)
    )
    old = set(map(tuple, rows))
    listed = {(file.path, file.reason, file.rule) for file in skipped.listed}
    gone, new = old - listed, listed - old
    connection.executemany(
        "DELETE FROM skipped_files WHERE dataset_id = ? AND path = ? AND reason = ?",
        [(dataset_id, path, reason) for path, reason, _ in gone],
    )
    # A hostile tree can name a file twice.
    connection.executemany(
        """INSERT INTO skipped_files(dataset_id, path, reason, rule) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING""",
        [(dataset_id, *one) for one in sorted(new)],
    )
