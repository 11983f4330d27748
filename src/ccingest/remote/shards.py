"""The shards of an object store, and those of them that are on this disk."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Collection
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from ccingest.disk import read_regular
from ccingest.errors import NotFoundError, StoreError
from ccingest.objects import ObjectStore, ObjectUrl
from ccingest.remote.transfers import at_once, download, repeated
from ccingest.store.checksums import checksum_of, sync
from ccingest.store.shards.members import (
    LARGEST,
    SUFFIX,
    SUFFIXES,
    Description,
    described_in,
    description_text,
    write_description,
)
from ccingest.store.stamps import status_of

_log = logging.getLogger(__name__)

_LARGEST_DESCRIPTION = 64 * 1024 * 1024


class RemoteShards:
    """Shards below `place`, which come into `folder`. Its methods raise OSError, StoreError, and what
    ObjectStore raises."""

    def __init__(self, place: ObjectUrl, folder: Path) -> None:
        self._place = place
        self._folder = folder

    @cached_property
    def store(self) -> ObjectStore:
        return ObjectStore(self._place.bucket)

    @property
    def staging(self) -> Path:
        """A folder for shards that are made here, until they are published."""
        return self._folder / "new"

    def upload(self, shard: Description) -> None:
        """Put a shard into the store. No question uses it before the database names it."""
        checksums = {suffix: checksum_of(shard.path(suffix)) for suffix in SUFFIXES}
        steps = [
            partial(self.store.put_file, self._key(shard.name, suffix), shard.path(suffix))
            for suffix in SUFFIXES
        ]
        at_once(steps)
        text = json.dumps({"shard": json.loads(description_text(shard)), "checksums": checksums})
        self.store.put(self._key(shard.name, SUFFIX), text.encode())

    def here(self) -> set[str]:
        """The names of the shards that are on this disk."""
        return {path.stem for path in self._folder.glob(f"*{SUFFIX}")}

    def bring(self, names: Collection[str]) -> None:
        """Bring these shards here, several at a time.

        One that is gone from the store was merged into another one meanwhile, and is left out.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        at_once([partial(self._bring, name) for name in names])

    def forget(self, names: Collection[str]) -> None:
        """These are not used any more. Their files stay a while for those who read them."""
        for name in names:
            (self._folder / f"{name}{SUFFIX}").unlink(missing_ok=True)

    def remove_staged(self) -> None:
        """Remove what was made here and not published."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def _bring(self, name: str) -> None:
        try:
            if not self._move(name):
                self._download(name)
        except NotFoundError as error:
            _log.info("The shard %s is not brought: %s", name, error.message)

    def _move(self, name: str) -> bool:
        """Whether the shard was made here, and is now among those that are used."""
        staged = [self.staging / f"{name}{suffix}" for suffix in SUFFIXES]
        if not all(path.is_file() for path in staged):
            return False
        made = self.staging / f"{name}{SUFFIX}"
        _, _, text = read_regular(made, LARGEST).partition(b"\n")
        found = described_in(self._folder, name, json.loads(text))
        for path in staged:
            path.replace(self._folder / path.name)
        made.unlink()
        self._describe(found)
        return True

    def _download(self, name: str) -> None:
        data, _ = repeated(lambda: self.store.read(self._key(name, SUFFIX), _LARGEST_DESCRIPTION))
        try:
            text = json.loads(data)
            found = described_in(self._folder, name, text["shard"])
            checksums = {suffix: int(text["checksums"][suffix]) for suffix in SUFFIXES}
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(f"The shard {name} of the store can't be read: {error}.") from error
        at_once([partial(self._get, found, suffix, checksums[suffix]) for suffix in SUFFIXES])
        self._describe(found)

    def _get(self, shard: Description, suffix: str, checksum: int) -> None:
        key, size = self._key(shard.name, suffix), shard.files[suffix].size
        repeated(lambda: download(self.store, key, size, checksum, shard.path(suffix)))

    def _describe(self, shard: Description) -> None:
        """The shard is there as soon as its description is: see store/shards/members.py."""
        statuses = {suffix: status_of(shard.path(suffix)) for suffix in SUFFIXES}
        files = {suffix: status for suffix, status in statuses.items() if status}
        write_description(replace(shard, files=files))
        sync(self._folder)

    def _key(self, name: str, suffix: str) -> str:
        return self._place.below(f"{name}{suffix}").key
