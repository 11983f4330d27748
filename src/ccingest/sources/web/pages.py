"""The pages of a site that a crawl keeps, in one SQLite file.

Each page is written in a transaction of its own or with a few others, so that a crawl that is killed
goes on from what it has. The next crawl asks only whether a page has changed.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccingest.models import Entry, EntryKind
from ccingest.sources.web.markdown import VERSION

FILE = "pages.db"
_ANCHOR = re.compile(r"\{#[^{}\s]*\}")
_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE pages(
    address TEXT PRIMARY KEY,  -- as it is asked for
    final TEXT NOT NULL,       -- after redirects
    path TEXT NOT NULL,        -- in the dataset, empty for a page that is only read for its links
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    content_id TEXT NOT NULL,
    size INTEGER NOT NULL,
    links TEXT NOT NULL,       -- JSON
    etag TEXT NOT NULL,
    modified TEXT NOT NULL,    -- Last-Modified
    lastmod TEXT NOT NULL,     -- of the sitemap
    checked REAL NOT NULL,     -- when the server was asked last
    made INTEGER NOT NULL      -- the version of the Markdown
);
CREATE TABLE listed(           -- the pages of the revision
    path TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    content_id TEXT NOT NULL,
    size INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE left_out(         -- pages of the site that are not in the revision
    path TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL
) WITHOUT ROWID;
"""
_COLUMNS = (
    "address final path title text content_id size links etag modified lastmod checked made"
).split()


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was read, and what the next request for it has to say: see `conditions`."""

    address: str
    final: str
    path: str
    title: str
    text: str
    links: tuple[str, ...]
    etag: str = ""
    modified: str = ""
    lastmod: str = ""
    checked: float = 0.0
    made: int = VERSION

    @property
    def content_id(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:40]

    @property
    def size(self) -> int:
        return len(self.text.encode())


def conditions(kept: Page | None) -> dict[str, str]:
    """The headers that ask for a page only if it is no longer the one that is kept."""
    headers = {}
    if kept and kept.etag:
        headers["if-none-match"] = kept.etag
    if kept and kept.modified:
        headers["if-modified-since"] = kept.modified
    return headers


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A page that is not in the revision, and why."""

    path: str
    kind: EntryKind
    reason: str


class PageStore:
    """Keeps pages by address. Only the thread that made it may use it; a context manager.

    Every method raises sqlite3.DatabaseError for a damaged file.
    """

    def __init__(self, folder: Path, *, rereads: bool = False) -> None:
        """With `rereads`, no kept page is found, so that all are fetched."""
        self._rereads = rereads
        self.file = folder / FILE
        self._connection = sqlite3.connect(self.file, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version != _SCHEMA_VERSION:
            self._create()

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> PageStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _create(self) -> None:
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            for table in ("pages", "listed", "left_out"):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")

    def find(self, address: str) -> Page | None:
        """The page as it was kept; None when there is none, or it was made by another version."""
        if self._rereads:
            return None
        row = self._connection.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM pages WHERE address = ? AND made = ?",
            (address, VERSION),
        ).fetchone()
        if row is None:
            return None
        stored = dict(zip(_COLUMNS, row, strict=True))
        del stored["content_id"], stored["size"]
        return Page(**{**stored, "links": tuple(json.loads(stored["links"]))})

    def put(self, pages: Sequence[Page]) -> None:
        rows = [
            (
                page.address, page.final, page.path, page.title, page.text, page.content_id, page.size,
                json.dumps(page.links), page.etag, page.modified, page.lastmod, page.checked, page.made,
            )
            for page in pages
        ]  # fmt: skip
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            marks = ", ".join("?" * len(_COLUMNS))
            connection.executemany(f"INSERT OR REPLACE INTO pages VALUES ({marks})", rows)

    def touch(self, addresses: Sequence[str], now: float) -> None:
        """The server was asked, and these have not changed."""
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "UPDATE pages SET checked = ? WHERE address = ?", ((now, one) for one in addresses)
            )

    def list_only(
        self,
        addresses: Sequence[str],
        left_out: Sequence[LeftOut] = (),
        for_links: Collection[str] = (),
    ) -> int:
        """Make these pages the revision, in their order, and forget all others.

        Those in `for_links` are kept, but not listed. Of pages with the same path or nearly the same text, the first is listed; returns how many
        are copies.
        """
        copies = 0
        with self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM listed")
            connection.execute("CREATE TEMP TABLE IF NOT EXISTS found(address TEXT PRIMARY KEY)")
            connection.execute("DELETE FROM found")
            connection.executemany(
                "INSERT OR IGNORE INTO found VALUES (?)", ((one,) for one in addresses)
            )
            connection.execute("DELETE FROM pages WHERE address NOT IN (SELECT address FROM found)")
            connection.execute("DELETE FROM left_out")
            connection.executemany(
                "INSERT OR IGNORE INTO left_out VALUES (?, ?, ?)",
                ((one.path, one.kind, one.reason) for one in left_out),
            )
            seen: set[str] = set()
            for address in addresses:
                row = connection.execute(
                    "SELECT path, address, content_id, size, text FROM pages WHERE address = ?",
                    (address,),
                ).fetchone()
                if row is None or not row[0] or address in for_links:
                    continue
                words = hashlib.sha256(
                    " ".join(_ANCHOR.sub("", row[4]).split()).encode()
                ).hexdigest()
                if words in seen:
                    copies += 1
                    continue
                seen.add(words)
                connection.execute("INSERT OR IGNORE INTO listed VALUES (?, ?, ?, ?)", row[:4])
        return copies

    def revision(self) -> str:
        """A hash of the paths and contents of the listed pages, and of the paths of those left out:
        else a list of them would stay as it was while no other page changes."""
        found = hashlib.sha256()
        for path, content_id in self._connection.execute(
            "SELECT path, content_id FROM listed ORDER BY path"
        ):
            found.update(f"{path}\0{content_id}\n".encode())
        for (path,) in self._connection.execute("SELECT path FROM left_out ORDER BY path"):
            found.update(f"{path}\0\n".encode())
        return found.hexdigest()[:40]

    def listed(self) -> int:
        (count,) = self._connection.execute("SELECT count(*) FROM listed").fetchone()
        return int(count)


class PageReader:
    """Reads the listed pages, in any process."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )

    def entries(self) -> Iterator[Entry]:
        for path, content_id in self._connection.execute(
            "SELECT path, content_id FROM listed ORDER BY path"
        ):
            yield Entry(path.encode(), content_id, "file")
        for path, kind, reason in self._connection.execute(
            "SELECT path, kind, reason FROM left_out ORDER BY path"
        ):
            yield Entry(path.encode(), "", kind, rule=reason)

    def size(self, path: str) -> int | None:
        row = self._connection.execute("SELECT size FROM listed WHERE path = ?", (path,)).fetchone()
        return row[0] if row else None

    def text(self, path: str) -> str | None:
        row = self._connection.execute(
            "SELECT text FROM pages JOIN listed USING (address) WHERE listed.path = ?", (path,)
        ).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        self._connection.close()
