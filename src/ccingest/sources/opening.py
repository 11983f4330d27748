"""The kinds of source: how a reference of each is parsed, opened and forgotten.

A new kind is one more row of `_TYPES`, and of `SOURCE_KINDS`. Those of other packages are in
`plugins`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from ccingest.errors import UsageError
from ccingest.models import CrawlOptions, IngestOptions, Reference
from ccingest.sources.folders import parse_folder
from ccingest.sources.plugins import plugin_type
from ccingest.sources.references import parse_reference
from ccingest.sources.sites import parse_site
from ccingest.values import dataclass

if TYPE_CHECKING:
    from ccingest.models import CrawlMode, SourceKind
    from ccingest.settings import Settings
    from ccingest.sources.source import Source


@dataclass(frozen=True, slots=True)
class SourceType:
    """A kind of source. `forget` removes what is kept between two jobs, after the last dataset."""

    noun: str
    parse: Callable[[str, Settings], Reference]
    open: Callable[[Reference, Settings, IngestOptions], Source[Any]]
    forget: Callable[[Reference, Settings], None]
    has_branches: bool = False


def open_source(
    reference: Reference, settings: Settings, options: IngestOptions | None = None
) -> Source[Any]:
    """The source of a reference. Of `options`, it takes what says how to read it."""
    return source_type(reference.kind).open(reference, settings, options or IngestOptions())


def forget_source(reference: Reference, settings: Settings) -> None:
    """Remove what is kept of a source to make the next job quicker."""
    source_type(reference.kind).forget(reference, settings)


def source_type(kind: SourceKind) -> SourceType:
    """Raises UsageError for a kind that this version does not know."""
    if kind not in _TYPES:
        if found := plugin_type(kind):
            return found
        raise UsageError(f"source is {kind!r}, but must be one of {', '.join(_TYPES)}.")
    return _TYPES[kind]


def _parse_repository(text: str, settings: Settings) -> Reference:
    return parse_reference(text, gh_host=settings.gh_host)


def _open_repository(
    reference: Reference, settings: Settings, options: IngestOptions
) -> Source[Any]:
    from ccingest.sources.git import Access, GitSource

    return GitSource(
        reference=reference,
        access=Access(token=settings.token, host=settings.gh_host, public_only=options.public_only),
        cache=settings.clone_cache,
        clones=settings.clones,
        cache_limit=settings.clone_cache_mb * 1_000_000 if options.cache else 0,
    )


def _forget_repository(reference: Reference, settings: Settings) -> None:
    from ccingest.sources.git import remove_kept_clone

    remove_kept_clone(settings.clone_cache, reference)


def _parse_folder(text: str, _: Settings) -> Reference:
    return parse_folder(text)


def _open_folder(reference: Reference, settings: Settings, options: IngestOptions) -> Source[Any]:
    from ccingest.sources.folder import FolderSource

    return FolderSource(
        reference=reference,
        cache=settings.folder_cache,
        home=settings.home,
        include=options.include,
        exclude=options.exclude,
        hidden=options.hidden,
        rereads=options.force,
    )


def _forget_folder(reference: Reference, settings: Settings) -> None:
    from ccingest.sources.folder import remove_known_files

    remove_known_files(settings.folder_cache, reference)


def _parse_site(text: str, _: Settings) -> Reference:
    return parse_site(text)


def _open_site(reference: Reference, settings: Settings, options: IngestOptions) -> Source[Any]:
    from ccingest.sources.web.source import WebSource

    return WebSource(
        reference=reference,
        sites=settings.sites,
        keep_limit=settings.clone_cache_mb * 1_000_000 if options.cache else 0,
        options=crawl_options(options),
        rereads=options.force,
    )


def crawl_options(options: IngestOptions) -> CrawlOptions:
    """How a site is read by these options."""
    usual = CrawlOptions()
    return CrawlOptions(
        mode=cast("CrawlMode", options.crawl_mode) or usual.mode,
        max_pages=options.max_pages or usual.max_pages,
        depth=usual.depth if options.depth < 0 else options.depth,
        include=options.include,
        exclude=options.exclude,
        allow_private=options.allow_private,
    )


def _forget_site(reference: Reference, settings: Settings) -> None:
    from ccingest.sources.web.keeping import forget_site

    forget_site(settings.sites, reference)


_TYPES: Mapping[SourceKind, SourceType] = {
    "github": SourceType(
        "repository", _parse_repository, _open_repository, _forget_repository, has_branches=True
    ),
    "folder": SourceType("folder", _parse_folder, _open_folder, _forget_folder),
    "web": SourceType("site", _parse_site, _open_site, _forget_site),
}
