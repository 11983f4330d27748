"""Checking the object store of the home."""

from __future__ import annotations

from itertools import islice

from ccingest.errors import AccessError
from ccingest.models import Check
from ccingest.objects import ObjectStore, require_conditional_puts, store_url
from ccingest.settings import Settings


def check_store(settings: Settings) -> Check:
    """Whether it can be read, and whether what is written there is kept.

    Raises UsageError, NotFoundError, AccessError and NetworkError when it can't.
    """
    place = store_url(settings.store)
    list(islice(ObjectStore(place.bucket).list(place.key), 1))
    try:
        require_conditional_puts(place, settings.known_stores)
    except AccessError:
        return Check("store", True, f"{place}, which this machine may only read")
    return Check("store", True, f"{place}, which enforces conditional puts")
