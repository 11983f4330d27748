"""Where jobs and the catalogue are kept: a file of SQLite, or a database of a Postgres server."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from ccingest.values import dataclass

SCHEMES = ("postgresql", "postgres")


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A database of a Postgres server. Its text names it, and never holds a password."""

    url: str = field(repr=False)  # as libpq takes it, with its password
    home: Path  # of this machine, for what processes of one machine share

    def __str__(self) -> str:
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return "the Postgres database"
        where = f"{host}:{port}" if port else host
        user = f"{parts.username}@" if parts.username else ""
        return f"postgresql://{user}{where}{parts.path}"


DatabaseAddress: TypeAlias = Path | PostgresAddress


def is_postgres_url(text: str) -> bool:
    """Whether a text is meant to be the address of a Postgres database."""
    return text.partition("://")[0].lower() in SCHEMES and "://" in text


def folder_of(address: DatabaseAddress) -> Path:
    """The folder in which the processes of one machine keep what they share beside the database."""
    return address.parent if isinstance(address, Path) else address.home
