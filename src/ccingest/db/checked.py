"""Whether what stands in the database is what this program writes there.

SQLite takes any value in any column, and a flipped bit makes another one of it. So the values of a row
are compared with the types and ranges of the fields that they become, before anybody counts on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timezone
from typing import Any, TypeVar

from ccingest.db.dialect import Row
from ccingest.errors import DamagedDatabaseError
from ccingest.times import from_text

_LONGEST_SHOWN = 40  # characters of a value
MAY_BE_NEGATIVE = frozenset({"priority", "depth"})
# How a column holds a type; it holds all others, such as times and JSON, as text.
_STORED: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "bool": (int, bool),
    "None": (type(None),),
}
# In JSON. Other types are dataclasses or names of texts.
_IN_JSON: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "bool": (bool,),
    "None": (type(None),),
    "tuple[str, ...]": (tuple,),
    "Mapping[str, int]": (dict,),
    "Mapping[str, float]": (dict,),
}

_NONE = type(None)
_Rows = TypeVar("_Rows", bound=Sequence[Row])


def damaged(what: str) -> DamagedDatabaseError:
    """A value that we never wrote is a sign of a damaged file."""
    return DamagedDatabaseError(
        f"The database is damaged: {what}; move it away and add the repositories again.", what=what
    )


def damaged_dataset(project: object, name: object, what: str) -> DamagedDatabaseError:
    """The same where it is known which dataset the value is of: the others are whole."""
    return DamagedDatabaseError(
        f"The dataset {name} (project {project}) is damaged in the database: {what}; delete it and "
        "add it again.",
        what=what,
    )


class Columns:
    """The columns of rows, in their order, by name and type: `path="str", chunks="int"`."""

    def __init__(self, table: str, /, **types: str) -> None:
        """`table` is named in errors; the types are written as those of dataclasses."""
        self._table = table
        self._columns = [(name, _types(text, _STORED)) for name, text in types.items()]
        self._numbers = [
            place
            for place, (name, types_) in enumerate(self._columns)
            if int in types_ and name not in MAY_BE_NEGATIVE
        ]
        self._known: set[tuple[type, ...]] = set()

    @classmethod
    def of(cls, table: str, kind: type[Any]) -> Columns:
        """Those that are named as the fields of a dataclass."""
        return cls(table, **{field.name: str(field.type) for field in fields(kind)})

    def checked_row(self, row: Iterable[Any]) -> tuple[Any, ...]:
        """The values of one row. Raises DamagedDatabaseError."""
        values = tuple(row)
        # The types of all rows of a table are most often the same few.
        found = tuple(map(type, values))
        if found not in self._known:
            for (name, types), value in zip(self._columns, values, strict=True):
                if type(value) not in types:
                    raise self._damaged(name, value)
            self._known.add(found)
        for place in self._numbers:
            if (number := values[place]) is not None and number < 0:
                raise self._damaged(self._columns[place][0], number)
        return values

    def checked(self, rows: _Rows) -> _Rows:
        """All rows, of which there may be 100,000. Raises DamagedDatabaseError."""
        by_column = zip(*rows, strict=True) if rows else [()] * len(self._columns)
        for place, ((name, types), values) in enumerate(zip(self._columns, by_column, strict=True)):
            if not types.issuperset(map(type, values)):
                raise self._damaged(name, next(one for one in values if type(one) not in types))
            if place in self._numbers:
                numbers = [one for one in values if one is not None] if _NONE in types else values
                least = min(numbers, default=0)
                if least < 0:
                    raise self._damaged(name, least)
        return rows

    def _damaged(self, name: str, value: object) -> DamagedDatabaseError:
        return damaged(f"{name} of a row of {self._table} is {_shown(value)}")


def time_of(text: Any) -> datetime:
    """The time in a column. Raises DamagedDatabaseError for one that nobody wrote."""
    try:
        found = from_text(text)
    except (ValueError, TypeError, AttributeError) as error:
        raise damaged(f"the time of a row is {_shown(text)}") from error
    if found.tzinfo is not timezone.utc:
        raise damaged(f"the time of a row is {_shown(text)}")
    return found


class JsonFields:
    """The fields of a dataclass that is stored as JSON."""

    def __init__(self, kind: type[Any]) -> None:
        self._kind = kind.__name__
        self._types = {field.name: _types(str(field.type), _IN_JSON) for field in fields(kind)}
        self._parts = {
            field.name: (str,) if field.type == "tuple[str, ...]" else (int, float)
            for field in fields(kind)
        }

    def checked(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Those that are there. Raises DamagedDatabaseError."""
        for name, value in values.items():
            kind = type(value)
            if kind not in self._types[name]:
                raise self._damaged(name, value)
            if kind is tuple or kind is dict:
                parts: Iterable[Any] = value.values() if kind is dict else value
                if not all(type(part) in self._parts[name] for part in parts):
                    raise self._damaged(name, value)
        return values

    def _damaged(self, name: str, value: object) -> DamagedDatabaseError:
        return damaged(f"{name} of a {self._kind} is {_shown(value)}")


def _types(text: str, stored: Mapping[str, tuple[type, ...]]) -> frozenset[type]:
    return frozenset(one for word in text.split(" | ") for one in stored.get(word, (str,)))


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
