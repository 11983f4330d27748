"""Opening the source of a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccingest.models import Reference
    from ccingest.settings import Settings
    from ccingest.sources.source import Source


def open_source(
    reference: Reference, settings: Settings, *, cache: bool = True, public_only: bool = False
) -> Source[Any]:
    """The source of a reference. `cache` says whether it may keep what it fetches.

    With `public_only` it connects only to hosts on the public internet.
    """
    from ccingest.sources.git import Access, GitSource

    return GitSource(
        reference=reference,
        access=Access(token=settings.token, host=settings.gh_host, public_only=public_only),
        cache=settings.clone_cache,
        clones=settings.clones,
        cache_limit=settings.clone_cache_mb * 1_000_000 if cache else 0,
    )
