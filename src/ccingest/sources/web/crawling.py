"""Crawling a site: from its first page to the pages that are listed as its revision.

Pages are read by a few threads, but their links are followed in the order of the pages. So the same
site gives the same pages, also where a limit cuts it off.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ccingest.errors import NetworkError, RateLimitedError
from ccingest.models import CrawlOptions
from ccingest.plurals import number_of
from ccingest.progress import Emit, Notice, TransferProgress
from ccingest.sources.web.addresses import path_of
from ccingest.sources.web.fetching import BusyError, Fetcher
from ccingest.sources.web.pages import LeftOut, Page, PageStore
from ccingest.sources.web.reading import Outcome, Wanted, read_page
from ccingest.sources.web.scope import Scope, Why

_TICK = 0.25  # seconds between two reports, which also notice that the job is cancelled
_WINDOW = 3  # pages that are read or wait for those before them, for each connection
_MOST_LEFT_OUT = 1000
# A sitemap that says that a page is the same is believed for so long.
_TRUSTED_SECONDS = 7 * 24 * 3600.0

T = TypeVar("T")


def during(fetcher: Fetcher, emit: Emit, work: Callable[[], T]) -> T:
    """Do this on a thread of its own, and report meanwhile, which notices a cancellation."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="crawl")
    try:
        running = pool.submit(work)
        while not wait([running], timeout=_TICK).done:
            emit(TransferProgress(0, 0, fetcher.sent_bytes))
        return running.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@dataclass(slots=True)
