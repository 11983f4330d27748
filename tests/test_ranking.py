from __future__ import annotations

import pytest

from ccingest.ranking import (
    Found,
    Ranked,
    by_score,
    defines,
    fair_share,
    file_name_match,
    hybrid,
    is_aside,
    share,
)
from ccingest.records import Candidate, Chunk, DatasetVersion

DATASET = DatasetVersion(
    dataset_id=1,
    project="default",
    name="org-repo",
    scope="project",
    repository="org/repo",
    host="github.com",
    branch="main",
    sha="0" * 40,
    embedder="m",
    chunker="c",
    selection="",
    table_name="t",
    table_version=1,
    files=1,
    chunks=1,
)


def found(path: str, score: float, line: int = 1, names: tuple[str, ...] = ()) -> Found:
    chunk = Chunk(path, line, line, "python", "", "block", "x", defines=names)
    return Found(DATASET, Candidate(chunk, f"{path}#{line}", score))


def order(*scores: tuple[str, float]) -> list[str]:
    return [item.found.candidate.chunk.path for item in by_score([found(p, s) for p, s in scores])]


def test_best_first_and_ties_by_path() -> None:
    assert order(("b", 0.5), ("a", 0.5), ("c", 0.9)) == ["c", "a", "b"]


def paths(ranked: list[Ranked]) -> list[str]:
    return [item.found.candidate.chunk.path for item in ranked]


def test_what_both_searches_find_comes_first() -> None:
    vector = by_score([found("only-vector", 0.9), found("both", 0.8)])
    text = by_score([found("only-text", 12.0), found("both", 11.0)])
    assert paths(hybrid("x", [vector], text)) == ["both", "only-text", "only-vector"]


def test_a_name_is_found_where_it_is_defined() -> None:
    uses, defined = found("a.py", 9.0), found("b.py", 8.0, names=("Mux.Handle",))
    ranking = by_score([uses, defined])
    assert paths(hybrid("Mux.handle", [], ranking)) == ["b.py", "a.py"]
    assert paths(hybrid("where do requests go", [], ranking)) == ["a.py", "b.py"]


def test_the_name_of_a_file_counts() -> None:
    ranking = by_score([found("a.py", 9.0), found("retry_policy.py", 8.0)])
    assert paths(hybrid("the retry policy", [], ranking))[0] == "retry_policy.py"


def test_tests_stand_behind_unless_they_are_asked_for() -> None:
    ranking = by_score([found("tests/test_a.py", 9.0), found("src/a.py", 7.0)])
    assert paths(hybrid("parse a header", [], ranking))[0] == "src/a.py"
    assert paths(hybrid("tests of parsing", [], ranking))[0] == "tests/test_a.py"


def test_chunks_of_one_file_speak_for_each_other() -> None:
    ranking = by_score([found("one.py", 9.0), *(found("two.py", 8.0, line=i) for i in (1, 2, 3))])
    assert paths(hybrid("x y z", [], ranking))[0] == "two.py"


def test_scores_do_not_depend_on_the_scale_of_a_search() -> None:
    small = by_score([found("a", 0.2), found("b", 0.1)])
    large = by_score([found("a", 20.0), found("b", 10.0)])
    assert [item.score for item in hybrid("q", [small], [])] == pytest.approx(
        [item.score for item in hybrid("q", [large], [])]
    )
    assert hybrid("q", [], []) == []
    assert paths(hybrid("q", [by_score([found("a", -0.5)])], [])) == ["a"]


def test_signals() -> None:
    terms = frozenset({"retry", "policy", "delay", "cap"})
    assert share(terms, "retry of the policy") == 0.5
    assert share(frozenset(), "anything") == 0.0
    assert file_name_match(terms, "src/RetryPolicy.swift") == pytest.approx(2 / 3)
    assert file_name_match(frozenset({"retry"}), "retry.py") == 1.0
    assert defines("handle", found("a", 1, names=("Mux.Handle",)).candidate.chunk) == 1.0
    assert defines("handle", found("a", 1, names=("handler",)).candidate.chunk) == 0.0


@pytest.mark.parametrize(
    ("path", "aside"),
    [
        ("src/router.py", False),
        ("lib/contest.rb", False),
        ("src/testament.go", False),
        ("src/latest.ts", False),
        ("tests/router.py", True),
        ("pkg/router_test.go", True),
        ("src/router.spec.ts", True),
        ("src/RouterTest.java", True),
        ("examples/hello/main.rs", True),
        ("README.md", True),
    ],
)
def test_what_stands_aside(path: str, aside: bool) -> None:
    assert is_aside(path) is aside


def test_a_file_gets_its_fair_share_and_nothing_is_lost() -> None:
    ranked = by_score([found("a", 1 - i / 10, line=i + 1) for i in range(4)] + [found("b", 0.1)])
    shared = fair_share(ranked, per_file=2)
    assert [item.found.candidate.chunk.path for item in shared] == ["a", "a", "b", "a", "a"]
    assert sorted(item.found.key for item in shared) == sorted(item.found.key for item in ranked)
