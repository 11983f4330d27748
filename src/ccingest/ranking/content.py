"""What a chunk is, whatever is asked: code, documentation, configuration, a test."""

from __future__ import annotations

import re
from functools import lru_cache

from ccingest.models import Content
from ccingest.ranking.penalties import TEST_PATH, found_in_path, is_test_path

_PROSE = re.compile(
    r"\.(md|mdx|rst|txt|adoc|markdown|textile|org|rdoc|pod|tex|html?)$", re.IGNORECASE
)
_CONFIG = re.compile(
    r"\.(jsonc?|json5|ya?ml|toml|lock|cfg|ini|xml|csv|tsv|css|scss|svg|gradle|properties|cmake|po"
    r"|plist)$|(^|/)(makefile|cmakelists\.txt|dockerfile|\.[^/]*)$",
    re.IGNORECASE,
)
_README = re.compile(r"(^|/)readme[^/]*$", re.IGNORECASE)
_OF_PATHS = (_PROSE, _CONFIG, _README)
_COMMENT_SIGNS = ("//", "/*", "*", "#", "--", ";", "%", '"""', "'''", "<!--")
_DIRECTIVES = ("#include", "#define", "#if", "#end", "#el")


def patterns_of(content: Content) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Regular expressions that a path of this content matches, and that it doesn't."""
    prose, config = f"(?i){_PROSE.pattern}", f"(?i){_CONFIG.pattern}"
    tests = TEST_PATH.pattern
    return {
        "tests": ((tests,), ()),
        "docs": ((prose,), (tests,)),
        "config": ((config,), (tests, prose)),
        "code": ((), (tests, prose, config)),
    }[content]


@lru_cache(maxsize=20_000)
def content_of(path: str) -> Content:
    """What a file holds, by its path."""
    if is_test_path(path):
        return "tests"
    if _PROSE.search(path):
        return "docs"
    return "config" if _CONFIG.search(path) else "code"


@lru_cache(maxsize=20_000)
def path_facts(path: str) -> tuple[float, float, float, float]:
    """Whether it is prose, configuration, a readme; and its number of folders."""
    prose, config, readme = found_in_path(path, _OF_PATHS)
    return float(prose), float(config), float(readme), float(path.count("/"))


def text_facts(text: str) -> tuple[float, float, float]:
    """The share of its lines that comment, and how many lines and characters there are."""
    lines = text.split("\n")
    filled = [begun for line in lines if (begun := line.lstrip())]
    comments = [line for line in filled if line.startswith(_COMMENT_SIGNS)]
    directives = [line for line in comments if line.startswith(_DIRECTIVES)]
    share = (len(comments) - len(directives)) / max(len(filled), 1)
    return share, float(len(lines)), float(len(text))


@lru_cache(maxsize=20_000)
def symbol_facts(symbol: str) -> tuple[float, float]:
    """Whether there is one, and in how many others it is: `Mux.handle` is in one."""
    return float(bool(symbol)), float(symbol.count(".") + symbol.count(" > "))
