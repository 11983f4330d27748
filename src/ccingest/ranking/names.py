"""Names of definitions, as questions say them."""

from __future__ import annotations

from functools import lru_cache

from ccingest.models import Chunk
from ccingest.terms import document_terms, stem

# Marks that a definition's name carries beside the name itself: `$ZodType`, `_private`, `save!`.
_MARKS = "$_@!?"


def title_of(chunk: Chunk) -> str:
    """What a chunk is called: its path, and what it defines or is in."""
    return f"{chunk.path} {symbol_of(chunk)}"


def symbol_of(chunk: Chunk) -> str:
    """What it defines, or else what it is in."""
    return " ".join(chunk.defines) or chunk.symbol


def flat_symbol(chunk: Chunk) -> str:
    """The same in lower case and without underscores."""
    return symbol_of(chunk).lower().replace("_", "")


@lru_cache(maxsize=20_000)
def last_parts(symbols: tuple[str, ...]) -> frozenset[str]:
    """`("Mux.handle",)` -> `{"handle"}`."""
    return frozenset(symbol.rsplit(".", 1)[-1] for symbol in symbols)


@lru_cache(maxsize=20_000)
def bare_names(symbols: tuple[str, ...]) -> frozenset[str]:
    """`("core.$ZodType",)` -> `{"zodtype"}`."""
    return frozenset(name.strip(_MARKS).lower() for name in last_parts(symbols))


@lru_cache(maxsize=20_000)
def stems_in(text: str) -> frozenset[str]:
    """The stems of its words, and of the parts of its names."""
    return frozenset(map(stem, document_terms(text).split()))
