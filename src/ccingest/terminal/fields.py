"""`--fields NAMES`: documents with only some of their keys."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields as dataclass_fields
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from ccingest.documents import camel_case, types
from ccingest.errors import UsageError
from ccingest.models import IngestCounts

Keys = Mapping[str, Any]  # name -> the type of its value


def only_fields(document: Mapping[str, Any], fields: str) -> dict[str, Any]:
    """The document with these fields, separated by commas: those of its items if it is a list.

    A dot leads into a nested object, as in `snippet.text`. Of a list, its own keys may be named as
    well. Raises UsageError for a name that no such document has.
    """
    names = _names(fields)
    items_key = _items_key(document)
    own, inner = _known(document, items_key)
    _require_all(names, {**inner, **own})
    if items_key is None:
        return _chosen(document, names)
    of_items = [name for name in names if name.partition(".")[0] in inner]
    of_list = [name for name in names if name not in of_items]
    items = [_chosen(item, of_items) for item in document[items_key]]
    return {**_chosen(document, of_list), items_key: items}


def check_fields(command: str, fields: str, *, dry_run: bool = False) -> None:
    """Raises UsageError before a command does something, if it is known what its document will be."""
    known: dict[str, Any] = {}
    kinds = _KINDS.get(command, ())
    for kind in _ESTIMATES.get(command, kinds) if dry_run else kinds:
        hints = get_type_hints(kind)
        known |= {**_hints_within(next(iter(hints.values()))), **hints}
        if kind is types.JobsDocument:
            known |= dict.fromkeys(
                camel_case(field.name) for field in dataclass_fields(IngestCounts)
            )
    if known:
        _require_all(_names(fields), known)


# The documents of the commands that do something.
_KINDS: Mapping[str, tuple[Any, ...]] = {
    "add": (types.JobsDocument,),
    "sync": (types.SyncsDocument,),
    "cancel": (types.JobsDocument,),
    "retry": (types.JobsDocument,),
    "push": (types.BundleDocument,),
    "pull": (types.PulledDocument,),
    "delete": (types.DeletionDocument, types.DeletedDatasetDocument),
    "cleanup": (types.CleanupDocument,),
    "migrate": (types.MigrationDocument,),
    "worker": (types.WorkerDocument,),
    "add-org": (types.OrganizationDocument,),
}


# Those of the commands that only say what they would do.
_ESTIMATES: Mapping[str, tuple[Any, ...]] = {
    "add": (types.EstimatesDocument,),
    "sync": (types.SyncEstimatesDocument,),
}


def _names(fields: str) -> list[str]:
    return [name.strip() for name in fields.split(",") if name.strip()]


def _require_all(names: list[str], known: Keys) -> None:
    if not names:
        raise UsageError(f"--fields needs names, such as {', '.join(list(known)[:3])}.")
    for name in names:
        _require(name, known)


def _items_key(document: Mapping[str, Any]) -> str | None:
    """The key of the things that a document lists. None when it is about one thing."""
    keys = [
        key
        for key, value in document.items()
        if isinstance(value, list) and key in _LISTS and _is_list_of_objects(value)
    ]
    return keys[0] if keys else None


# What documents list. Others have lists too, such as `copies` of a hit, but are not about them.
_LISTS = (
    "hits", "jobs", "datasets", "projects", "schedules", "symbols", "lines", "checks", "files",
    "settings", "refused", "repositories", "estimates",
)  # fmt: skip


def _is_list_of_objects(values: list[Any]) -> bool:
    return all(isinstance(value, Mapping) for value in values)


def _known(document: Mapping[str, Any], items_key: str | None) -> tuple[Keys, Keys]:
    """The keys of such a document, and of its items: by its type, and those that it has."""
    own: dict[str, Any] = dict.fromkeys(document)
    inner: dict[str, Any] = {}
    for kind in _types_of(document):
        hints = get_type_hints(kind)
        own |= hints
        if items_key in hints:
            inner |= _hints_within(hints[items_key])
    if items_key is None:
        return own, {}
    for item in document[items_key]:
        inner |= {key: value for key, value in dict.fromkeys(item).items() if key not in inner}
    return own, inner


def _types_of(document: Mapping[str, Any]) -> Iterator[type]:
    """The types that this document may be of: an empty list may be of several."""
    for kind in types.DOCUMENTS:
        if document.keys() >= _required(kind) and _fits(document, get_type_hints(kind)):
            yield kind


def _required(kind: Any) -> frozenset[str]:
    return frozenset(kind.__required_keys__)


def _fits(document: Mapping[str, Any], hints: Keys) -> bool:
    for key, hint in hints.items():
        value = document.get(key)
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            kind = next(iter(get_args(hint)), None)
            if is_typeddict(kind) and not value[0].keys() >= _required(kind):
                return False
    return True


def _hints_within(hint: Any) -> dict[str, Any]:
    """The keys of the object that a value is, that a list is of, or that may be null."""
    if is_typeddict(hint):
        return get_type_hints(hint)
    found: dict[str, Any] = {}
    if get_origin(hint) is not None:
        for part in get_args(hint):
            found |= _hints_within(part)
    return found


def _require(name: str, known: Keys) -> None:
    first, _, rest = name.partition(".")
    if first not in known:
        near = difflib.get_close_matches(first, known, n=1)
        hint = f", did you mean {near[0]}" if near else ""
        listed = ", ".join(known)
        raise UsageError(f"--fields: there is no field {first!r}{hint}; known are {listed}.")
    if rest:
        _require(rest, _hints_within(known[first]) if known[first] is not None else {rest: None})


def _within(value: Any, names: Iterable[str]) -> Any:
    """The value with these keys only; each object of a list so."""
    if isinstance(value, list):
        return [_within(one, names) for one in value]
    return _chosen(value, names) if isinstance(value, Mapping) else value


def _chosen(value: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    nested: dict[str, list[str]] = {}
    for name in names:
        first, _, rest = name.partition(".")
        nested.setdefault(first, []).append(rest)
    return {
        key: value[key] if "" in inner else _within(value[key], inner)
        for key, inner in nested.items()
        if key in value
    }
