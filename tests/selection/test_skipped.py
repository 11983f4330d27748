"""Every skipped file is listed with its reason and the rule that says so, within bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccingest.models import SkippedFile, SkippedFiles
from ccingest.selection import SkippedList, plan_files, skipped
from ccingest.sources.git import GitSnapshot
from ccingest.sources.references import parse_reference
from git_server import commit_tree, git, make_repository, raw_tree
from values import snapshot_of


def reader_of(folder: Path) -> GitSnapshot:
    return snapshot_of(parse_reference(str(folder)), folder, branch="main")[1]


def test_each_has_its_reason_and_rule(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        ".ccingestignore": "# drafts\n\ndrafts/\n",
        ".gitattributes": "*.x linguist-generated\nmine/** linguist-vendored=true\nvendor/own.py "
        "-linguist-vendored\n",
        "a.py": "a = 1\n",
        "drafts/b.py": "b = 1\n",
        "docs/.ccingestignore": "/old\r\n",
        "docs/old/c.md": "old\n",
        "logo.PNG": b"\x89PNG",
        "one.x": "x\n",
        "mine/d.py": "d = 1\n",
        "vendor/own.py": "e = 1\n",
        "vendor/theirs.py": "f = 1\n",
        "Cargo.lock": "g\n",
        "big.csv": "1,2\n" * 40_000,
        "secret/h.py": "h = 1\n",
    }
    make_repository(tmp_path, files)
    plan = plan_files(reader_of(tmp_path), exclude=("nothing", "secret/"))
    assert {file.path: (file.reason, file.rule) for file in plan.skipped_files.listed} == {
        "Cargo.lock": ("generated", "*.lock"),
        "big.csv": ("too_large", "more than 131,072 bytes"),
        "docs/old/c.md": ("ignored", "docs/.ccingestignore: /old"),
        "drafts/b.py": ("ignored", ".ccingestignore: drafts/"),
        "logo.PNG": ("binary", "*.PNG"),
        "mine/d.py": ("vendored", ".gitattributes: mine/** linguist-vendored"),
        "one.x": ("generated", ".gitattributes: *.x linguist-generated"),
        "secret/h.py": ("excluded", "secret/"),
        "vendor/theirs.py": ("vendored", "vendor/"),
    }
    assert sum(plan.skipped.values()) == len(plan.skipped_files.listed)
    only = plan_files(reader_of(tmp_path), include=("a.py",)).skipped_files.listed
    assert {(file.reason, file.rule) for file in only} == {("excluded", "")}


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    make_repository(tmp_path, {"a.py": "a = 1\n"})
    blob = git(tmp_path, "rev-parse", "main:a.py")
    names = [b"a.py", b"caf\xe9.py", b"\x1b[2J.py"]
    commit_tree(tmp_path, raw_tree(tmp_path, [("100644", name, blob) for name in sorted(names)]))
    plan = plan_files(reader_of(tmp_path))
    assert plan.skipped_files.listed == (SkippedFile("caf\\xe9.py", "bad_path"),)


def test_the_rare_reasons_stay_when_the_list_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skipped, "MOST_LISTED", 10)
    files = SkippedList()
    files.add("first.js", "minified")
    for number in range(100):
        files.add(f"{number:03}.png", "binary", "*.png")
    files.add("last.js", "generated")
    found = files.files()
    assert (len(found.listed), found.left_out) == (10, 92)
    assert {file.reason for file in found.listed} == {"minified", "binary", "generated"}
    assert dict(files.counts) == {"minified": 1, "binary": 100, "generated": 1}


def test_the_list_is_bounded_in_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skipped, "MOST_CHARACTERS", 1000)
    files = SkippedList()
    for _ in range(10):
        files.add("x" * 300, "ignored", "y" * 5000)
    found = files.files()
    assert sum(len(file.path) + len(file.rule) for file in found.listed) <= 1000
    assert len(found.listed) + found.left_out == 10
    joined = SkippedList()
    joined.extend(SkippedFiles((), 5))
    joined.extend(found)
    assert joined.files() == SkippedFiles(found.listed, found.left_out + 5)
