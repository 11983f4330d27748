"""Removing objects that no table and no shard needs any more.

An object goes when it was seen unused by a sweep, and is so still at a sweep after the grace: until
then, a reader that is behind may be about to read it. `garbage.json` remembers since when.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from ccingest.errors import CcingestError, NotFoundError, VersionGoneError
from ccingest.objects import ObjectInfo, ObjectStore, ObjectUrl
from ccingest.remote.manifest import NAME, TableManifest
from ccingest.remote.tables import RemoteTables
from ccingest.remote.transfers import at_once
from ccingest.times import from_text, to_text

_log = logging.getLogger(__name__)

# Longer than a question takes, and longer than a merged shard takes to be put and published.
GRACE = timedelta(hours=1)
TABLES, SHARDS = "tables", "shards"
_GARBAGE = "garbage.json"
_LARGEST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class InUse:
    """What the database names."""

    published: frozenset[str]  # tables
    written: frozenset[str]  # tables of running jobs
    shards: frozenset[str]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found and removed."""

    objects: int  # that are in use
    unused: int
    removed: int
    freed: int  # bytes
    missing: tuple[str, ...]  # tables of which the store lacks something


def sweep(
    place: ObjectUrl,
    tables: RemoteTables,
    in_use: Callable[[], InUse],
    now: datetime,
    *,
    removes: bool = True,
) -> Swept:
    """Look at all objects of tables and shards; with `removes`, remove what is not needed.

    Raises what ObjectStore raises.
    """
    store = tables.store
    # First list the objects, then ask what is in use: what comes between is not on the list.
    there = {
        one.key: one for kind in (TABLES, SHARDS) for one in store.list(f"{place.below(kind).key}/")
    }
    used = in_use()
    manifests = _manifests(tables, used.published)
    needed = {name: _keys(place, name, found) for name, found in manifests.items()}
    missing = [name for name, keys in needed.items() if not _are_there(store, keys, there)]
    all_needed = frozenset().union(*needed.values())
    unused = [info for key, info in there.items() if not _is_used(place, key, all_needed, used)]
    gone = _remove(store, place, unused, now) if removes else []
    return Swept(
        len(there) - len(unused),
        len(unused),
        len(gone),
        sum(one.size for one in gone),
        tuple(missing),
    )


def _manifests(tables: RemoteTables, names: Collection[str]) -> Mapping[str, TableManifest | None]:
    ordered = sorted(names)
    steps = [partial(_manifest, tables, name) for name in ordered]
    return dict(zip(ordered, at_once(steps), strict=True))


def _manifest(tables: RemoteTables, name: str) -> TableManifest | None:
    try:
        return tables.manifest(name)
    except VersionGoneError:
        return None


def _keys(place: ObjectUrl, name: str, manifest: TableManifest | None) -> frozenset[str]:
    """The objects of a table, its manifest among them."""
    objects = manifest.objects if manifest else ()
    keys = (place.below(TABLES, key).key for key in objects)
    return frozenset((place.below(TABLES, name, NAME).key, *keys))


def _are_there(store: ObjectStore, keys: Collection[str], there: Mapping[str, ObjectInfo]) -> bool:
    """Whether the store has these objects, the newest of which may have come after it was listed."""
    try:
        for key in keys:
            if key not in there:
                store.info(key)
    except NotFoundError:
        return False
    return True


def _is_used(place: ObjectUrl, key: str, needed: Collection[str], used: InUse) -> bool:
    if key in needed:
        return True
    kind, _, rest = key.removeprefix(f"{place.key}/" if place.key else "").partition("/")
    if kind == SHARDS:
        return rest.partition(".")[0] in used.shards
    return rest.partition("/")[0] in used.written


def _remove(
    store: ObjectStore, place: ObjectUrl, unused: Iterable[ObjectInfo], now: datetime
) -> list[ObjectInfo]:
    """Remove those that were seen unused long ago, and note the others; returns the removed ones."""
    key = place.below(_GARBAGE).key
    since = _seen(store, key)
    removed, left = [], {}
    for info in unused:
        seen = min(since.get(info.key, now), now)
        if now - seen < GRACE:
            left[info.key] = to_text(seen)
            continue
        try:
            store.delete(info.key)
            removed.append(info)
        except CcingestError as error:  # the next sweep tries again
            _log.warning("%s is not removed now: %s", info.key, error.message)
            left[info.key] = to_text(seen)
    if left or since:
        store.put(key, json.dumps(left).encode())
    return removed


def _seen(store: ObjectStore, key: str) -> dict[str, datetime]:
    try:
        data, _ = store.read(key, _LARGEST)
        return {name: from_text(when) for name, when in json.loads(data).items()}
    except NotFoundError:
        return {}
    except (ValueError, AttributeError) as error:  # damaged: the grace begins again
        _log.warning("%s can't be read: %s", key, error)
        return {}
