"""A documentation site as a Source."""

from __future__ import annotations

import logging
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ccingest.disk import remove_folder
from ccingest.errors import NothingToIndexError, StoreError, UnsupportedSourceError, UsageError
from ccingest.models import CrawlOptions, Reference, Revision
from ccingest.plurals import number_of
from ccingest.progress import Emit, Notice, discard
from ccingest.sources.web.addresses import folder_of, origin_of
from ccingest.sources.web.crawling import Crawl, during, notices_of
from ccingest.sources.web.failures import error_of
from ccingest.sources.web.fetching import Fetcher, FetchError
from ccingest.sources.web.keeping import SiteFolder, limit_sites, site_folder
from ccingest.sources.web.limits import DEFAULTS, Limits
from ccingest.sources.web.offered import offer
from ccingest.sources.web.pages import FILE, PageStore
from ccingest.sources.web.reading import Outcome, Wanted, read_page
from ccingest.sources.web.robots import read_robots
from ccingest.sources.web.scope import Scope, globs_of
from ccingest.sources.web.snapshot import SiteSnapshot

_log = logging.getLogger(__name__)

_KNOWN_FOR_A_PAGE = 10  # addresses that may be known for each page that may be read


@dataclass(frozen=True)
class SiteRevision(Revision):
    """`id` is a hash of the paths and contents of the pages, which lie in `folder`, and of the paths
    of those that are left out."""

    folder: SiteFolder | None = field(default=None, kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class WebSource:
    """Crawls a site. `sites` is where pages are kept, in at most `keep_limit` bytes; 0 keeps none.

    With `rereads`, pages that have not changed are fetched as well.
    """

    reference: Reference
    sites: Path
    keep_limit: int
    options: CrawlOptions = field(default_factory=CrawlOptions)
    limits: Limits = DEFAULTS
    rereads: bool = False

    def resolve(
        self,
        *,
        branch: str | None,
        revision: str | None,
        held: str | None = None,  # noqa: ARG002 - a site has one state
        emit: Emit = discard,
    ) -> SiteRevision:
        """The site as it is now. Asks for each page whether it has changed since the last crawl.

        Raises PrivateSiteError, PageNotFoundError, AccessError, NetworkError, RateLimitedError,
        UnsupportedSourceError, NothingToIndexError, and UsageError for a branch or another revision.
        """
        if branch or revision:
            raise UsageError(
                f"{self.reference.name} is a site, which has neither branch nor commit."
            )
        folder = site_folder(self.sites, self.reference, keep=self.keep_limit > 0)
        try:
            found = self._crawled(folder, emit)
        except BaseException:
            folder.close()
            raise
        revision_ = SiteRevision(found, None, folder=folder)
        # A job that finds nothing new does not open the revision.
        weakref.finalize(revision_, folder.close)
        return revision_

    @contextmanager
    def open(
        self,
        revision: SiteRevision,
        emit: Emit,  # noqa: ARG002 - `resolve` has fetched all
        *,
        fresh: bool = False,  # noqa: ARG002 - the pages were all asked for
    ) -> Iterator[SiteSnapshot]:
        assert revision.folder
        try:
            with closing(SiteSnapshot(revision.folder.path / FILE, revision.id)) as snapshot:
                yield snapshot
        finally:
            revision.folder.close()
            if self.keep_limit:
                limit_sites(self.sites, self.keep_limit)

    def _crawled(self, folder: SiteFolder, emit: Emit) -> str:
        try:
            return self._crawl(folder.path, emit)
        except sqlite3.DatabaseError as error:
            _log.warning("The kept pages can't be used, so all are read again: %s", error)
        for file in folder.path.iterdir():
            if file.is_dir():
                remove_folder(file)
            else:
                with suppress(OSError):
                    file.unlink()
        try:
            return self._crawl(folder.path, emit)
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"The pages of a site can't be kept in {folder.path}: {error}."
            ) from error

    def _crawl(self, folder: Path, emit: Emit) -> str:
        start = self.reference.location
        with (
            PageStore(folder, rereads=self.rereads) as store,
            Fetcher(
                self.limits,
                allow_private=self.options.allow_private,
                is_secure=start.startswith("https:"),
            ) as fetcher,
        ):
            first, crawl = self._begin(fetcher, store, emit)
            if self.options.mode == "page":
                crawl.take(first)
            else:
                offer(crawl, first)
            crawl.run()
            copies = store.list_only(crawl.found, crawl.left_out, crawl.for_links)
            for notice in notices_of(crawl):
                emit(notice)
            if copies:
                emit(
                    Notice("info", f"Having the text of another one: {number_of(copies, 'page')}.")
                )
            if not store.listed():
                raise self._nothing(start, crawl)
            return store.revision()

    def _begin(self, fetcher: Fetcher, store: PageStore, emit: Emit) -> tuple[Outcome, Crawl]:
        """Read robots.txt and the first page. Both have to be there."""
        start = self.reference.location
        origin = origin_of(start)
        try:
            robots = during(fetcher, emit, lambda: read_robots(fetcher, origin))
            if not robots.allows(start):
                raise FetchError("robots.txt does not allow it", status=403)
            if robots.delay > self.limits.longest_delay:
                asked = f"robots.txt asks to wait {robots.delay:,.0f} s between two requests"
                raise FetchError(asked, status=403)
            fetcher.pace.delay = robots.delay
            wanted = Wanted(start, 0, store.find(start))
            first = during(fetcher, emit, lambda: read_page(fetcher, origin, wanted))
            if first.error:
                raise first.error
        except FetchError as error:
            raise error_of(error, start) from None
        assert first.page
        options, final = self.options, first.page.final
        scope = Scope(
            origin_of(final),
            folder_of(final),
            robots,
            globs_of(options.include) if options.include else None,
            globs_of(options.exclude),
            most=options.max_pages * _KNOWN_FOR_A_PAGE + 1000,
        )
        scope.mark(start)
        scope.mark(final)
        crawl = Crawl(options, fetcher, scope, store, emit, follows=options.mode == "recursive")
        return first, crawl

    def _nothing(self, start: str, crawl: Crawl) -> NothingToIndexError | UnsupportedSourceError:
        if crawl.scripted:
            return UnsupportedSourceError(
                f"{start} is filled by JavaScript in the browser: its pages hold no text to read."
            )
        why = ", ".join(f"{count} because {why}" for why, count in crawl.failures.most_common(3))
        return NothingToIndexError(
            f"Nothing to index at {start}: no page of it has text{f' ({why})' if why else ''}."
        )
