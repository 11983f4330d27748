"""Names of definitions: a symbol is a path of names joined by dots, such as `Router._route`."""

from __future__ import annotations

from functools import lru_cache

# Marks around a name that people leave out when they ask for it: `$ZodType`, `_private`, `save!`.
_MARKS = "$_@!?"
_SHORTEST, _MOST_NAMES = 3, 4


def bare_name(symbol: str) -> str:
    """The last name of a symbol, in lower case and without marks: `Router._route` -> `route`."""
    return symbol.rsplit(".", 1)[-1].strip(_MARKS).lower()


@lru_cache(maxsize=20_000)
def names_in(defines: tuple[str, ...], symbol: str) -> tuple[str, ...]:
    """The bare names of what a chunk defines, or else of what it is in; a few, none of two letters."""
    names = dict.fromkeys(map(bare_name, defines or (symbol,)))
    return tuple(name for name in names if len(name) >= _SHORTEST)[:_MOST_NAMES]
