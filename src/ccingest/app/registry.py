"""The bundles of a dataset in an object store, by name.

    PREFIX/bundles/PROJECT/DATASET/index.json          which bundles there are, the newest last
    PREFIX/bundles/PROJECT/DATASET/DIGEST.ccbundle     each is written once, and never again

A push puts its bundle first and then names it in the index, by a conditional put: of two at once, one
reads the index again. So no reader sees a name without its bundle, and no push is lost. A bundle
that is not among the newest is named until it was replaced for so long that no reader can still be
reading it. Only then it is deleted, as are those that no index names, which killed pushes left.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote

from ccingest.errors import (
    BundleError,
    CcingestError,
    NotFoundError,
    StoreBusyError,
)
from ccingest.models import Bundle, Dataset
from ccingest.objects import ObjectStore, ObjectUrl
from ccingest.times import from_text, to_text
from ccingest.values import dataclass

_log = logging.getLogger(__name__)

MOST_KEPT = 10  # bundles of a dataset that are kept, whatever their age
# How long a reader may be reading what is no longer the newest, and a push may take.
GRACE = timedelta(days=1)
_SUFFIX = ".ccbundle"
_INDEX = "index.json"
_MOST_INDEX = 1_000_000  # bytes
_TRIES = 20  # of a push whose index others write, too
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A bundle in the index."""

    digest: str
    revision: str
    branch: str | None
    embedder: str
    chunker: str
    selection: str
    bytes: int
    signed: bool
    made_at: str
    made_by: str
    pushed_at: str

    def made(self, held: Dataset) -> bool:
        """Whether the dataset is what the bundle holds."""
        mine = (self.revision, self.embedder, self.chunker, self.selection)
        return mine == (held.revision, held.embedder, held.chunker, held.selection)


@dataclass(frozen=True, slots=True)
class Registry:
    """The bundles of one dataset. Its methods raise what ObjectStore raises."""

    store: ObjectStore
    place: ObjectUrl

    @staticmethod
    def of(prefix: ObjectUrl, project: str, dataset: str) -> Registry:
        place = prefix.below("bundles", _as_key(project), _as_key(dataset))
        return Registry(ObjectStore(prefix.bucket), place)

    def newest(self) -> Entry:
        """The newest bundle. Raises NotFoundError when there is none."""
        try:
            entries, _ = self._index()
        except NotFoundError:
            entries = []
        if not entries:
            raise NotFoundError(f"There is no bundle at {self.place}.")
        return entries[-1]

    def url(self, digest: str) -> ObjectUrl:
        return self.place.below(digest + _SUFFIX)

    def add(self, bundle: Bundle) -> None:
        """Name a bundle that was put at its place. Raises StoreBusyError when others always win."""
        made = bundle.manifest
        now = datetime.now(timezone.utc)
        entry = Entry(
            digest=bundle.digest,
            revision=made.revision,
            branch=made.branch,
            embedder=made.embedder,
            chunker=made.chunker,
            selection=made.selection,
            bytes=bundle.bytes,
            signed=bundle.is_signed,
            made_at=to_text(made.made_at),
            made_by=made.made_by,
            pushed_at=to_text(now),
        )
        for attempt in range(_TRIES):
            if self._put(entry, now):
                self._delete_unnamed()
                return
            time.sleep(random.uniform(0, 0.05 * (attempt + 1)))
        raise StoreBusyError(f"Others write {self.place} all the time; try again.")

    def _put(self, entry: Entry, now: datetime) -> bool:
        key = self.place.below(_INDEX).key
        try:
            entries, tag = self._index()
        except NotFoundError:
            return self.store.put_new(key, _to_json([entry]))
        if any(one.digest == entry.digest for one in entries):
            return True  # the answer to an earlier try was lost
        return self.store.replace(key, _to_json([*still_named(entries, now), entry]), tag)

    def _index(self) -> tuple[list[Entry], str]:
        data, tag = self.store.read(self.place.below(_INDEX).key, _MOST_INDEX)
        return _from_json(data), tag

    def _delete_unnamed(self) -> None:
        """Times are the store's own: the clock of this machine may be another."""
        try:
            there = list(self.store.list(f"{self.place.key}/"))
            named = {self.url(entry.digest).key for entry in self._index()[0]}
            now = max(one.modified for one in there)
            for one in there:
                is_bundle = one.key.endswith(_SUFFIX)
                if is_bundle and one.key not in named and now - one.modified > GRACE:
                    self.store.delete(one.key)
        except (CcingestError, ValueError) as error:  # the next push does it
            _log.info("Old bundles at %s are not removed now: %s", self.place, error)


def datasets_in(prefix: ObjectUrl, project: str) -> list[str]:
    """The datasets of a project that have bundles, by name. Raises what ObjectStore raises."""
    place = prefix.below("bundles", _as_key(project))
    keys = (one.key for one in ObjectStore(prefix.bucket).list(f"{place.key}/"))
    names = (key.removeprefix(f"{place.key}/").split("/") for key in keys)
    return sorted(unquote(name) for name, *rest in names if rest == [_INDEX])


def still_named(entries: Sequence[Entry], now: datetime) -> list[Entry]:
    """Those that stay in the index beside a new one: the newest, and what may still be read."""
    newest = len(entries) - (MOST_KEPT - 1)
    replaced_at = [entry.pushed_at for entry in entries[1:]]
    return [
        entry
        for number, entry in enumerate(entries)
        if number >= newest or now - from_text(replaced_at[number]) < GRACE
    ]


def _as_key(name: str) -> str:
    """A name as a part of a key: no other name gives the same, and it is no `..`."""
    return (
        quote(name, safe="").replace(".", "%2E") if name.startswith(".") else quote(name, safe="")
    )


def _to_json(entries: Sequence[Entry]) -> bytes:
    document = {"format": "ccingest bundles", "version": 1, "bundles": [*map(asdict, entries)]}
    return json.dumps(document, indent=1).encode()


def _from_json(data: bytes) -> list[Entry]:
    try:
        document = json.loads(data)
        if document["format"] != "ccingest bundles" or document["version"] != 1:
            raise BundleError(
                "The list of bundles is of a format that this ccingest does not know."
            )
        entries = [Entry(**entry) for entry in document["bundles"]]
        for entry in entries:
            from_text(entry.pushed_at), from_text(entry.made_at)
            if not _DIGEST.fullmatch(entry.digest):
                raise ValueError(entry.digest)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BundleError("The list of bundles in the store is damaged.") from None
    return entries
