"""Keys that many documents have, and how they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ccingest.models import Reference

Document: TypeAlias = Mapping[str, Any]


def camel_case(name: str) -> str:
    """`total_chunks` -> `totalChunks`."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def source_keys(source: Reference) -> dict[str, Any]:
    return {
        "source": source.kind,
        "repository": source.name,
        "host": source.host or None,
        "location": source.location,
    }
