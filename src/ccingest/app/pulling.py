"""Taking over a dataset version from a bundle. It is a job like any other, which any worker can run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from ccingest.app.bundle_checks import is_of, longest_vector, options_for, source_for
from ccingest.app.home import Home
from ccingest.app.refreshing import RunJobs
from ccingest.app.requests import AddOptions, check_name, check_options
from ccingest.db.catalog import find_dataset, request_of
from ccingest.errors import BundleError, CcingestError, StorageFullError, UsageError
from ccingest.models import (
    Bundle,
    Dataset,
    Job,
    JobRequest,
    PreparedVersion,
    Pulled,
    PulledAll,
    RefusedBundle,
    Scope,
    Unchanged,
)
from ccingest.models.sources import short_branch
from ccingest.objects.urls import is_object_url
from ccingest.progress import Emit, discard
from ccingest.queue import enqueue
from ccingest.secrets import hide_secrets
from ccingest.settings import DEFAULT_PROJECT, Settings
from ccingest.visible import storable

if TYPE_CHECKING:
    from ccingest.bundles import OpenBundle

_TABLE_SIZE = 3  # a table with its index, by what is in the bundle: 2.1 was measured


@dataclass(frozen=True, slots=True)
class PullOptions:
    """How a bundle is taken over."""

    dataset: str | None = None  # its name; None: the bundle's
    project: str = DEFAULT_PROJECT
    scope: str | None = None  # None: as it is, and `project` for a new dataset
    source: str | None = None  # where this machine reads it from; None: as the bundle says
    model: str = ""  # of a provider, to which questions may be sent
    allow_private: bool = False  # whether its source may be in the network of this machine
    keys: bytes | None = None  # public keys, one of which must have signed it
    force: bool = False  # also when the dataset is at this version already


class PullKeywords(TypedDict, total=False):
    """The fields of PullOptions, as keyword arguments."""

    dataset: str | None
    project: str
    scope: str | None
    source: str | None
    model: str
    allow_private: bool
    keys: bytes | None
    force: bool


def pull(
    home: Home,
    location: str,
    options: PullOptions,
    run_jobs: RunJobs,
    emit: Emit = discard,
) -> Pulled:
    """Make the version in a bundle the visible one of a dataset.

    `location` is a path, the address of an object, or the name of a dataset in the home's store. The
    job may have failed: then the dataset is as it was. Raises NotFoundError, BundleError,
    UntrustedBundleError, UsageError, PrivateSiteError, and what ObjectCache raises.
    """
    place = _place(home.settings, location, options.project)
    return _pull(home, place, options, run_jobs, emit)


def pull_all(
    home: Home,
    options: PullOptions,
    run_jobs: RunJobs,
    emit: Emit = discard,
) -> PulledAll:
    """Take over the newest bundle of each dataset that the home's store has of the project.

    One that is refused does not hold up the others. Raises UsageError, and what ObjectStore raises.
    """
    from ccingest.app.registry import Registry, datasets_in
    from ccingest.objects import store_url

    if options.dataset or options.source:
        raise UsageError("dataset and source are for one bundle; leave them out for all.")
    if not home.settings.store:
        raise UsageError("There is no store to pull from; set CCINGEST_STORE.")
    prefix = store_url(home.settings.store)
    pulled, current, refused = [], [], []
    for name in datasets_in(prefix, options.project):
        try:
            registry = Registry.of(prefix, options.project, check_name("dataset", name))
            entry = registry.newest()
            held = find_dataset(home.connection, options.project, name)
            if held and entry.made(held) and not options.force:
                current.append(name)
                continue
            place, own = str(registry.url(entry.digest)), replace(options, dataset=name)
            pulled.append(_pull(home, place, own, run_jobs, emit))
        except CcingestError as error:
            refused.append(RefusedBundle(name, error))
    return PulledAll(tuple(pulled), tuple(current), tuple(refused))


def _pull(home: Home, place: str, options: PullOptions, run_jobs: RunJobs, emit: Emit) -> Pulled:
    with opened_bundle(home.settings, place, emit) as opened:
        bundle = opened.bundle
        signed_by = None if options.keys is None else opened.signed_by(options.keys)
        longest_vector(bundle.manifest, home.settings, options.model)
        request = _request(home, bundle, options)
    (job,) = run_jobs([enqueue.enqueue(home.connection, request)])
    return Pulled(job, bundle, signed_by)


def pulled_version(
    home: Home, job: Job, base: Dataset | None, emit: Emit
) -> PreparedVersion | Unchanged:
    """Run the job of a pull. Raises BundleError when the bundle has become another one."""
    from ccingest.pipeline.pulling import version_of_bundle

    settings = home.settings
    with opened_bundle(settings, job.options.bundle, emit) as opened:
        if opened.bundle.digest != job.options.bundle_digest:
            raise BundleError(f"The bundle {job.options.bundle} was replaced; pull it again.")
        _require_room(settings, opened)
        return version_of_bundle(
            opened,
            home.open_store(),
            job.table_name,
            base=None if job.options.force else base,
            longest_vector=longest_vector(opened.bundle.manifest, settings, job.options.model),
            emit=emit,
        )


def _require_room(settings: Settings, opened: OpenBundle) -> None:
    """Raises StorageFullError before the table and its index fill the disk."""
    needed = _TABLE_SIZE * opened.unpacked_bytes
    if shutil.disk_usage(settings.tables).free < needed:
        raise StorageFullError(
            f"The dataset in the bundle takes up to {needed / 1e6:,.0f} MB, and the disk of "
            f"{settings.tables} has less."
        )


@contextmanager
def opened_bundle(settings: Settings, place: str, emit: Emit = discard) -> Iterator[OpenBundle]:
    """The bundle at a place. That of a store is kept on this disk for the next time.

    Raises NotFoundError, BundleError, and what ObjectCache raises.
    """
    from ccingest.bundles import open_bundle

    if not is_object_url(place):
        with open_bundle(Path(place), place) as opened:
            yield opened
        return
    from ccingest.objects import ObjectCache, object_url

    cache = ObjectCache(settings.object_cache, settings.object_cache_mb * 1_000_000)
    path = cache.fetch(object_url(place), emit)
    try:
        with open_bundle(path, place) as opened:
            yield opened
    except BundleError:
        path.unlink(missing_ok=True)  # it may have been damaged here
        raise


def _place(settings: Settings, location: str, project: str) -> str:
    """The location as a job keeps it: it may run in another folder. Raises UsageError."""
    if not location or not storable(location).isprintable() or storable(location) != location:
        raise UsageError(f"{ascii(hide_secrets(location))[:200]} is no path that can be stored.")
    if hide_secrets(location) != location:
        raise UsageError("The location of the bundle seems to hold a password or a token.")
    if is_object_url(location):
        from ccingest.objects import object_url

        return str(object_url(location))
    if "://" in location:
        raise UsageError(f"{location} is neither a path nor in an object store; download it first.")
    path = Path(location).expanduser()
    if settings.store and "/" not in location and not path.is_file():
        from ccingest.app.registry import Registry
        from ccingest.objects import store_url

        registry = Registry.of(store_url(settings.store), project, location)
        return str(registry.url(registry.newest().digest))
    return str(path.absolute())


def _request(home: Home, bundle: Bundle, options: PullOptions) -> JobRequest:
    manifest = bundle.manifest
    given = check_options(
        home.settings, AddOptions(project=options.project, scope=options.scope or "project")
    )
    name = check_name("dataset", manifest.dataset if options.dataset is None else options.dataset)
    held = find_dataset(home.connection, options.project, name)
    private = options.allow_private
    if held and options.source is None and is_of(manifest, held.source):
        _, known = request_of(home.connection, held.dataset_id)
        source, private = held.source, private or bool(known and known.allow_private)
    else:
        source = source_for(manifest, home.settings, options.source, allow_private=private)
    kept = options_for(manifest, home.settings, source, allow_private=private)
    wanted = manifest.wanted_branch
    return JobRequest(
        source=source,
        project=given.project,
        dataset=name,
        scope=held.scope if held and options.scope is None else cast("Scope", given.scope),
        branch=short_branch(wanted) if wanted else None,
        revision=manifest.revision if manifest.is_pinned else None,
        options=replace(
            kept, force=options.force, bundle=bundle.location, bundle_digest=bundle.digest
        ),
    )
