"""The catalogue of overlays: finding one, and making a new version of it the visible one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, fields

from ccingest.db.catalog import find_dataset
from ccingest.db.checked import Columns, time_of
from ccingest.db.connection import repeated, transaction
from ccingest.db.dialect import NOW, Connection, Row
from ccingest.db.rows import options_of
from ccingest.errors import StoreBusyError
from ccingest.models import Dataset, IngestOptions, Overlay, OverlayFile, PreparedOverlay

_FIELDS = {field.name: str(field.type) for field in fields(Overlay) if field.name != "files"}
_COLUMNS = {name: "id" if name == "overlay_id" else name for name in _FIELDS}
_OVERLAYS = Columns("overlays", **_FIELDS)
_FILES = Columns.of("overlay_files", OverlayFile)
_PUBLISHED = Columns("overlays", tree="str", table_name="str", table_version="int", chunks="int")


def find_overlay(connection: Connection, dataset_id: int, tree: str) -> Overlay | None:
    """The visible version of the overlay; None before the first. In one read with `reading`."""
    row = connection.execute(
        """SELECT * FROM overlays WHERE dataset_id = ? AND tree = ? AND published_at IS NOT NULL""",
        (dataset_id, _stored(connection, tree)),
    ).fetchone()
    if row is None:
        return None
    rows = connection.execute(
        """SELECT path, content_id, language, chunks, state, hides FROM overlay_files
        WHERE overlay_id = ?""",
        (row["id"],),
    ).fetchall()
    found = _OVERLAYS.checked_row(row[name] for name in _COLUMNS.values())
    values = {
        **dict(zip(_COLUMNS, found, strict=True)),
        "tree": tree,
        "published_at": time_of(row["published_at"]),
        "files": {file["path"]: _file_of(file) for file in _FILES.checked(rows)},
    }
    return Overlay(**values)


def datasets_of_overlays(connection: Connection, tree: str) -> frozenset[int]:
    """The ids of the datasets that have a visible overlay of the tree."""
    rows = connection.execute(
        "SELECT dataset_id FROM overlays WHERE tree = ? AND published_at IS NOT NULL",
        (_stored(connection, tree),),
    )
    return frozenset(row["dataset_id"] for row in rows)


def trees_of_overlays(connection: Connection) -> dict[str, bool]:
    """This machine's trees, and whether one of their overlays has an unpublished table."""
    rows = connection.execute(
        "SELECT tree, count(writing_table) AS unfinished FROM overlays GROUP BY tree"
    )
    here = connection.machine
    return {
        row["tree"].removeprefix(here): bool(row["unfinished"])
        for row in rows
        if row["tree"].startswith(here)
    }


def overlays_of(connection: Connection, tree: str) -> list[int]:
    """The ids of the overlays of a tree, also of those that were never published."""
    rows = connection.execute(
        "SELECT id FROM overlays WHERE tree = ? ORDER BY id", (_stored(connection, tree),)
    )
    return [row["id"] for row in rows]


def published_overlays(connection: Connection) -> list[tuple[str, str, int, int]]:
    """Tree, table, version and chunks of each overlay that has chunks of its own."""
    rows = connection.execute(
        """SELECT tree, table_name, table_version, chunks FROM overlays
        WHERE table_name IS NOT NULL ORDER BY id"""
    )
    return [tuple(row) for row in _PUBLISHED.checked(rows.fetchall())]


def options_of_dataset(connection: Connection, dataset_id: int) -> IngestOptions:
    """What the dataset's last job was asked for; the defaults when that is not known."""
    row = connection.execute("SELECT options FROM datasets WHERE id = ?", (dataset_id,)).fetchone()
    return options_of(row["options"]) if row and row["options"] else IngestOptions()


@repeated
def reserve_overlay(connection: Connection, dataset: Dataset, tree: str) -> int:
    """The id of the overlay, which is created if it is missing.

    Raises StoreBusyError when the dataset was deleted.
    """
    key = (dataset.dataset_id, _stored(connection, tree))
    found = connection.execute(
        "SELECT id FROM overlays WHERE dataset_id = ? AND tree = ?", key
    ).fetchone()
    if found:
        return int(found["id"])
    with transaction(connection):
        _require_dataset(connection, dataset)
        connection.execute(
            "INSERT INTO overlays(dataset_id, tree) VALUES (?, ?) ON CONFLICT DO NOTHING", key
        )
    return reserve_overlay(connection, dataset, tree)


