"""Checking that everything is in place, and what to do if not."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable

from ccingest.app.home import Home
from ccingest.app.replaced import as_it_is_now
from ccingest.db.damage import in_the_way
from ccingest.db.manifests import manifest, numbers_of_files
from ccingest.db.overlays import published_overlays
from ccingest.db.published import published
from ccingest.errors import CcingestError, OutOfMemoryError, TooManyOpenFilesError
from ccingest.exhausted import exhausted
from ccingest.models import Check, Dataset
from ccingest.plurals import number_of
from ccingest.queue.history import running_hosts
from ccingest.queue.hosts import left_alone
from ccingest.settings import Settings
from ccingest.times import to_text

_LEAST_FREE = 1_000_000_000  # bytes
_OF_THE_PROCESS = (TooManyOpenFilesError, OutOfMemoryError)  # no dataset is damaged for that


def check_all(settings: Settings, *, deep: bool = False) -> list[Check]:
    """Every check, in order. One that raises a CcingestError or an OSError has failed.

    A `deep` one reads all that the datasets have, and compares it with checksums and manifests.
    """
    checks = _CHECKS
    if deep:
        checks = {**checks, "datasets": _all_of_tables, "shards": _all_of_shards}
    if settings.store:
        from ccingest.app.store_check import check_store

        checks = {**checks, "store": check_store}
    if settings.tables_url and not deep:
        from ccingest.app.store_check import check_stored_tables

        checks = {**checks, "datasets": check_stored_tables}
    return [_run(name, check, settings) for name, check in checks.items()]


def _run(name: str, check: Callable[[Settings], Check], settings: Settings) -> Check:
    try:
        return check(settings)
    except CcingestError as error:
        return Check(name, False, error.message)
    except Exception as error:  # a limit of the process may show as any
        if limit := exhausted(error):
            return Check(name, False, limit.message)
        if not isinstance(error, OSError):
            raise
        return Check(name, False, f"{error.strerror}: {error.filename}")


def _python(_: Settings) -> Check:
    return Check("python", True, f"{sys.version.split()[0]} at {sys.executable}")


def _home(settings: Settings) -> Check:
    settings.create_home()
    mode = settings.home.stat().st_mode & 0o777
    detail = f"{settings.home}, mode {mode:o}"
    if mode & 0o077:
        return Check("home", False, detail, f"Others can read it: chmod 700 {settings.home}")
    if closed := _closed(settings):
        advice = "Nothing can be added there. Make it a folder that you may write to."
        return Check("home", False, closed, advice)
    return Check("home", True, detail)


def _closed(settings: Settings) -> str | None:
    """The first folder of the home, or its database, that can't be written to."""
    workers = settings.home / "workers"
    for folder in (settings.home, settings.tables, settings.clones, settings.model_cache, workers):
        if folder.exists() and not folder.is_dir():
            return f"{folder} is no folder"
        if folder.exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            return f"{folder} can't be written to"
    file = settings.database_file
    if not settings.database_url and file.exists() and not os.access(file, os.R_OK | os.W_OK):
        return f"{file} can't be written to"
    return None


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(settings.home).free
    detail = f"{free / 1e9:.1f} GB free at {settings.home}"
    if free < _LEAST_FREE:
        return Check("disk", False, detail, "Free some space, or set CCINGEST_HOME elsewhere.")
    return Check("disk", True, detail)


def _database(settings: Settings) -> Check:
    if not settings.database_url and (thing := in_the_way(settings.database_file)):
        return Check("database", False, f"{thing}, so the database can't be used", "Move it away.")
    with Home(settings) as home:
        found = home.connection.damage()
    if found:
        return Check(
            "database",
            False,
            f"{settings.database}: {found}",
            "Restore it from a backup."
            if settings.database_url
            else f"Move {settings.home} away and add the repositories again.",
        )
    return Check("database", True, str(settings.database))


def _workers(settings: Settings) -> Check:
    with Home(settings) as home:
        hosts = running_hosts(home.connection)
        waits = left_alone(home.connection)
    busy = [f"{number_of(jobs, 'job')} on {host}" for host, jobs in hosts.items()]
    lines = [f"running {', '.join(busy)}" if busy else "no job is running"]
    lines += [f"{host} asked to be left alone until {to_text(at)}" for host, at in waits.items()]
    return Check("workers", True, "; ".join(lines))


def _tables(settings: Settings) -> Check:
    return _check_datasets(settings, _count_problems, "each whole")


def _all_of_tables(settings: Settings) -> Check:
    return _check_datasets(settings, _problems, "each read and whole")


