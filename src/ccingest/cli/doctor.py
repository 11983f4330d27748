"""`ccingest doctor`: is everything in place, and if not, what to do."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccingest.cli.options import JsonFlag
from ccingest.cli.output import Reply, safe
from ccingest.errors import CcingestError
from ccingest.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console

_LEAST_FREE = 1_000_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    detail: str
    advice: str = ""


def doctor(json: JsonFlag = False) -> Reply:  # noqa: ARG001 - app.run looks at the flag
    """Check store, model, git, token and disk; say what to do."""
    settings = load_settings()
    checks = [_run(name, check, settings) for name, check in _CHECKS.items()]
    document = {
        "ok": all(check.ok for check in checks),
        "checks": [
            {"name": c.name, "ok": c.ok, "detail": c.detail, "advice": c.advice} for c in checks
        ],
    }
    return Reply(document, lambda console: _show(console, checks), 0 if document["ok"] else 1)


def _run(name: str, check: Callable[[Settings], Check], settings: Settings) -> Check:
    try:
        return check(settings)
    except CcingestError as error:
        return Check(name, False, error.message)
    except OSError as error:
        return Check(name, False, f"{error.strerror}: {error.filename}")


def _python(_: Settings) -> Check:
    return Check("python", True, f"{sys.version.split()[0]} at {sys.executable}")


def _home(settings: Settings) -> Check:
    settings.create_home()
    mode = settings.home.stat().st_mode & 0o777
    detail = f"{settings.home}, mode {mode:o}"
    if mode & 0o077:
        return Check("home", False, detail, f"Others can read it: chmod 700 {settings.home}")
    return Check("home", True, detail)


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(settings.home).free
    detail = f"{free / 1e9:.1f} GB free at {settings.home}"
    if free < _LEAST_FREE:
        return Check("disk", False, detail, "Free some space, or set CCINGEST_HOME elsewhere.")
    return Check("disk", True, detail)


def _database(settings: Settings) -> Check:
    from ccingest.jobs.database import connect

    with closing(connect(settings.database)) as connection:
        found = connection.execute("PRAGMA quick_check").fetchone()[0]
    if found != "ok":
        return Check(
            "database",
            False,
            f"{settings.database}: {found}",
            f"Move {settings.home} away and add the repositories again.",
        )
    return Check("database", True, str(settings.database))


def _tables(settings: Settings) -> Check:
    from ccingest.jobs.database import connect
    from ccingest.jobs.datasets import list_datasets
    from ccingest.store import TableStore

    store = TableStore(settings.tables)
    with closing(connect(settings.database)) as connection:
        rows = [row for row in list_datasets(connection, None) if row.table_name]
    broken = []
    for row in rows:
        try:
            chunks = store.read(row.table_name or "", row.table_version or 0).count()
        except CcingestError as error:
            broken.append(f"{row.name} ({error.message})")
        else:
            if chunks != row.chunks:
                broken.append(f"{row.name} ({chunks} chunks instead of {row.chunks})")
    if broken:
        return Check(
            "datasets",
            False,
            f"{len(broken)} of {len(rows)} can't be read: {'; '.join(broken)}",
            "Run `ccingest github add` for them again.",
        )
    return Check("datasets", True, f"{len(rows)}, each whole")


def _model(settings: Settings) -> Check:
    from ccingest.embedding import load_embedder

    start = time.perf_counter()
    embedder = load_embedder(settings.model, cache=settings.model_cache)
    embedder.embed_query("hello")
    seconds = time.perf_counter() - start
    detail = f"{embedder.name}, {embedder.dimensions} dimensions, ready in {seconds:.1f} s"
    return Check("model", True, detail)


def _git(_: Settings) -> Check:
    from ccingest.git import library_versions

    return Check("git", True, library_versions())


def _token(settings: Settings) -> Check:
    if settings.token:
        return Check("token", True, f"set, used for {settings.gh_host} only")
    return Check(
        "token", True, "not set: public repositories only", "For private ones, set GITHUB_TOKEN."
    )


_CHECKS = {
    "python": _python,
    "home": _home,
    "disk": _disk,
    "database": _database,
    "datasets": _tables,
    "model": _model,
    "git": _git,
    "token": _token,
}


def _show(console: Console, checks: list[Check]) -> None:
    for check in checks:
        mark, style = ("ok", "green") if check.ok else ("FAIL", "bold red")
        console.print(f"{mark:<5}", style=style, end="")
        console.print(f"{check.name:<9} {safe(check.detail)}", soft_wrap=True)
        if check.advice:
            console.print(f"{'':<15}{safe(check.advice)}", style="dim", soft_wrap=True)
