"""Values to columns, and columns to values. No other module writes or reads JSON columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from ccingest.db.checked import Columns, JsonFields, damaged, damaged_dataset, time_of
from ccingest.db.dialect import Row
from ccingest.errors import DamagedDatabaseError
from ccingest.models import Dataset, IngestCounts, IngestOptions, Job, Reference

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
    try:
        stored: Mapping[str, Any] = json.loads(text)
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name in _names(kind)
            if (value := stored.get(name)) is not None
        }
        return kind(**_fields_of(kind).checked(values))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(f"a {kind.__name__} of it can't be read") from error


def job_of(row: Row) -> Job:
    """The job of a row of the view `job_history`."""
    values = _columns(Job, row)
    values["options"] = options_of(row["options"])
    values["counts"] = counts_of(row["counts"])
    values["cancel_requested"] = bool(row["cancel_requested"])
    return Job(**values)


def dataset_of(row: Row) -> Dataset:
    """The dataset of a row of the view `published_datasets`. Raises DamagedDatabaseError."""
    try:
        return Dataset(**_columns(Dataset, row))
    except DamagedDatabaseError as error:
        raise damaged_dataset(row["project"], row["name"], error.what) from error


def _columns(kind: type[Job] | type[Dataset], row: Row) -> dict[str, Any]:
    """Field name -> value, for the columns named like the fields. Parses times and the source."""
    names = _names(kind)
    found = (_JOBS if kind is Job else _DATASETS).checked_row([row[name] for name in names])
    values = dict(zip(names, found, strict=True))
    for name in _times(kind):
        if values[name] is not None:
            values[name] = time_of(values[name])
    values["source"] = reference_of(values["source"])
    return values


_JOBS, _DATASETS = Columns.of("jobs", Job), Columns.of("datasets", Dataset)
# All once, for thousands of rows.
_names_of: dict[type[Any], tuple[str, ...]] = {}
_times_of: dict[type[Any], tuple[str, ...]] = {}
_json_fields: dict[type[Any], JsonFields] = {}


def _names(kind: type[Any]) -> tuple[str, ...]:
    """Of its fields."""
    found = _names_of.get(kind)
    if found is None:
        found = _names_of[kind] = tuple(field.name for field in fields(kind))
    return found


def _times(kind: type[Any]) -> tuple[str, ...]:
    """Its fields that are times."""
    found = _times_of.get(kind)
    if found is None:
        found = _times_of[kind] = tuple(name for name in _names(kind) if name.endswith("_at"))
    return found


def _fields_of(kind: type[Any]) -> JsonFields:
    found = _json_fields.get(kind)
    if found is None:
        found = _json_fields[kind] = JsonFields(kind)
    return found
