"""The decorator `dataclass`, with which frozen classes take a fifth of the time to make.

`dataclasses` writes six methods for each frozen class as source, and compiles them. A question needs
a hundred classes: that took a sixth of the time of a command that asks one. Most of them make no
object then. So here `__init__` is compiled when the first object is made, and the other methods are
the same functions for all classes. For a type checker it is the decorator of `dataclasses`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from functools import cache, partial
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False):
        """As `dataclasses.dataclass`. Each field is a parameter of `__init__`."""
        make = partial(_frozen if frozen else dataclasses.dataclass, slots=slots)
        return make if cls is None else make(cls)


def _frozen(cls: type, /, *, slots: bool) -> type:
    written = vars(cls).keys() & {"__init__", *_SHARED}
    made: type = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
    methods = {**_SHARED, "__init__": _Init(made)}
    for name, method in methods.items():
        if name not in written:
            setattr(made, name, method)
    return made


class _Init:
    """In the place of an `__init__` until it is needed."""

    def __init__(self, cls: type) -> None:
        self._cls = cls

    def __get__(self, item: object, owner: type) -> Callable[..., None]:
        compiled = _compiled_init(self._cls)
        setattr(self._cls, "__init__", compiled)  # noqa: B010 - for mypy, not to be assigned
        return compiled if item is None else compiled.__get__(item, owner)


def _compiled_init(cls: type) -> Callable[..., None]:
    scope: dict[str, Any] = {"_put": object.__setattr__, "_MISSING": MISSING}
    of_class = fields(cls)
    for field in of_class:
        scope[f"_default_{field.name}"] = field.default
        scope[f"_make_{field.name}"] = field.default_factory
    plain = [_parameter(field) for field in of_class if field.init and not field.kw_only]
    named = [_parameter(field) for field in of_class if field.init and field.kw_only]
    lines = [f"_put(self, {field.name!r}, {_value(field)})" for field in of_class]
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ", ".join(["self", *plain, *(["*", *named] if named else [])])
    source = "\n    ".join([f"def __init__({parameters}):", *(lines or ["pass"])])
    exec(source, scope)
    init: Callable[..., None] = scope["__init__"]
    init.__qualname__, init.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    return init


def _parameter(field: Field[Any]) -> str:
    if field.default is not MISSING:
        return f"{field.name}=_default_{field.name}"
    return f"{field.name}=_MISSING" if field.default_factory is not MISSING else field.name


def _value(field: Field[Any]) -> str:
    """What the field is set to."""
    if not field.init and field.default is not MISSING:
        return f"_default_{field.name}"
    if field.default_factory is MISSING:
        return field.name
    made = f"_make_{field.name}()"
    return f"{made} if {field.name} is _MISSING else {field.name}" if field.init else made


@cache
def _compared(cls: type) -> Sequence[str]:
    """The names of the fields that make two objects equal."""
    return tuple([field.name for field in fields(cls) if field.compare])


def _values(item: Any) -> tuple[Any, ...]:
    return tuple([getattr(item, name) for name in _compared(item.__class__)])


def _eq(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    shown = (field.name for field in fields(self) if field.repr)
    inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
    return f"{type(self).__qualname__}({inside})"


def _setattr(_: object, name: str, __: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(_: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in fields(self)]


def _setstate(self: Any, state: Sequence[Any]) -> None:
    for field, value in zip(fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


_SHARED: dict[str, Callable[..., Any]] = {
    "__eq__": _eq, "__hash__": _hash, "__repr__": _repr, "__setattr__": _setattr,
    "__delattr__": _delattr, "__getstate__": _getstate, "__setstate__": _setstate,
}  # fmt: skip
