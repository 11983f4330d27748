"""Checking the object store of the home."""

from __future__ import annotations

from itertools import islice

from ccingest.app.home import Home
from ccingest.db.catalog import list_datasets
from ccingest.errors import AccessError
from ccingest.models import Check
from ccingest.objects import ObjectStore, require_conditional_puts, store_url
from ccingest.plurals import number_of
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


def check_stored_tables(settings: Settings) -> Check:
    """Whether the store has all objects of all datasets. Reads none of them.

    Raises what the store raises.
    """
    from ccingest.app.sweeping import inspected

    with Home(settings) as home:
        datasets = list_datasets(home.connection, None)
        assert home.remote  # only then there are such tables
        found = inspected(home, home.remote)
    lacking = [dataset for dataset in datasets if dataset.table_name in found.missing]
    if not lacking:
        unused = f", and {number_of(found.unused, 'object')} that nothing needs any more"
        objects = number_of(found.objects, "object")
        return Check(
            "datasets",
            True,
            f"{len(datasets)}, each whole in the store: {objects}{unused if found.unused else ''}",
        )
    names = tuple(dataset.name for dataset in lacking)
    return Check(
        "datasets",
        False,
        f"The store lacks a part of {len(lacking)} of {len(datasets)}: {', '.join(names)}",
        "A clean-up on the machine that has them puts them there; else add them again with force.",
        names,
    )
