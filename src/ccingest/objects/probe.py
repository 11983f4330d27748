"""Whether a store enforces conditional puts."""

from __future__ import annotations

import json
import logging
import uuid
from pathlib import Path

from ccingest.errors import CcingestError, UsageError
from ccingest.objects.store import ObjectStore
from ccingest.objects.urls import ObjectUrl

_log = logging.getLogger(__name__)

_TRIES = 3


def require_conditional_puts(place: ObjectUrl, known: Path) -> None:
    """Raises UsageError for a store that acknowledges two puts of an object that may exist once.

    `known` is a file with the stores that were found good, which are not asked again.
    """
    good = _read(known)
    if str(place) in good:
        return
    store = ObjectStore(place.bucket)
    # A store whose answer was lost seems to have refused the first put, but not each time.
    if not any(_enforces(store, place) for _ in range(_TRIES)):
        raise UsageError(
            f"{place} does not enforce conditional puts (If-None-Match and If-Match), so what two "
            "machines write there at once would be lost; choose another store."
        )
    _write(known, {*good, str(place)})


def _enforces(store: ObjectStore, place: ObjectUrl) -> bool:
    key = place.below(f"probe-{uuid.uuid4().hex}").key
    try:
        made = store.put_new(key, b"1"), store.put_new(key, b"2")
        _, tag = store.read(key, 1)
        replaced = store.replace(key, b"3", tag), store.replace(key, b"4", tag)
    finally:
        _delete(store, key)
    return made == replaced == (True, False)


def _delete(store: ObjectStore, key: str) -> None:
    try:
        store.delete(key)
    except CcingestError as error:  # it is one byte, and does no harm
        _log.info("The probe %s is not removed: %s", key, error.message)


def _read(known: Path) -> set[str]:
    try:
        return set(json.loads(known.read_bytes()))
    except (OSError, ValueError, TypeError):  # never written, or damaged: the store is asked again
        return set()


def _write(known: Path, good: set[str]) -> None:
    unfinished = known.with_name(f"{known.name}.{uuid.uuid4().hex}")
    try:
        unfinished.write_text(json.dumps(sorted(good)))
        unfinished.replace(known)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        _log.info("%s can't be written: %s", known, error)
