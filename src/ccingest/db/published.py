"""The published datasets. The row of one may be damaged: the others are there all the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import itemgetter
from typing import NamedTuple

from ccingest.db.checked import damaged_dataset
from ccingest.db.dialect import Connection, Row
from ccingest.db.rows import dataset_of
from ccingest.errors import DamagedDatabaseError
from ccingest.models import DamagedDataset, Dataset

_COLUMNS = ", ".join(field.name for field in fields(Dataset))
_by_name = itemgetter("project", "name")


class Published(NamedTuple):
    """Datasets, and those whose rows can't be read, each by project and name."""

    datasets: list[Dataset]
    damaged: list[DamagedDataset]


def published(
    connection: Connection, project: str | None = None, *, with_global: bool = False
) -> Published:
    """Those of a project, `with_global` of other projects, too. None: those of all projects."""
    rows, damaged = readable_rows(connection, project, with_global=with_global)
    found, more = datasets_of(rows)
    return Published(found, damaged + more)


def readable_rows(
    connection: Connection,
    project: str | None = None,
    *,
    with_global: bool = False,
    columns: str = _COLUMNS,
) -> tuple[list[Row], list[DamagedDataset]]:
    """The rows of `published` that the database can read, whatever their values are."""
    which = f"? IS NULL OR project = ?{' OR scope = ?' if with_global else ''}"
    values = (project, project, *(["global"] if with_global else []))
    try:
        return connection.execute(
            f"SELECT {columns} FROM published_datasets WHERE {which} ORDER BY project, name", values
        ).fetchall(), []
    except DamagedDatabaseError:
        numbers = connection.execute(
            f"SELECT dataset_id FROM published_datasets WHERE {which}", values
        ).fetchall()
    return _one_by_one(connection, [row[0] for row in numbers], columns)


def datasets_of(rows: Iterable[Row]) -> Published:
    found = Published([], [])
    for row in rows:
        try:
            found.datasets.append(dataset_of(row))
        except DamagedDatabaseError as error:
            found.damaged.append(_damaged(row["project"], row["name"], error))
    return found


def require_readable(connection: Connection, project: str | None, name: str) -> None:
    """Raises DamagedDatabaseError where there is a dataset of the name that can't be read."""
    rows = connection.execute(
        "SELECT dataset_id FROM published_datasets WHERE name = ? AND (? IS NULL OR project = ?)",
        (name, project, project),
    ).fetchall()
    for row in rows:
        read_one(connection, row[0])


def read_one(connection: Connection, number: int, columns: str = _COLUMNS) -> Row | None:
    """The row of the dataset with this id. Raises DamagedDatabaseError, which names the dataset."""
    try:
        row: Row | None = connection.execute(
            f"SELECT {columns} FROM published_datasets WHERE dataset_id = ?", (number,)
        ).fetchone()
        if row:
            dataset_of(row)
    except DamagedDatabaseError as error:
        raise damaged_dataset(*_name_of(connection, number), error.what) from error
    return row


def _one_by_one(
    connection: Connection, numbers: Sequence[int], columns: str
) -> tuple[list[Row], list[DamagedDataset]]:
    rows: list[Row] = []
    damaged: list[DamagedDataset] = []
    for number in numbers:
        try:
            row = read_one(connection, number, columns)
        except DamagedDatabaseError as error:
            damaged.append(_damaged(*_name_of(connection, number), error))
        else:
            rows += [row] if row else []
    return sorted(rows, key=_by_name), damaged


def _damaged(project: object, name: object, error: DamagedDatabaseError) -> DamagedDataset:
    return DamagedDataset(str(project), str(name), error.message)


def _name_of(connection: Connection, number: int) -> tuple[str, str]:
    """Project and name; of a name that can't be read, the number of its row."""
    found = []
    for column, otherwise in (("project", "unknown"), ("name", f"of row {number}")):
        try:
            row = connection.execute(
                f"SELECT {column} FROM published_datasets WHERE dataset_id = ?", (number,)
            ).fetchone()
        except DamagedDatabaseError:
            row = None
        found.append(str(row[0]) if row else otherwise)
    return found[0], found[1]
