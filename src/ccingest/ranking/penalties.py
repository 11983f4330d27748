"""What speaks against a file: it talks of the thing, but is not it. Not for who asks for that.

Each penalty is a test of a chunk, a reason and a factor on the score.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ccingest.models import Chunk
    from ccingest.ranking.pool import Pool


@dataclass(frozen=True, slots=True)
class Penalty:
    """One reason for which a candidate stands lower."""

    name: str
    reason: str
    factor: float
    apply: Callable[[Pool], NDArray[np.bool_]]  # to each candidate, (candidates,)


TEST_PATH = re.compile(
    r"(^|/)(tests?|specs?|__tests__|testing|test[_-]?data|fixtures?|__fixtures__|e2e|__?mocks?__"
    r"|mocks?|integration[-_]tests?|testutils?)/"
    r"|(^|/)(test_[^/]*|[^/]*[_.-](test|tests|spec|specs)\.[^/]*|conftest\.py|test_?helpers?\.[^/]*"
    r"|[^/]*(Tests?|TestCase|Specs?|Suite)\.(java|kt|cs|fs|swift|scala|php|groovy|m|mm|cpp))$",
)
# Rust, Zig, D and others keep tests in a module beside the code; elsewhere they are functions.
_TEST_SYMBOL = re.compile(r"(^|\.)(tests?|Tests?)(\.|$)|(^|\.)test_|(^|\.)Test[A-Z_]")
_EXAMPLE = re.compile(
    r"(^|/)(_?examples?|samples?|demos?|tutorials?|playground|docs?_src|benchmarks?|benches|bench"
    r"|perf)/",
    re.IGNORECASE,
)
_PROSE = re.compile(
    r"(^|/)(docs?|documentation|website)/|\.(md|mdx|rst|txt|adoc|markdown|textile|org)$"
    r"|(^|/)(readme|changelog|changes|history|news|licen[cs]e|copying|contributing|upgrading)$",
    re.IGNORECASE,
)
_DATA = re.compile(
    r"\.(jsonc?|json5|ya?ml|toml|lock|cfg|ini|xml|csv|tsv|html?|css|scss|svg|gradle|properties"
    r"|cmake|po|plist)$|(^|/)(makefile|cmakelists\.txt|dockerfile|\.[^/]*)$",
    re.IGNORECASE,
)
_COMPAT = re.compile(
    r"(^|/)(_?compat(ibility)?|legacy|deprecated|polyfills?|shims?|vendor(ed)?|third_?party"
    r"|node_modules|generated|gen)/"
    r"|(^|/)([^/]*[_.-])?(compat|deprecated|legacy|polyfill|generated|pb)\.[^/]*$",
    re.IGNORECASE,
)
_STUB = re.compile(r"\.(d\.[cm]?ts|pyi|rbi)$")
_HEADER = re.compile(r"\.(h|hh|hpp|hxx|h\+\+|cuh)$", re.IGNORECASE)
_REEXPORT = re.compile(r"(^|/)(__init__\.py|package-info\.java|index\.[cm]?[jt]sx?)$")


_PATHS = {
    "test": TEST_PATH, "example": _EXAMPLE, "prose": _PROSE, "data": _DATA, "compat": _COMPAT,
    "stub": _STUB, "reexport": _REEXPORT,
}  # fmt: skip
PATH_PENALTIES = (*_PATHS,)


def _path(name: str) -> Callable[[Pool], NDArray[np.bool_]]:
    return lambda pool: pool.facts.column(name) > 0


@lru_cache(maxsize=20_000)
def path_flags(path: str) -> tuple[bool, ...]:
    """Which of PATH_PENALTIES apply to a file."""
    return found_in_path(path, (*_PATHS.values(),))


def found_in_path(path: str, patterns: tuple[re.Pattern[str], ...]) -> tuple[bool, ...]:
    """Which patterns are in the path. Each is about a folder, and ends with a slash, or about the name
    of the file, and ends with it: so what is known of the folder holds for all files in it."""
    folder, slash, name = path.rpartition("/")
    of_folder = _found_in_folder(folder + slash, patterns)
    return tuple(
        [is_there or pattern.search(name) is not None
         for is_there, pattern in zip(of_folder, patterns, strict=True)]
    )  # fmt: skip


@lru_cache(maxsize=5_000)
def _found_in_folder(folder: str, patterns: tuple[re.Pattern[str], ...]) -> tuple[bool, ...]:
    return tuple(pattern.search(folder) is not None for pattern in patterns)


def is_test_path(path: str) -> bool:
    return path_flags(path)[0]


@lru_cache(maxsize=20_000)
def _is_test(symbol: str) -> bool:
    return _TEST_SYMBOL.search(symbol) is not None


def is_test_beside_code(chunk: Chunk) -> bool:
    """A path of tests has a penalty of its own."""
    return (
        _is_test(chunk.symbol)
        and all(map(_is_test, chunk.defines))
        and not is_test_path(chunk.path)
    )


def _in_test_symbol(pool: Pool) -> NDArray[np.bool_]:
    return pool.facts.column("test_symbol") > 0


def _is_older(pool: Pool) -> NDArray[np.bool_]:
    return pool.are_older & (not pool.asked.version)


def _only_declares(pool: Pool) -> NDArray[np.bool_]:
    """Also a header in which the function that is asked for has no body."""
    stub: NDArray[np.bool_] = pool.facts.column("stub") > 0
    name = pool.asked.name
    if pool.asked.kind != "identifier" or not name:
        return stub
    declared = re.compile(rf"\b{re.escape(name)}\)?\s{{0,20}}\([^;{{}}]{{0,2000}};")
    for place, chunk in enumerate(pool.chunks):
        if _HEADER.search(chunk.path) and name in chunk.text and declared.search(chunk.text):
            stub[place] = True
    return stub


_is_test_file = _path("test")

PENALTIES = (
    Penalty("test", "a test", 0.34, _is_test_file),
    Penalty("test_symbol", "a test beside the code", 0.5, _in_test_symbol),
    Penalty("example", "an example or a benchmark", 0.5, _path("example")),
    Penalty("prose", "documentation", 0.43, _path("prose")),
    Penalty("data", "data or configuration", 0.5, _path("data")),
    Penalty("compat", "kept for compatibility, vendored or generated", 0.75, _path("compat")),
    Penalty("older", "an older version of what stands beside it", 0.5, _is_older),
    Penalty("stub", "declarations only", 0.75, _only_declares),
    Penalty("reexport", "mostly names what is defined elsewhere", 0.85, _path("reexport")),
)
