"""Making a bundle of a dataset's visible version."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from ccingest import __version__
from ccingest.app.bundle_checks import portable_source
from ccingest.app.datasets import listed_files
from ccingest.app.home import Home
from ccingest.app.named import named_datasets
from ccingest.app.registry import Registry
from ccingest.app.replaced import looking_again
from ccingest.db import catalog
from ccingest.db.connection import reading, repeated
from ccingest.db.dialect import Connection
from ccingest.disk import other_kind, remove_folder
from ccingest.errors import DatasetNotFoundError, NotFoundError, UsageError
from ccingest.models import Bundle, BundleManifest, Dataset, DatasetFiles, IngestOptions
from ccingest.objects import (
    ObjectStore,
    ObjectUrl,
    is_object_url,
    object_url,
    require_conditional_puts,
    store_url,
)
from ccingest.progress import Emit, discard
from ccingest.times import from_text, to_text

if TYPE_CHECKING:
    from ccingest.bundles import BundleContent

_ABANDONED = 24 * 3600.0  # seconds after which a push is not running any more


def push(
    home: Home,
    project: str,
    name: str,
    location: str | None = None,
    *,
    sign_with: bytes | None = None,
    force: bool = False,
    emit: Emit = discard,
) -> Bundle:
    """Write the dataset's visible version as a bundle.

    `location` is a path or the address of an object; None means the home's store, under the name of
    the dataset. If the newest one there is of this version already, nothing is written, unless
    `force` is set, or it is not signed and this one would be. `sign_with` is a private key. Raises DatasetNotFoundError, UsageError, StoreError,
    and what ObjectStore raises.
    """
    from ccingest.bundles import load_signer

    signer = None if sign_with is None else load_signer(sign_with)
    dataset = _only(home, project, name)

    def write(path: Path) -> Bundle:
        from ccingest.bundles import write_bundle

        def write_current() -> Bundle:
            manifest, content = _prepared(home, dataset)
            return write_bundle(path, manifest, content, signer=signer, emit=emit)

        return looking_again(write_current)

    if location is None:
        registry = _registry(home, dataset)
        held = None if force else _held(home, registry, dataset, is_signed=signer is not None)
        return held or _to_registry(home, registry, write)
    if is_object_url(location):
        return _to_object(home, object_url(location), write)
    return write(_path(location))


def _prepared(home: Home, dataset: Dataset) -> tuple[BundleManifest, BundleContent]:
    from ccingest.bundles import BundleContent

    stored, (pinned_to, options) = _read(home.connection, dataset)
    dataset = stored.dataset
    reader = home.store.read(dataset.table_name, dataset.table_version, dataset=dataset.name)
    manifest = BundleManifest(
        dataset=dataset.name,
        source=portable_source(dataset.source),
        revision=dataset.revision,
        branch=dataset.branch,
        wanted_branch=dataset.wanted_branch,
        is_pinned=pinned_to is not None and dataset.wanted_branch is None,
        embedder=dataset.embedder,
        dimensions=reader.dimensions,
        chunker=dataset.chunker,
        selection=dataset.selection,
        options=options or IngestOptions(),
        files=len(stored.indexed),
        chunks=sum(file.chunks for file in stored.indexed),
        skipped=len(stored.skipped),
        skipped_left_out=stored.left_out,
        made_at=from_text(to_text(datetime.now(timezone.utc))),  # in milliseconds, as it is read
        made_by=__version__,
    )
    return manifest, BundleContent(stored.indexed, stored.skipped, reader.exported())


def _to_object(home: Home, url: ObjectUrl, write: Callable[[Path], Bundle]) -> Bundle:
    """In place of what is there: a reader sees the one or the other as a whole."""
    store = ObjectStore(url.bucket)
    with _scratch(home) as folder:
        bundle = write(folder / "bundle")
        store.put_file(url.key, folder / "bundle")
    return replace(bundle, location=str(url))


def _registry(home: Home, dataset: Dataset) -> Registry:
    settings = home.settings
    if not settings.store:
        raise UsageError(
            "Say where the bundle goes: a file, or an object such as s3://bucket/name; or set "
            "CCINGEST_STORE."
        )
    prefix = store_url(settings.store)
    require_conditional_puts(prefix, settings.known_stores)
    return Registry.of(prefix, dataset.project, dataset.name)


def _held(home: Home, registry: Registry, dataset: Dataset, *, is_signed: bool) -> Bundle | None:
    """The newest bundle, if it is of the dataset's version already."""
    try:
        entry = registry.newest()
    except NotFoundError:
        return None
    if not entry.made(dataset) or (is_signed and not entry.signed):
        return None
    manifest, _ = looking_again(lambda: _prepared(home, dataset))
    made = replace(manifest, made_at=from_text(entry.made_at), made_by=entry.made_by)
    url = str(registry.url(entry.digest))
    return Bundle(url, made, entry.digest, entry.bytes, entry.signed, is_new=False)


def _to_registry(home: Home, registry: Registry, write: Callable[[Path], Bundle]) -> Bundle:
    with _scratch(home) as folder:
        bundle = write(folder / "bundle")
        url = registry.url(bundle.digest)
        registry.store.put_file(url.key, folder / "bundle")
    registry.add(bundle)
    return replace(bundle, location=str(url))


@contextmanager
def _scratch(home: Home) -> Iterator[Path]:
    """A folder for a bundle on its way to a store. What a killed push left is removed."""
    home.settings.object_cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in home.settings.object_cache.glob("push-*"):
        if time.time() - old.stat().st_mtime > _ABANDONED:
            remove_folder(old)
    with tempfile.TemporaryDirectory(prefix="push-", dir=home.settings.object_cache) as name:
        yield Path(name)


def _only(home: Home, project: str, name: str) -> Dataset:
    """The one dataset that the name means."""
    found = named_datasets(home, project, [name])
    if len(found) > 1:
        names = ", ".join(dataset.name for dataset in found[:5])
        raise UsageError(f"{name!r} means several datasets ({names}); name one of them.")
    return found[0]


@repeated
def _read(
    connection: Connection, dataset: Dataset
) -> tuple[DatasetFiles, tuple[str | None, IngestOptions | None]]:
    """The dataset as it is now with its files, and what it was asked for."""
    with reading(connection):
        now = _still(connection, dataset)
        return listed_files(connection, now), catalog.request_of(connection, now.dataset_id)


def _still(connection: Connection, dataset: Dataset) -> Dataset:
    """The dataset as it is now: a job may have published another version."""
    found = catalog.find_dataset(connection, dataset.project, dataset.name)
    if found is None:
        raise DatasetNotFoundError(f"The dataset {dataset.name!r} was deleted meanwhile.")
    _check_model(found)
    return found


def _check_model(dataset: Dataset) -> None:
    from ccingest.embedding import is_path

    if is_path(dataset.embedder):
        raise UsageError(
            f"{dataset.name} was made with a model in a folder, {dataset.embedder}, which other "
            "machines have not; make it with a model that has a name."
        )


def _path(location: str) -> Path:
    """Raises UsageError for what would be lost if a file came in its place, such as a pipe."""
    try:
        path = Path(location).expanduser().absolute()
        kind = other_kind(path)
    except (RuntimeError, ValueError) as error:  # such as ~somebody, who does not exist
        raise UsageError(f"{location!r} is no path: {error}.") from None
    except OSError as error:
        raise UsageError(f"Can't write {location}: {error.strerror}.") from error
    if kind:
        raise UsageError(f"{path} is {kind}; name the file that the bundle becomes.")
    return path
