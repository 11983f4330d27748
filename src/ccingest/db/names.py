"""Names in the database, for somebody who is typing one. Only reads, and waits for no lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from urllib.parse import quote

from ccingest.database_address import DatabaseAddress, PostgresAddress
from ccingest.db.connection import connect
from ccingest.db.dialect import Connection
from ccingest.db.room import is_frozen
from ccingest.db.sqlite import database_errors, open_file

_TIMEOUT = 0.1  # seconds
_MOST = 1000
_MOST_READ = 100_000  # files whose language is looked at
# A dataset is offered from its own project, and a global one from every project.
_VISIBLE = "(:project IS NULL OR project = :project OR scope = 'global')"


@contextmanager
def reading(address: DatabaseAddress) -> Iterator[Connection]:
    """The database as it is. A file is neither made nor upgraded. Raises StoreError."""
    if isinstance(address, PostgresAddress):
        with closing(connect(address, busy_timeout=_TIMEOUT)) as connection:
            yield connection
        return
    how = "immutable=1" if is_frozen(address) else "mode=ro"
    with (
        database_errors(address),
        closing(open_file(address, f"file:{quote(str(address))}?{how}", _TIMEOUT)) as file,
    ):
        yield file


def projects(connection: Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM projects ORDER BY name")]


def datasets(connection: Connection, project: str | None) -> list[tuple[str, str, int]]:
    """Name, project and chunks of the datasets that this project sees; None means every project."""
    return connection.execute(
        f"SELECT name, project, chunks FROM published_datasets WHERE {_VISIBLE} "
        f"ORDER BY name LIMIT {_MOST}",
        {"project": project},
    ).fetchall()


def repositories(connection: Connection, project: str | None) -> list[str]:
    rows = connection.execute(
        f"""SELECT DISTINCT json_extract(source, '$.name') FROM datasets WHERE id IN
        (SELECT dataset_id FROM published_datasets WHERE {_VISIBLE}) ORDER BY 1 LIMIT {_MOST}""",
        {"project": project},
    )
    return [name for (name,) in rows]


def jobs(connection: Connection, states: Sequence[str]) -> list[tuple[str, str, str, str]]:
    """Id, status, dataset and time of the newest jobs in these states; no states means all."""
    marks = ", ".join("?" * len(states))
    where = f"WHERE status IN ({marks})" if states else ""
    return connection.execute(
        f"""SELECT id, status, dataset_name, created_at FROM jobs {where}
        ORDER BY created_at DESC LIMIT 100""",
        tuple(states),
    ).fetchall()


def scheduled(connection: Connection, project: str) -> list[str]:
    rows = connection.execute(
        """SELECT dataset_name FROM schedules JOIN projects ON projects.id = project_id
        WHERE projects.name = ? ORDER BY 1""",
        (project,),
    )
    return [name for (name,) in rows]


def languages(connection: Connection) -> list[str]:
    """The languages of the stored files; of very many, those of the first."""
    rows = connection.execute(
        f"SELECT DISTINCT language FROM (SELECT language FROM files LIMIT {_MOST_READ}) ORDER BY 1"
    )
    return [name for (name,) in rows]


def paths_in(
    connection: Connection, project: str | None, names: Sequence[str], folder: str
) -> list[str]:
    """What is right in a folder of the stored files: paths, and folders with a slash at the end.

    `folder` is "" or ends in a slash. Without `names`, of all datasets that the project sees.
    """
    found: set[str] = set()
    for dataset_id in _ids(connection, project, names):
        after = folder
        # One look in the index for each: a folder may hold any number of files.
        while len(found) < _MOST and (path := _next_path(connection, dataset_id, folder, after)):
            first, slash, _ = path[len(folder) :].partition("/")
            found.add(f"{folder}{first}{slash}")
            after = f"{folder}{first}/\U0010ffff" if slash else path
    return sorted(found)


def _next_path(connection: Connection, dataset_id: int, folder: str, after: str) -> str | None:
    row = connection.execute(
        "SELECT path FROM files WHERE dataset_id = ? AND path > ? ORDER BY path LIMIT 1",
        (dataset_id, after),
    ).fetchone()
    return row[0] if row and row[0].startswith(folder) else None


def _ids(connection: Connection, project: str | None, names: Sequence[str]) -> list[int]:
    rows = connection.execute(
        f"SELECT dataset_id, name FROM published_datasets WHERE {_VISIBLE}", {"project": project}
    )
    return [number for number, name in rows if not names or name in names]
