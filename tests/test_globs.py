"""Many globs at once decide as pathspec does about each path, and sooner."""

from __future__ import annotations

import time
import warnings

from hypothesis import given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from ccingest.globs import GlobSet, Names, is_glob, pattern_of
from effort import effort

NAMES = ["a", "b", "src", "main.py", "a b", "é", "x.min.js", ".hidden"]
PARTS = [*NAMES, "*", "**", "*.py", "a*", "[ab]", "?", "\\*", "s?c", "a\\ ", "[", ""]
globs = st.builds(
    lambda mark, head, parts, tail: f"{mark}{head}{'/'.join(parts)}{tail}",
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=4),
    st.sampled_from(["", "", "/", " "]),
)
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=5).map("/".join)


@given(st.lists(globs, max_size=12), st.lists(paths, min_size=1, max_size=10))
@settings(max_examples=effort(400, 5000), deadline=None)
def test_as_pathspec_decides(lines: list[str], asked: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        assert [is_glob(line) for line in lines] == [bool(pattern_of(line)) for line in lines]
        lines = [line for line in lines if is_glob(line)]
        expected = GitIgnoreSpec.from_lines(lines, backend="simple")
    found = GlobSet(lines)
    assert bool(found) == bool(lines)
    for path in asked:
        assert found.match_file(path) == expected.match_file(path), (lines, path)
        assert found.index_of(path) == expected.check_file(path).index, (lines, path)


@given(st.lists(paths, max_size=4), paths)
def test_names(names: list[str], path: str) -> None:
    expected = any(path == name or path.endswith(f"/{name}") for name in names)
    assert Names(names).has(path) == expected


def test_as_many_globs_as_files() -> None:
    """Each glob with each path would be 400 million comparisons, and take 40 s."""
    kinds = ("src/d{}/f{}.py", "/f{}-{}.py", "f{}-{}.py", "d{}/f{}/", "d{}/f{}/*.py", "**/f{}-{}.c")
    for kind in kinds:
        found = GlobSet(kind.format(number % 90, number) for number in range(20_000))
        start = time.process_time()
        chosen = [found.match_file(f"src/d{one % 90}/f{one}.py") for one in range(20_000)]
        assert time.process_time() - start < 10
        assert all(chosen) == (kind == kinds[0])
