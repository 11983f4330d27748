"""Which addresses a crawl follows: those of the site, as robots.txt and the user allow, and no traps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from pathspec import GitIgnoreSpec

from ccingest.globs import rooted
from ccingest.sources.web.addresses import key_of, origin_of
from ccingest.sources.web.robots import Robots

Why: TypeAlias = Literal[
    "elsewhere",  # on another site, or not below the first page
    "no page",  # an image, an archive
    "robots.txt",
    "excluded",
    "query",  # search results, sort orders and the like
    "trap",  # addresses that would never end
    "language",
    "version",
    "copy",  # what generators of documentation make of the same pages: indexes, sources, one page of all
    "too many",
]

_NO_PAGE = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|ico|bmp|avif|css|m?js|map|json|xml|rss|atom|pdf|epub|docx?|xlsx?|pptx?|"
    r"zip|gz|tgz|bz2|xz|7z|rar|tar|jar|war|whl|exe|msi|dmg|deb|rpm|apk|iso|bin|mp[34]|m4a|ogg|wav|webm|"
    r"mov|avi|woff2?|ttf|eot|otf|wasm|inv|asc|sig|csv|ics)$",
    re.IGNORECASE,
)
_MOST_DECIDED = 200_000
_MOST_SHAPES = 50_000  # a site may make up a new one for each link
# Of Sphinx, mdBook, rustdoc and javadoc.
_COPY = re.compile(
    r"/(?:_sources|_modules|_static|src-html)/|/(?:genindex(?:-[\w%]+)?|py-modindex|search|print|404|"
    r"index-all|allclasses(?:-\w+)?|help-doc|all)\.html$"
)
_DEEPEST = 16  # folders
_MOST_REPEATS = 2  # of the same name in one path
_NUMBER = re.compile(r"\d+")
_MOST_OF_SHAPE = 100  # addresses that differ in two numbers of their folders: days of a calendar
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2,4})?", re.IGNORECASE)
_VERSION = re.compile(
    r"(?:v?\d{1,3}(?:\.(?:\d{1,4}|x))*|latest|stable|current|dev|devel|develop|next|nightly|main|"
    r"master|canary|edge|unstable|unreleased)",
    re.IGNORECASE,
)
_PREFERRED = ("stable", "current", "latest")


@dataclass(slots=True)
class Scope:
    """Decides about addresses in normal form, and remembers those that it took."""

    origin: str
    prefix: str  # the path that all pages begin with
    robots: Robots
    include: GitIgnoreSpec | None
    exclude: GitIgnoreSpec
    most: int  # addresses
    refused: Counter[Why] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)
    # By their hashes, as an address has up to 1,000 characters.
    _decided: set[int] = field(default_factory=set)  # saves time: most links stand on all pages
    _shapes: Counter[int] = field(default_factory=Counter)
    _languages: tuple[str, ...] = ()  # prefixes of translations
    _version: str | None = None  # the version to follow; None: there are none

    def take(self, address: str, *, is_named: bool = False) -> bool:
        """Whether to read the address, which has not been seen before.

        `is_named` is for what the user or a list of the site names: no guess refuses that.
        """
        decided = hash(address)
        if decided in self._decided:
            return False
        if len(self._decided) < _MOST_DECIDED:
            self._decided.add(decided)
        key = key_of(address)
        if key in self._seen:
            return False
        why = self.why_not(address, is_named=is_named)
        if why is None and len(self._seen) >= self.most:
            why = "too many"
        if why:
            self.refused[why] += 1
            return False
        self._seen.add(key)
        return True

    def mark(self, address: str) -> None:
        """Count the address as seen."""
        self._seen.add(key_of(address))

    def why_not(self, address: str, *, is_named: bool = False) -> Why | None:  # noqa: PLR0911
        """Why an address is not read; None when it may be."""
        if origin_of(address) != self.origin:
            return "elsewhere"
        parts = urlsplit(address)
        if not parts.path.startswith(self.prefix) and f"{parts.path}/" != self.prefix:
            return "elsewhere"
        if _NO_PAGE.search(parts.path):
            return "no page"
        if self._is_excluded(parts.path, parts.query):
            return "excluded"
        if parts.query and not is_named and not self._is_included_query(parts.path, parts.query):
            return "query"
        if not self.robots.allows(address):
            return "robots.txt"
        return None if is_named else self._guess(parts.path)

    def learn(self, links: Iterable[str], translations: Sequence[str]) -> None:
        """Learn from the first page what the site has several times: languages and versions."""
        self._languages = tuple({found for one in translations if (found := self._first(one))})
        versions = {
            name.strip("/")
            for one in links
            if (name := self._first(one)) and _VERSION.fullmatch(name.strip("/"))
        }
        if versions:
            self._version = max(versions, key=_rank)

    @property
    def version(self) -> str | None:
        return self._version

    def _first(self, address: str) -> str:
        """The folder below the prefix that an address is in; empty for none."""
        path = urlsplit(address).path
        if origin_of(address) != self.origin or not path.startswith(self.prefix):
            return ""
        name, slash, _ = path[len(self.prefix) :].partition("/")
        return name + slash if slash else ""

    def _guess(self, path: str) -> Why | None:
        if _COPY.search(path):
            return "copy"
        first = path[len(self.prefix) :].partition("/")[0] + "/"
        if first in self._languages and _LANGUAGE.fullmatch(first[:-1]):
            return "language"
        name = first[:-1]
        if self._version is not None and name != self._version and _VERSION.fullmatch(name):
            return "version"
        return "trap" if self._is_trap(path) else None

    def _is_trap(self, path: str) -> bool:
        names = path.strip("/").split("/")
        if len(names) > _DEEPEST or max(Counter(names).values()) > _MOST_REPEATS:
            return True
        numbers = sum(name.isdigit() for name in names)
        if numbers < 2:
            return False
        shape = hash(_NUMBER.sub("0", path))
        if len(self._shapes) >= _MOST_SHAPES and shape not in self._shapes:
            return False
        self._shapes[shape] += 1
        return self._shapes[shape] > _MOST_OF_SHAPE

    def _is_excluded(self, path: str, query: str) -> bool:
        """By its path from the host's root, or from the first page."""
        forms = self._forms(path, query)
        if any(map(self.exclude.match_file, forms)):
            return True
        # A folder leads to pages, so only what looks like a page has to be included.
        is_folder = path.endswith("/")
        return self.include is not None and not is_folder and not self._is_included(forms)

    def is_wanted(self, address: str) -> bool:
        """Whether a page is kept, and not only read for its links."""
        parts = urlsplit(address)
        return self.include is None or self._is_included(self._forms(parts.path, parts.query))

    def _is_included(self, forms: Sequence[str]) -> bool:
        return self.include is not None and any(map(self.include.match_file, forms))

    def _is_included_query(self, path: str, query: str) -> bool:
        return self.include is not None and self._is_included([f"{path}?{query}".lstrip("/")])

    def _forms(self, path: str, query: str) -> list[str]:
        whole = f"{path}?{query}" if query else path
        return [
            whole.lstrip("/"),
            whole[len(self.prefix) :] if whole.startswith(self.prefix) else whole,
        ]


def globs_of(globs: Sequence[str]) -> GitIgnoreSpec:
    """Globs as in a .gitignore. They were checked when they were given."""
    return GitIgnoreSpec.from_lines([rooted(glob) for glob in globs])


def _rank(version: str) -> tuple[int, list[int]]:
    """`stable` before `latest`, before the highest number, before what is not released."""
    name = version.lower()
    if name in _PREFERRED:
        return 3 - _PREFERRED.index(name), []
    numbers = [int(one) for one in _NUMBER.findall(name)]
    return (0, numbers) if numbers else (-1, [])
