"""Values to columns, and columns to values. No other module writes or reads JSON columns."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import Any, TypeVar

from ccingest.errors import StoreError
from ccingest.models import Dataset, IngestCounts, IngestOptions, Job, Reference
from ccingest.times import from_text

_Value = TypeVar("_Value", Reference, IngestOptions, IngestCounts)


def to_json(value: Reference | IngestOptions | IngestCounts) -> str:
    return json.dumps(asdict(value))


def reference_of(text: str) -> Reference:
    return _from_json(Reference, text)


def options_of(text: str) -> IngestOptions:
    return _from_json(IngestOptions, text)


def counts_of(text: str | None) -> IngestCounts | None:
    return _from_json(IngestCounts, text) if text else None


def _from_json(kind: type[_Value], text: str) -> _Value:
    """A field that is missing in the text gets its default. Unknown fields are ignored."""
    with _damage_named():
        stored: Mapping[str, Any] = json.loads(text)
        values: dict[str, Any] = {
            field.name: tuple(value) if isinstance(value, list) else value
            for field in fields(kind)
            if (value := stored.get(field.name)) is not None
        }
        return kind(**values)


def job_of(row: sqlite3.Row) -> Job:
    """The job of a row of the view `job_history`."""
    values = _columns(Job, row)
    values["options"] = options_of(row["options"])
    values["counts"] = counts_of(row["counts"])
    values["cancel_requested"] = bool(row["cancel_requested"])
    return Job(**values)


def dataset_of(row: sqlite3.Row) -> Dataset:
    """The dataset of a row of the view `published_datasets`."""
    return Dataset(**_columns(Dataset, row))


def _columns(kind: type[Job] | type[Dataset], row: sqlite3.Row) -> dict[str, Any]:
    """Field name -> value, for the columns named like the fields. Parses times and the source."""
    values = {field.name: row[field.name] for field in fields(kind)}
    with _damage_named():
        for name, value in values.items():
            if name.endswith("_at") and value is not None:
                values[name] = from_text(value)
    values["source"] = reference_of(values["source"])
    return values


@contextmanager
def _damage_named() -> Iterator[None]:
    """A value that we never wrote is a sign of a damaged file."""
    try:
        yield
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreError(
            "The database is damaged: a row of it can't be read; move it away and add the "
            "repositories again."
        ) from error