@repeated
def begin_table(connection: Connection, overlay_id: int, table: str | None) -> str | None:
    """Note a new table that is about to be written, so that no clean-up takes it for a leftover.

    Returns the one that was noted before, whose writer was killed.
    """
    with transaction(connection):
        before = connection.execute(
            "SELECT writing_table FROM overlays WHERE id = ?", (overlay_id,)
        ).fetchone()
        connection.execute(
            "UPDATE overlays SET writing_table = ? WHERE id = ?", (table, overlay_id)
        )
    return before["writing_table"] if before else None


@repeated
def publish_overlay(
    connection: Connection, overlay_id: int, base: Dataset, prepared: PreparedOverlay
) -> None:
    """Make the version visible. Readers see the whole old one before, the whole new one after.

    Raises StoreBusyError when the base has another version by now, or was deleted, and then
    changes nothing.
    """
    with transaction(connection):
        _require_dataset(connection, base)
        _replace_files(connection, overlay_id, prepared.files)
        done = connection.execute(
            f"""UPDATE overlays SET head = ?, branch = ?, listing = ?, recipe = ?,
                base_revision = ?, base_table = ?, base_version = ?, table_name = ?,
                table_version = ?, chunks = ?, uncommitted = ?, published_at = {NOW}, writing_table = NULL
            WHERE id = ?""",
            (
                *(prepared.head, prepared.branch, prepared.listing, prepared.recipe),
                *(base.revision, base.table_name, base.table_version, prepared.table_name),
                *(prepared.table_version, prepared.chunks, prepared.uncommitted, overlay_id),
            ),
        )
        if done.rowcount != 1:
            raise StoreBusyError(f"The overlay of {base.name} was removed meanwhile.")


@repeated
def remove_overlay(connection: Connection, overlay_id: int) -> list[str]:
    """Forget an overlay; returns its tables, which the caller has to drop."""
    with transaction(connection):
        row = connection.execute(
            "SELECT table_name, writing_table FROM overlays WHERE id = ?", (overlay_id,)
        ).fetchone()
        connection.execute("DELETE FROM overlays WHERE id = ?", (overlay_id,))
    return [name for name in (row or ()) if name]


def _stored(connection: Connection, tree: str) -> str:
    """On a server, work trees of several machines may have the same path."""
    return connection.machine + tree


def _require_dataset(connection: Connection, base: Dataset) -> None:
    """Another version of the same content, which a clean-up makes, is as good."""
    found = find_dataset(connection, base.project, base.name)
    if found is None or not same_content(found, base):
        raise StoreBusyError(f"The dataset {base.name} has another version by now.")


def same_content(one: Dataset, other: Dataset) -> bool:
    """Whether two versions of datasets are of the same files, though in other versions of a table."""
    return (one.dataset_id, one.revision, one.table_name) == (
        other.dataset_id,
        other.revision,
        other.table_name,
    ) and (one.chunker, one.selection) == (other.chunker, other.selection)


def _replace_files(connection: Connection, overlay_id: int, files: Iterable[OverlayFile]) -> None:
    """Writes only the rows that differ."""
    rows = connection.execute(
        """SELECT path, content_id, language, chunks, state, hides FROM overlay_files
        WHERE overlay_id = ?""",
        (overlay_id,),
    )
    old = {row["path"]: _file_of(row) for row in rows}
    new = {file.path: file for file in files}
    connection.executemany(
        "DELETE FROM overlay_files WHERE overlay_id = ? AND path = ?",
        [(overlay_id, path) for path in old if path not in new],
    )
    connection.executemany(
        """INSERT INTO overlay_files
            (overlay_id, path, content_id, language, chunks, state, hides)
        VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(overlay_id, path) DO UPDATE SET
            content_id = excluded.content_id, language = excluded.language,
            chunks = excluded.chunks, state = excluded.state, hides = excluded.hides""",
        [(overlay_id, *astuple(file)) for file in new.values() if old.get(file.path) != file],
    )


def _file_of(row: Row) -> OverlayFile:
    path, content_id, language, chunks, state, hides = row
    return OverlayFile(path, content_id, language, chunks, state, bool(hides))