class Crawl:
    """One crawl. `run` reads all that is waiting, and what that leads to."""

    options: CrawlOptions
    fetcher: Fetcher
    scope: Scope
    store: PageStore
    emit: Emit
    follows: bool = True
    waiting: deque[Wanted] = field(default_factory=deque)
    found: list[str] = field(default_factory=list)  # addresses of pages, in their order
    for_links: set[str] = field(default_factory=set)  # those that no glob includes
    left_out: list[LeftOut] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    new: int = 0
    stale: int = 0  # pages that could not be read again, and stay as they were
    scripted: int = 0
    stopped: str = ""  # the limit that ended the crawl early
    _same: list[str] = field(default_factory=list)
    _failed_in_a_row: int = 0
    _text_bytes: int = 0
    _end: float = 0.0

    def want(
        self,
        address: str,
        depth: int = 0,
        *,
        is_named: bool = False,
        lastmod: str = "",
        is_twin: bool = False,
    ) -> bool:
        """Read the address later, if it belongs to the crawl and is new."""
        if not self.scope.take(address, is_named=is_named):
            return False
        self.waiting.append(Wanted(address, depth, lastmod=lastmod, is_twin=is_twin))
        return True

    def run(self) -> None:
        """Raises NetworkError when the host stops to answer, RateLimitedError, and what `emit` raises."""
        self._end = time.monotonic() + self.fetcher.limits.crawl_seconds
        self.stopped = self._limit()
        with self._pool() as pool:
            running: deque[Future[Outcome]] = deque()
            while (self.waiting or running) and not self.stopped:
                while self.waiting and len(running) < self._most_running():
                    page = self._with_kept(self.waiting.popleft())
                    running.append(pool.submit(read_page, self.fetcher, self.scope.origin, page))
                wait([running[0]], timeout=_TICK)
                self._report()
                while running and running[0].done() and not self.stopped:
                    self.take(running.popleft().result())
                    self.stopped = self._limit()
        self.store.touch(self._same, time.time())

    def take(self, outcome: Outcome) -> None:
        """Keep what was read, and follow its links."""
        page = outcome.page
        self._note_failure(outcome)
        self.scripted += outcome.needs_scripts
        if page is None:
            return
        if outcome.state == "new":
            page = replace(page, checked=time.time())
            if not self._is_in_scope(page):
                return
            self.store.put([page])
            self.new += 1
        elif outcome.state == "same":
            self._same.append(page.address)
        self._text_bytes += page.size
        self.found.append(page.address)
        if not self.scope.is_wanted(page.final):
            self.for_links.add(page.address)
        self.scope.mark(page.final)
        depth = outcome.wanted.depth + 1
        if self.follows and depth <= self.options.depth:
            for link in page.links:
                self.want(link, depth)

    def keep_aside(self, outcome: Outcome) -> None:
        """Keep a page that is not listed, so that the next crawl needs not fetch it again."""
        if page := outcome.page:
            if outcome.state == "new":
                self.store.put([replace(page, checked=time.time())])
            self.found.append(page.address)
            self.for_links.add(page.address)

    def _with_kept(self, wanted: Wanted) -> Wanted:
        """With what is kept of the page. Not earlier: all pages together may not fit into memory."""
        kept = self.store.find(wanted.address)
        if kept is None:
            return wanted
        is_same = wanted.lastmod != "" and wanted.lastmod == kept.lastmod
        age = time.time() - kept.checked  # negative where the clock was set back
        is_trusted = is_same and 0 <= age < _TRUSTED_SECONDS
        return replace(wanted, kept=kept, trusts_lastmod=is_trusted)

    def _is_in_scope(self, page: Page) -> bool:
        """A redirect may lead out of what is to be read, or to what robots.txt forbids."""
        if page.final == page.address:
            return True
        why = self.scope.why_not(page.final, is_named=True)
        if why:
            self.scope.refused[why] += 1
        return why is None

    def _note_failure(self, outcome: Outcome) -> None:
        error = outcome.error
        if error is None:
            self._failed_in_a_row = 0
            return
        if isinstance(error, BusyError):
            raise RateLimitedError(f"{outcome.wanted.address} can't be read: {error}.")
        reason = str(error)
        if outcome.page is not None:
            self.stale += 1
        self.failures[reason] += 1
        if len(self.left_out) < _MOST_LEFT_OUT and outcome.page is None:
            path = path_of(outcome.wanted.address)
            self.left_out.append(LeftOut(path, "unreadable", reason))
        self._failed_in_a_row = self._failed_in_a_row + 1 if error.can_pass else 0
        if self._failed_in_a_row >= self.fetcher.limits.failures_in_a_row:
            raise NetworkError(
                f"{self.scope.origin} has stopped to answer: {self._failed_in_a_row} pages in a row "
                f"can't be read, the last because {reason}."
            )

    def _limit(self) -> str:
        limits = self.fetcher.limits
        if len(self.found) >= self.options.max_pages:
            return f"{self.options.max_pages:,} pages" if self.waiting else ""
        if self.fetcher.sent_bytes > limits.total_bytes:
            return f"{limits.total_bytes:,} bytes"
        if self._text_bytes > limits.text_bytes:
            return f"{limits.text_bytes:,} bytes of text"
        if time.monotonic() > self._end:
            return f"{limits.crawl_seconds / 60:,.0f} minutes"
        return ""

    def _most_running(self) -> int:
        left = self.options.max_pages - len(self.found)
        return max(0, min(_WINDOW * self.fetcher.limits.connections, left))

    def _report(self) -> None:
        known = len(self.found) + len(self.waiting) + sum(self.failures.values())
        self.emit(TransferProgress(len(self.found), known, self.fetcher.sent_bytes))

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        # With a delay between two requests, more than one at once makes nothing faster.
        threads = 1 if self.fetcher.pace.delay else self.fetcher.limits.connections
        pool = ThreadPoolExecutor(threads, thread_name_prefix="crawl")
        try:
            yield pool
        finally:
            self.fetcher.deadline.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)


def notices_of(crawl: Crawl) -> Iterable[Notice]:
    """What a reader of the log should know of a crawl."""
    refused = crawl.scope.refused
    if crawl.stopped:
        yield Notice("warning", f"The crawl ended at its limit of {crawl.stopped}; more is known.")
    if crawl.stale:
        stale = number_of(crawl.stale, "page")
        yield Notice("warning", f"Not readable now, so taken as last read: {stale}.")
    gone = sum(crawl.failures.values()) - crawl.stale
    if gone > 0:
        most = ", ".join(f"{count:,} because {why}" for why, count in crawl.failures.most_common(3))
        yield Notice("info", f"Not readable: {number_of(gone, 'page')}: {most}.")
    if crawl.scripted:
        scripted = number_of(crawl.scripted, "page")
        yield Notice("warning", f"Filled by JavaScript, without text to read: {scripted}.")
    for why, reason in _REFUSED.items():
        if refused[why]:
            yield Notice("info", f"Not followed, {reason}: {number_of(refused[why], 'link')}.")
    if refused["version"]:
        yield Notice("info", f"Of its versions, the site is read at {crawl.scope.version!a}.")


_REFUSED: Mapping[Why, str] = {
    "robots.txt": "as robots.txt asks",
    "query": "having a query, which a glob with a ? includes",
    "trap": "as their addresses look as if they never end",
    "language": "to translations",
    "version": "to other versions",
    "too many": "as too many are known",
}
