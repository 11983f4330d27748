"""Kinds of source of other packages, which register themselves by entry points.

A package names, in the group `ccingest.sources`, a kind and its SourceType:

    [project.entry-points."ccingest.sources"]
    wiki = "acme_wiki:SOURCE"

Its `parse` is then called with "ANYTHING" for the reference `wiki:ANYTHING`. See docs/guides/plugins.md and
tests/example_plugin.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ccingest.errors import UnsupportedSourceError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from ccingest.models import SourceKind
    from ccingest.sources.opening import SourceType

GROUP = "ccingest.sources"
_NAMED = re.compile(r"([A-Za-z][\w.-]*):(?!//)(.+)", re.DOTALL)


def plugin_kind(text: str) -> tuple[SourceKind, str] | None:
    """The kind and the rest of `KIND:REST`, where a package has registered the kind."""
    found = _NAMED.fullmatch(text.strip())
    if not found or found[1].lower() not in _entry_points():
        return None
    return found[1].lower(), found[2]


def plugin_type(kind: str) -> SourceType | None:
    """The kind of a package; None when none has registered it. Raises UnsupportedSourceError."""
    point = _entry_points().get(kind)
    return _load(point) if point else None


@lru_cache(maxsize=16)
def _load(point: EntryPoint) -> SourceType:
    from ccingest.sources.opening import SourceType

    try:
        found = point.load()
    except (ImportError, AttributeError) as error:
        raise UnsupportedSourceError(
            f"The package for sources of the kind {point.name} does not load: {error}."
        ) from error
    if not isinstance(found, SourceType):
        raise UnsupportedSourceError(f"{point.value} is no SourceType of ccingest.")
    return found


@lru_cache(maxsize=1)
def _entry_points() -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # takes 20 ms

    # The first by name and package, so that it does not depend on the order of sys.path.
    found = sorted(entry_points(group=GROUP), key=lambda one: (one.name.lower(), one.value))
    return {one.name.lower(): one for one in reversed(found)}
