"""Rule files that were made to cost memory or time."""

from __future__ import annotations

import logging
import time
from pathlib import Path

import pytest

from ccingest.errors import StoreError, UsageError
from ccingest.selection import plan_files, planning, rule_files
from ccingest.selection.rules import PathRules, check_globs
from git_server import commit_tree, git, make_repository, raw_tree
from selection.kit import reader_of


def hostile(folder: Path, text: bytes, folders: int) -> None:
    """A repository in which many folders share one .gitattributes."""
    make_repository(folder, {"a.py": "a = 1\n"})
    ok = git(folder, "rev-parse", "main:a.py")
    rules = git(folder, "hash-object", "-w", "--stdin", stdin=text)
    shared = raw_tree(folder, [("100644", b".gitattributes", rules), ("100644", b"a.py", ok)])
    commit_tree(folder, raw_tree(folder, [("40000", b"d%05d" % i, shared) for i in range(folders)]))


def test_one_rule_file_in_many_folders_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hostile(tmp_path, b"a.py linguist-generated\n", 300)
    monkeypatch.setattr(rule_files, "MOST_FILES", 200)
    found, entries = rule_files.read_rule_files(reader_of(tmp_path))
    assert (len(found), entries) == (200, 600)
    assert len(set(map(id, found.values()))) == 1
    assert "more than 200 rule files" in caplog.text
    plan = plan_files(reader_of(tmp_path))
    assert plan.skipped == {"generated": 200}


def test_rule_files_are_bounded_in_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hostile(tmp_path, b"a.py linguist-generated\n" * 10, 300)
    monkeypatch.setattr(rule_files, "MOST_BYTES", 2400)
    assert len(rule_files.read_rule_files(reader_of(tmp_path))[0]) == 10
    monkeypatch.setattr(rule_files, "MOST_FILE_BYTES", 200)
    found, _ = rule_files.read_rule_files(reader_of(tmp_path))
    assert set(found.values()) == {""}
    assert "has more than 200 bytes" in caplog.text


def test_fewer_rules_count_where_there_are_many_files(caplog: pytest.LogCaptureFixture) -> None:
    texts = {".ccingestignore": "".join(f"*.x{i}\n" for i in range(2000))}
    with caplog.at_level(logging.WARNING):
        few = PathRules.build(texts, (), (), paths=100)
        many = PathRules.build(texts, (), (), paths=1_000_000)
    assert (len(few.ignored.patterns), len(many.ignored.patterns)) == (1000, 50)
    assert "over 50 rules" in caplog.text


def test_rules_that_are_slow_to_match_end_in_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile(tmp_path, b"a.py linguist-generated\n", 10)
    monkeypatch.setattr(planning, "RULE_SECONDS", -1.0)
    with pytest.raises(StoreError, match="slow to match"):
        plan_files(reader_of(tmp_path))


def reason(rules: PathRules, path: str) -> str | None:
    skip = rules.skips(path)
    return skip[0] if skip else None


@pytest.mark.parametrize(
    ("pattern", "path", "is_matched"),
    [
        ("*" * 60 + "x", "a" * 60, False),
        ("a" + "*" * 60 + "x", "a" * 60 + "x", True),
        ("b/" + "*" * 60 + "/x", "b/c/d/x", True),  # to git, as with two
        ("!" + "*" * 60 + "x", "a" * 60, False),
        ("a\\**", "a*b", True),
        ("a\\**", "ab", False),
    ],
)
def test_many_stars_in_a_row_take_no_longer_than_one(
    pattern: str, path: str, is_matched: bool
) -> None:
    start = time.process_time()
    of_repository = PathRules.build({".ccingestignore": pattern}, (), ())
    assert (reason(of_repository, path) == "ignored") is is_matched
    of_user = PathRules.build({}, (), (pattern,))
    assert (reason(of_user, path) == "excluded") is is_matched
    attributes = f"{pattern} linguist-generated"
    of_attributes = PathRules.build({".gitattributes": attributes}, (), ())
    assert (reason(of_attributes, path) == "generated") is is_matched
    assert time.process_time() - start < 1


@pytest.mark.parametrize("glob", ["*a*b*c*d*", "*a*/*b*/*c*", "**/a/**/b/**/c"])
def test_a_users_glob_that_is_slow_to_match_is_refused(glob: str) -> None:
    with pytest.raises(UsageError, match="too many stars"):
        check_globs((), (glob,))
