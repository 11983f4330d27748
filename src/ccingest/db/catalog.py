"""The catalogue: which datasets are published, and at which version."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count
from typing import NamedTuple

from ccingest.db.checked import Columns, damaged_dataset, time_of
from ccingest.db.dialect import NOW, Connection, shifted
from ccingest.db.missing import nearest, nothing_to_search, require_datasets
from ccingest.db.published import datasets_of, published, read_one
from ccingest.db.rows import dataset_of, options_of, reference_of, to_json
from ccingest.errors import DamagedDatabaseError, DatasetNotFoundError, DatasetTakenError
from ccingest.models import (
    Dataset,
    IngestOptions,
    Reference,
    Scope,
)

# A clean-up keeps jobs from writing a dataset for at most this long, even if it is killed.
MAINTENANCE_SECONDS = 120.0
_TABLES = Columns("datasets", id="int", table_name="str")
ASKED_FOR = Columns("datasets", wanted_revision="str | None", options="str | None")
# A later time than any clean-up sets means that the clock was set back: it counts as over.
IN_MAINTENANCE = f"""
    maintenance_until > {NOW} AND maintenance_until <=
        {shifted(f"+{MAINTENANCE_SECONDS} seconds")}
"""


def list_datasets(connection: Connection, project: str | None) -> list[Dataset]:
    """The published datasets, by project and name. `project` None means all projects.

    Without those whose rows are damaged, see `published`.
    """
    return published(connection, project).datasets


def datasets_of_source(
    connection: Connection, source: Reference, places: Sequence[str] = ()
) -> list[Dataset]:
    """The published datasets of a source, in all projects, and those of its kind at these locations."""
    marks = ", ".join("?" * (len(places) + 1))
    try:
        rows = connection.execute(
            f"""SELECT * FROM published_datasets WHERE json_extract(source, '$.kind') = ?
            AND (json_extract(source, '$.location') IN ({marks})
                OR lower(json_extract(source, '$.name')) = ?)
            ORDER BY project, name""",
            (source.kind, source.location, *places, source.name.lower()),
        ).fetchall()
        found = datasets_of(rows).datasets
    except DamagedDatabaseError:  # of a row of another source, perhaps
        found = published(connection).datasets
    # The name of a source on a host says which it is, whatever its URL.
    return [
        one
        for one in found
        if one.source.kind == source.kind
        and (one.source.identity == source.identity or one.source.location in places)
    ]


def visible_datasets(connection: Connection, project: str | None) -> list[Dataset]:
    """The published datasets that a project sees: its own and the global ones. None sees all.

    Without those whose rows are damaged, see `published`.
    """
    return published(connection, project, with_global=True).datasets


def searchable(
    connection: Connection,
    project: str | None,
    *,
    names: Sequence[str] = (),
    repositories: Sequence[str] = (),
) -> list[Dataset]:
    """The datasets that a query searches: the project's and the global ones.

    A `local` dataset is searched only if it or its repository is named. Raises
    DatasetNotFoundError when no dataset is left, or one of the names is unknown.
    """
    visible = visible_datasets(connection, project)
    return chosen_datasets(connection, visible, project, names, repositories)


def chosen_datasets(
    connection: Connection,
    visible: Sequence[Dataset],
    project: str | None,
    names: Sequence[str] = (),
    repositories: Sequence[str] = (),
) -> list[Dataset]:
    """Those of the visible datasets that `searchable` returns. Raises as it does."""
    require_datasets(connection, project, names, {dataset.name for dataset in visible})
    known = {dataset.repository.lower(): dataset.repository for dataset in visible}
    wanted = {repository.lower() for repository in repositories}
    for repository in repositories:
        if repository.lower() not in known:
            near = nearest(repository, known.values())
            raise DatasetNotFoundError(f"No repository {repository!r}{near}.")
    chosen = [
        dataset
        for dataset in visible
        if (dataset.name in names if names else dataset.scope != "local" or wanted)
        and (not wanted or dataset.repository.lower() in wanted)
    ]
    if not chosen:
        if names or repositories:
            raise DatasetNotFoundError("None of these datasets is of one of these repositories.")
        raise nothing_to_search(connection, project)
    return chosen


def find_dataset(connection: Connection, project: str, name: str) -> Dataset | None:
    """The visible version of a dataset; None when none was published yet."""
    row = connection.execute(
        "SELECT dataset_id FROM published_datasets WHERE project = ? AND name = ?", (project, name)
    ).fetchone()
    found = read_one(connection, row[0]) if row else None
    return dataset_of(found) if found else None


def idle_dataset(connection: Connection, dataset_id: int) -> Dataset | None:
    """The visible version of a dataset; None while a job or a clean-up writes it."""
    row = connection.execute(
        f"""SELECT * FROM published_datasets d WHERE dataset_id = ?
        AND (maintenance_until IS NULL OR NOT ({IN_MAINTENANCE})) AND NOT EXISTS (
            SELECT 1 FROM jobs j WHERE j.status = 'in_progress'
            AND j.project_id = d.project_id AND j.dataset_name = d.name)""",
        (dataset_id,),
    ).fetchone()
    return dataset_of(row) if row else None


def request_of(connection: Connection, dataset_id: int) -> tuple[str | None, IngestOptions | None]:
    """The revision that the dataset was asked for by its id, if it was, and its options, if known."""
    row = connection.execute(
        "SELECT wanted_revision, options FROM datasets WHERE id = ?", (dataset_id,)
    ).fetchone()
    wanted, options = ASKED_FOR.checked_row(row) if row else (None, None)
    return wanted, options_of(options) if options else None


def published_tables(connection: Connection) -> dict[int, str]:
    """Dataset id -> table, for the published datasets of all projects."""
    rows = connection.execute("SELECT dataset_id, table_name FROM published_datasets")
    return {row[0]: row[1] for row in _TABLES.checked(rows.fetchall())}


class PublishedVersion(NamedTuple):
    """What is read of each of thousands of datasets to know which version is visible."""

    embedder: str
    name: str
    table: str
    version: int
    published: str  # when, as the text of a datetime
    chunks: int


_VERSIONS = Columns(
    "datasets",
    **{"embedder": "str", "name": "str", "table_name": "str", "table_version": "int"},
    **{"indexed_at": "datetime", "chunks": "int"},
)


def published_versions(connection: Connection) -> list[PublishedVersion]:
    """The visible versions of all projects, by embedder, project and name."""
    rows = connection.execute(
        """SELECT embedder, name, table_name, table_version, coalesce(indexed_at, created_at), chunks
        FROM published_datasets ORDER BY embedder, project, name"""
    ).fetchall()
    return [
        PublishedVersion(embedder, name, table, version, str(time_of(published)), chunks)
        for embedder, name, table, version, published, chunks in _VERSIONS.checked(rows)
    ]


def require_same_source(
    connection: Connection, project: str, name: str, source: Reference
) -> int | None:
    """The id of the dataset with that name; None when there is none.

    Raises UsageError when that dataset holds another source, StoreError when that can't be read.
    """
    row = connection.execute(
        """SELECT d.id, d.source FROM datasets d JOIN projects p ON p.id = d.project_id
        WHERE p.name = ? AND d.name = ?""",
        (project, name),
    ).fetchone()
    if row is None:
        return None
    try:
        held = reference_of(row["source"])
    except DamagedDatabaseError as error:
        raise damaged_dataset(project, name, error.what) from error
    if held.identity != source.identity:
        raise DatasetTakenError(f"The dataset {name} holds {held.name} from {held.location}.")
    return int(row["id"])


def free_name(connection: Connection, project: str, names: Sequence[str], source: Reference) -> str:
    """The first of the names under which the project has this source, else the first that is free.

    When all are taken, the last with a number: `repo-2`.
    """
    rows = connection.execute(
        """WITH project AS (SELECT id FROM projects WHERE name = ?)
        SELECT dataset_name AS name, source FROM schedules
        WHERE project_id IN (SELECT id FROM project)
        UNION ALL SELECT name, source FROM datasets WHERE project_id IN (SELECT id FROM project)""",
        (project,),
    )
    taken = {row["name"]: _identity_of(row["source"]) for row in rows}
    for name in names:
        if taken.get(name) == source.identity:
            return name
    numbered = (f"{names[-1]}-{number}" for number in count(2))
    return next(
        name
        for name in chain(names, numbered)
        if taken.get(name, source.identity) == source.identity
    )


def _identity_of(text: str) -> str:
    """What a stored source is the same as; empty when it can't be read: then it is like no other."""
    try:
        return reference_of(text).identity
    except DamagedDatabaseError:
        return ""


def reserve(
    connection: Connection, project: str, name: str, scope: Scope, source: Reference
) -> int:
    """The id of the dataset with that name, which is created if it is missing.

    Runs inside the caller's transaction. Raises UsageError when the dataset holds another source.
    """
    found = require_same_source(connection, project, name, source)
    if found is not None:
        return found
    connection.execute("INSERT INTO projects(name) VALUES (?) ON CONFLICT DO NOTHING", (project,))
    connection.execute(
        f"""INSERT INTO datasets (project_id, name, scope, source, created_at, updated_at)
        SELECT id, ?, ?, ?, {NOW}, {NOW} FROM projects WHERE name = ?""",
        (name, scope, to_json(source), project),
    )
    made = require_same_source(connection, project, name, source)
    assert made is not None  # it has just been inserted
    return made
