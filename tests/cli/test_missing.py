"""What is said when something is not there: lines, files, datasets, projects."""

from __future__ import annotations

import pytest

from .conftest import Run


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("sums.py:4-2", "The last line of 'sums.py:4-2' comes before its first"),
        ("sums.py:abc", "'abc' names no lines of sums.py; write 20 or 20-40"),
        ("sums.py:", "'' names no lines of sums.py"),
        ("sums.py:1-x", "'1-x' names no lines of sums.py"),
    ],
)
def test_lines_that_are_none(here: Run, shop: str, place: str, says: str) -> None:
    here("github", "add", shop)
    done = here("show", place, "--json")
    assert done.code in (2, 3)
    assert says in done.document["error"]["message"]


def test_a_filter_that_no_file_matches_is_named(here: Run, shop: str) -> None:
    here("github", "add", shop)
    done = here("query", "basket", "--language", "rust")
    assert (done.code, done.out) == (0, "No hits.\n")
    assert done.err == "ccingest: No file that is searched is of the language rust.\n"
    done = here("query", "basket", "--path", "*.py", "--path", "srx/**", "--json")
    assert done.document["hits"]  # another filter matches, so there are hits
    done = here("query", "basket", "--path", "srx/**", "--json")
    assert done.document["note"] == "No file that is searched has a path like 'srx/**'."
    assert here("query", "basket", "--json").document["note"] is None
    done = here("query", "basket", "--path", "https://u:hunter2@github.com/o/r", "--json")
    assert "hunter2" not in done.out + done.err


def test_a_dataset_is_found_in_another_project(here: Run, shop: str) -> None:
    done = here("query", "basket")
    assert (done.code, "ccingest add WHAT" in done.err) == (3, True)
    here("github", "add", shop, "--project", "work")
    for command in (["query", "basket", "-d", "org-shop"], ["sync", "org-shop"],
                    ["delete", "org-shop", "--yes"], ["show", "sums.py", "-d", "org-shop"]):  # fmt: skip
        done = here(*command)
        assert done.code == 3
        assert "is in project 'work', and not in 'default'; name the project" in done.err
    done = here("query", "basket", "-p", "wrok")
    assert "Project 'wrok' has no datasets, did you mean 'work'" in done.err
