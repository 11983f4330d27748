"""What is said of what is not there: where it is, what was probably meant, or that it was lost."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Sequence

from ccingest.db.checked import damaged
from ccingest.db.dialect import Connection
from ccingest.db.published import published, require_readable
from ccingest.errors import DatasetNotFoundError, StoreError
from ccingest.models import Dataset
from ccingest.plurals import number_of


def require_datasets(
    connection: Connection,
    project: str | None,
    wanted: Sequence[str],
    known: Collection[str],
) -> None:
    """Raises DatasetNotFoundError for the first wanted name that is not among the known ones."""
    for name in wanted:
        if name not in known:
            raise no_dataset(connection, project, name, known)


def no_dataset(
    connection: Connection, project: str | None, name: str, known: Iterable[str]
) -> DatasetNotFoundError:
    """The error for a dataset that the project does not have. `project` None means any project."""
    rows = connection.execute(
        "SELECT project FROM published_datasets WHERE name = ? ORDER BY project", (name,)
    ).fetchall()
    require_projects(connection)
    require_readable(connection, project, name)
    if rows and project is not None:
        return DatasetNotFoundError(
            f"The dataset {name!r} is in project {rows[0]['project']!r}, and not in {project!r}.",
            hint="choose_project",
        )
    where = "" if project is None else f" in project {project!r}"
    return DatasetNotFoundError(f"No dataset {name!r}{where}{nearest(name, known)}.")


def nothing_to_search(connection: Connection, project: str | None) -> DatasetNotFoundError:
    """The error for a project, None for all of them, that has nothing to search."""
    require_projects(connection)
    rows = connection.execute(
        "SELECT project, count(*) AS datasets FROM published_datasets GROUP BY project"
    ).fetchall()
    if not rows:
        return DatasetNotFoundError("There are no datasets yet.", hint="add_repository")
    filled = [row["project"] for row in rows]
    for one in published(connection, project).damaged:
        raise StoreError(one.message)
    if project is None or project in filled:
        return DatasetNotFoundError(
            "All datasets there are of the scope `local`, which are searched only by name.",
            hint="list_datasets",
        )
    near = nearest(project, filled)
    others = "" if near else f"; there are some in {', '.join(map(repr, filled[:3]))}"
    return DatasetNotFoundError(
        f"Project {project!r} has no datasets{near}{others}.", hint="choose_project"
    )


def require_projects(connection: Connection) -> None:
    """Where a dataset is not found: raises StoreError when those of a lost project are not seen."""
    lost = connection.execute(
        "SELECT name FROM datasets WHERE project_id NOT IN (SELECT id FROM projects) LIMIT 1"
    ).fetchone()
    if lost:
        raise damaged(f"the project of the dataset {str(lost[0])!r} is missing")


def require_listed(connection: Connection, dataset: Dataset) -> None:
    """Where a file is not found: raises StoreError when files of the dataset are not in the catalogue.

    In one statement, because a job may publish another version at any time.
    """
    row = connection.execute(
        """SELECT files, (SELECT count(*) FROM files f WHERE f.dataset_id = d.id)
        FROM datasets d WHERE id = ?""",
        (dataset.dataset_id,),
    ).fetchone()
    if row and row[0] != row[1]:
        raise incomplete(dataset, int(row[1]))


def incomplete(dataset: Dataset, listed: int) -> StoreError:
    """The error for a dataset of which the catalogue has other files than it was made of."""
    return StoreError(
        f"The list of files of the dataset {dataset.name} is damaged: it has "
        f"{number_of(listed, 'file')} instead of {dataset.files:,}.",
        hint="add_again_whole",
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """`, did you mean 'shop'`; empty when no known name is similar."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean {close[0]!r}" if close else ""
