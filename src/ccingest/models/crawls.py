"""How a documentation site is read."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ccingest.values import dataclass

CrawlMode: TypeAlias = Literal["recursive", "sitemap", "page"]
CRAWL_MODES: tuple[CrawlMode, ...] = ("recursive", "sitemap", "page")

# Pages of one site, unless the user says otherwise. Large manuals have 500 to 1,200.
MAX_PAGES = 2000
MOST_PAGES = 50_000  # what the user may ask for
MAX_DEPTH = 32  # links from the first page


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """What the user may set for a crawl."""

    mode: CrawlMode = "recursive"
    max_pages: int = MAX_PAGES
    depth: int = MAX_DEPTH  # links from the first page
    include: tuple[str, ...] = ()  # globs for the path of an address
    exclude: tuple[str, ...] = ()
    allow_private: bool = False  # whether hosts of this machine and of its network may be read
