"""The rules of ignore files mean what they mean to git."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ccingest.globs import is_costly
from ccingest.settings import Settings
from ccingest.sources.folder import RelevantPaths
from ccingest.sources.folder.rules import MOST_PATTERNS, FolderRules, PatternList
from git_server import IDENTITY, git
from sources.folder_kit import ids, listed, source_of, write

FILES = ("a", "b.o", "sub/a", "sub/b.o", "sub/deep/a", "sub/deep/c d", "x/sub/a", "x/ab", "abc/b.o")
NAMES = ("a", "b.o", "*.o", "sub", "deep", "x", "*", "a*", "?", "[ab]*", "[!a]*", "c d", "ab", "**")
LINES = st.builds(
    lambda sign, start, names, end: sign + start + "/".join(names) + end,
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "", "/", "**/"]),
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=3),
    st.sampled_from(["", "", "/", "/**", "/*", " ", "\\ "]),
).filter(lambda line: not is_costly(line))  # those don't count, unlike for git
RULES = st.lists(LINES, max_size=4)


def not_ignored_by_git(folder: Path) -> set[str]:
    done = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--exclude-standard"],
        cwd=folder,
        env={**os.environ, **IDENTITY},
        capture_output=True,
        check=True,
    )
    return {os.fsdecode(path) for path in done.stdout.split(b"\0") if path}


@hypothesis_settings(max_examples=20, deadline=None)
@given(top=RULES, inner=RULES)
def test_as_git(top: list[str], inner: list[str]) -> None:
    root = Path(tempfile.mkdtemp())
    try:
        folder = root / "f"
        write(folder, dict.fromkeys(FILES, "x\n"))
        write(folder, {".gitignore": "\n".join(top), "sub/.gitignore": "\n".join(inner)})
        git(folder, "init", "-q")
        found = ids(listed(folder, Settings(home=root / "home"), hidden=True))
        assert set(found) == not_ignored_by_git(folder), (top, inner)
        matters = RelevantPaths(folder, source_of(folder, Settings(home=root), hidden=True).choice)
        own = {".gitignore", "sub/.gitignore"}  # a change of them always matters
        assert {path for path in FILES if matters(str(folder / path))} == set(found) - own
    finally:
        shutil.rmtree(root)


@pytest.mark.parametrize(
    ("line", "path", "is_folder", "expected"),
    [
        ("build/", "build", True, True),
        ("build/", "build", False, None),
        ("build/", "src/build", True, True),
        ("/build", "src/build", True, None),
        ("a/**", "a", True, None),
        ("a/**", "a/b", False, True),
        ("*/", "a/b", True, True),
        ("*/", "a/b", False, None),
        ("**/*/**", "a", True, None),
        ("a/**/", "a", True, None),
        ("a/**/", "a/b", True, True),
        ("a/**/", "a/b", False, None),
        ("!a/**/ ", "a/b/c", True, False),
        ("!keep", "keep", False, False),
        ("*.py", "new\nline.py", False, True),
        ("[z-a]", "z", False, None),
        ("a*a*a*a*a*b", "a" * 200, False, None),  # too slow to count
    ],
)
def test_a_line(line: str, path: str, is_folder: bool, expected: bool | None) -> None:
    found = PatternList([line], "").verdict(path, is_folder=is_folder)
    assert (found.is_ignored if found else None) == expected


def test_bounds(caplog: pytest.LogCaptureFixture) -> None:
    many = PatternList((f"x{number}" for number in range(MOST_PATTERNS + 5)), "f/.gitignore")
    assert len(many) == MOST_PATTERNS
    assert "f/.gitignore has over" in caplog.text
    assert PatternList([], "").verdict("a", is_folder=False) is None
    rules = FolderRules(PatternList([], "")).within("", [None, None, b"\xef\xbb\xbf*.o\r\n"])
    found = rules.verdict("b.o", is_folder=False)
    assert found is not None
    assert found.rule == ".gitignore: *.o"
