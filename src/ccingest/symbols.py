"""Names of definitions: a symbol is a path of names joined by dots, such as `Router._route`."""

from __future__ import annotations

# Marks around a name that people leave out when they ask for it: `$ZodType`, `_private`, `save!`.
_MARKS = "$_@!?"


def bare_name(symbol: str) -> str:
    """The last name of a symbol, in lower case and without marks: `Router._route` -> `route`."""
    return symbol.rsplit(".", 1)[-1].strip(_MARKS).lower()
