"""Crawling a site of the test server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ccingest.models import CrawlOptions, Entry
from ccingest.progress import Emit, Notice, Progress
from ccingest.sources.sites import parse_site
from ccingest.sources.web.limits import Limits
from ccingest.sources.web.source import WebSource

# Short enough that a test of a hostile server ends soon.
QUICK = Limits(
    page_bytes=300_000,
    total_bytes=20_000_000,
    connect_seconds=0.5,
    silence_seconds=0.4,
    request_seconds=1.0,
    crawl_seconds=6.0,
    tries=2,
    backoff_seconds=0.01,
    longest_wait=0.5,
    longest_delay=0.2,
    failures_in_a_row=6,
)


@dataclass
class Crawled:
    """The pages of a revision by path, and what was told on the way."""

    revision: str
    texts: dict[str, str]
    entries: list[Entry]
    notices: list[str] = field(default_factory=list)

    @property
    def told(self) -> str:
        return "\n".join(self.notices)

    @property
    def left_out(self) -> dict[str, str]:
        return {one.path.decode(): one.rule for one in self.entries if one.kind != "file"}


def options(**changes: object) -> CrawlOptions:
    return CrawlOptions(**{"allow_private": True, "max_pages": 1000, **changes})  # type: ignore[arg-type]


def source(
    url: str, folder: Path, how: CrawlOptions | None = None, limits: Limits = QUICK
) -> WebSource:
    return WebSource(parse_site(url), folder / "sites", 10**9, how or options(), limits)


def crawl(
    url: str,
    folder: Path,
    how: CrawlOptions | None = None,
    limits: Limits = QUICK,
    emit: Emit | None = None,
) -> Crawled:
    """Crawl and read all pages. Raises what the source raises."""
    notices: list[str] = []

    def record(progress: Progress) -> None:
        if isinstance(progress, Notice):
            notices.append(progress.message)
        if emit:
            emit(progress)

    web = source(url, folder, how, limits)
    revision = web.resolve(branch=None, revision=None, emit=record)
    with web.open(revision, record) as snapshot:
        entries = list(snapshot.entries())
        texts = {}
        for entry in entries:
            if entry.kind == "file":
                path = entry.path.decode()
                data = snapshot.read(path, entry.content_id)
                assert data is not None
                assert snapshot.size(path, entry.content_id) == len(data)
                texts[path] = data.decode()
    return Crawled(revision.id, texts, entries, notices)