def _check_datasets(
    settings: Settings, problems_of: Callable[[Home, Dataset], list[str]], when_whole: str
) -> Check:
    broken: dict[Dataset, str] = {}
    with Home(settings) as home:
        datasets, unreadable = published(home.connection)
        files = numbers_of_files(home.connection)

        def all_problems(dataset: Dataset) -> list[str]:
            nonlocal files
            try:
                problems = problems_of(home, dataset)
            except _OF_THE_PROCESS:
                raise
            except CcingestError as error:
                problems = [error.message]
            if files.get(dataset.dataset_id, 0) != dataset.files:
                files = numbers_of_files(home.connection)  # a job may have published since
            if (listed := files.get(dataset.dataset_id, 0)) != dataset.files:
                problems.append(f"a manifest of {listed} files instead of {dataset.files}")
            return problems

        for dataset in datasets:
            if problems := as_it_is_now(home.connection, dataset, all_problems):
                broken[dataset] = "; ".join(problems)
    if not broken and not unreadable:
        return Check("datasets", True, f"{len(datasets)}, {when_whole}")
    details = "; ".join(
        [f"{dataset.name} ({why})" for dataset, why in broken.items()]
        + [one.message.rstrip(".") for one in unreadable]
    )
    count = len(broken) + len(unreadable)
    return Check(
        "datasets",
        False,
        f"{count} of {len(datasets) + len(unreadable)} are damaged: {details}",
        f"Add again with force: {', '.join(map(_source, broken))}." if broken else "",
        (*(dataset.name for dataset in broken), *(one.name for one in unreadable)),
    )


def _count_problems(home: Home, dataset: Dataset) -> list[str]:
    table, version = dataset.table_name, dataset.table_version
    chunks = home.store.read(table, version, dataset=dataset.name).count()
    home.store.require_files(table, version)
    if chunks == dataset.chunks:
        return []
    return [f"{chunks} chunks instead of {dataset.chunks}"]


def _problems(home: Home, dataset: Dataset) -> list[str]:
    files = manifest(home.connection, dataset.dataset_id)
    chunks_of = {path: file.chunks for path, file in files.items()}
    problems = home.store.problems(dataset.table_name, dataset.table_version, chunks_of)
    if (chunks := sum(chunks_of.values())) != dataset.chunks:
        problems.append(f"a manifest of {chunks} chunks instead of {dataset.chunks}")
    return problems


def _source(dataset: Dataset) -> str:
    return f"{dataset.source.location} (dataset {dataset.name}, project {dataset.project})"


def _overlays(settings: Settings) -> Check:
    """A damaged one needs no help: the next question in its work tree makes it again."""
    with Home(settings) as home:
        found = published_overlays(home.connection)
        broken = [overlay for overlay in found if not _is_whole(home, *overlay[1:])]
        # A question may have made one again meanwhile.
        there = published_overlays(home.connection) if broken else []
    damaged = [overlay[0] for overlay in broken if overlay in there]
    if not damaged:
        return Check("overlays", True, f"{len(found)} of work trees, each whole")
    return Check(
        "overlays",
        False,
        f"{len(damaged)} of {len(found)} are damaged: {', '.join(damaged)}",
        "The next question in the work tree makes it again.",
    )


def _is_whole(home: Home, table: str, version: int, chunks: int) -> bool:
    try:
        return home.store.read(table, version).count() == chunks
    except _OF_THE_PROCESS:
        raise
    except CcingestError:
        return False


def _shards(settings: Settings) -> Check:
    return _check_shards(settings, deep=False)


def _all_of_shards(settings: Settings) -> Check:
    return _check_shards(settings, deep=True)


def _check_shards(settings: Settings, *, deep: bool) -> Check:
    """A damaged one needs no help: questions do without it, and a merge makes it again."""
    with Home(settings) as home:
        found, damaged = home.store.shards.problems(deep=deep)
    if not damaged:
        return Check("shards", True, f"{found}, each {'read and ' if deep else ''}whole")
    return Check(
        "shards",
        False,
        f"{len(damaged)} of {found} are damaged: {'; '.join(damaged)}",
        "A clean-up makes them again; questions are right without them, and slower.",
    )


def _model(settings: Settings) -> Check:
    from ccingest.embedding import load_embedder

    start = time.perf_counter()
    embedder = load_embedder(settings.default_model, cache=settings.model_cache)
    embedder.embed_query("hello")
    seconds = time.perf_counter() - start
    detail = f"{embedder.name}, {embedder.dimensions} dimensions, ready in {seconds:.1f} s"
    return Check("model", True, detail)


def _git(_: Settings) -> Check:
    from ccingest.sources.git import library_versions

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
    "workers": _workers,
    "datasets": _tables,
    "overlays": _overlays,
    "shards": _shards,
    "model": _model,
    "git": _git,
    "token": _token,
}
