from __future__ import annotations

import dataclasses
import re
import time

import numpy as np
import pytest

import values
from ccingest.models import CONTENTS, Candidate, Chunk, Content
from ccingest.ranking import (
    Found,
    ParsedQuery,
    Ranked,
    by_bm25,
    by_similarity,
    confidence,
    content_of,
    explain,
    fair_share,
    fold_copies,
    patterns_of,
)
from ccingest.ranking import hybrid as ranked
from ccingest.ranking.fusion import REPEATED, judge
from ccingest.ranking.names import title_of
from ccingest.ranking.penalties import PENALTIES
from ccingest.ranking.pool import Candidates, make_pool
from ccingest.ranking.signals import SIGNALS
from ccingest.terms import stem
from values import reference

FACTORS = {penalty.name: penalty.factor for penalty in PENALTIES}
DATASET = dataclasses.replace(values.DATASET, name="org-repo", source=reference("org/repo"))


def found(
    path: str,
    bm25: float,
    similarity: float = 0.0,
    line: int = 2,
    names: tuple[str, ...] = (),
    text: str = "x",
) -> Found:
    chunk = Chunk(path, line, line, "python", "", "block", text, defines=names)
    return Found(DATASET, Candidate(chunk, line, similarity, bm25))


def paths(ranking: list[Ranked]) -> list[str]:
    return [item.found.candidate.chunk.path for item in ranking]


def hybrid(question: str, *candidates: Found) -> list[str]:
    """The order of paths by the rules, whatever the question: what signals and penalties do."""
    items = judge(make_pool(ParsedQuery.of(question), Candidates(candidates)))
    return paths(sorted(items, key=lambda item: -item.score))


def signals(question: str, candidate: Found, *others: Found) -> dict[str, float]:
    """The values of the signals, above 0, and of the penalties that apply."""
    pool = make_pool(ParsedQuery.of(question), Candidates([candidate, *others]))
    item = judge(pool)[0]
    values = dict(zip((signal.name for signal in SIGNALS), item.values, strict=True))
    applied = zip(PENALTIES, item.applied, strict=True)
    return {name: value for name, value in values.items() if value} | {
        penalty.name: penalty.factor for penalty, applies in applied if applies
    }


def test_best_first_and_ties_by_path() -> None:
    candidates = [found("b", 0.5, 0.7), found("a", 0.5, 0.7), found("c", 0.9, -0.2), found("d", 0)]
    assert paths(by_bm25(candidates)) == ["c", "a", "b"]
    assert paths(by_similarity(candidates)) == ["a", "b", "d", "c"]


def test_what_both_searches_find_comes_first() -> None:
    candidates = found("by-meaning", 0, 0.9), found("by-text", 12.0), found("both", 11.0, 0.8)
    assert hybrid("zzz", *candidates) == ["both", "by-text", "by-meaning"]


def test_a_name_is_found_where_it_is_defined() -> None:
    uses, defined = found("a.py", 9.0), found("b.py", 8.0, names=("Mux.Handle",))
    assert hybrid("Mux.handle", uses, defined) == ["b.py", "a.py"]
    assert hybrid("how does Mux.Handle dispatch", uses, defined) == ["b.py", "a.py"]
    assert hybrid("where do requests go", uses, defined) == ["a.py", "b.py"]


def test_what_no_search_found_but_the_question_names_is_ranked_too() -> None:
    candidates = found("a.py", 9.0), found("b.py", 0.0, names=("Mux",)), found("c.py", 0.0)
    assert hybrid("Mux", *candidates) == ["b.py", "a.py", "c.py"]


def test_tests_stand_behind_unless_they_are_asked_for() -> None:
    candidates = found("tests/test_a.py", 9.0), found("src/a.py", 7.0)
    assert hybrid("parse a header", *candidates)[0] == "src/a.py"
    assert hybrid("tests of parsing", *candidates)[0] == "tests/test_a.py"


def test_a_title_and_a_whole_file_speak_for_a_chunk() -> None:
    plain = found("a.py", 5.0)
    titled = found("b.py", 5.0)._replace(title=0.5)
    of_file = plain.candidate._replace(
        chunk=found("c.py", 5.0).candidate.chunk, ordinal=2, file_bm25=3.0
    )
    assert hybrid("x y z", plain, titled)[0] == "b.py"
    assert hybrid("x y z", plain, Found(DATASET, of_file))[0] == "c.py"
    assert (
        title_of(found("a/b.py", 1, names=("Mux", "Mux.get")).candidate.chunk)
        == "a/b.py Mux Mux.get"
    )


def test_of_several_repositories_the_one_that_is_named_comes_first() -> None:
    other = dataclasses.replace(
        DATASET, dataset_id=2, name="react-router", source=reference("r/other")
    )
    here, there = found("a.py", 9.0), Found(other, found("b.py", 8.0).candidate)
    assert hybrid("how is a route matched", here, there) == ["a.py", "b.py"]
    assert hybrid("how does `react-router` match a route?", here, there) == ["b.py", "a.py"]
    assert hybrid("how does Repo match a route", there, here) == ["a.py", "b.py"]
    assert hybrid("what is React Router's way to match", here, there) == ["b.py", "a.py"]
    assert "repository_named" not in signals("how does react-router match", there)
    assert "repository_named" not in signals("how do react-router and repo match", there, here)


def test_the_trees_too_follow_the_name_of_a_repository() -> None:
    other = dataclasses.replace(
        DATASET, dataset_id=2, name="axum", source=reference("tokio-rs/axum")
    )
    better, named = found("a.py", 9.0, 0.8), Found(other, found("b.py", 5.0, 0.5).candidate)
    asked = ParsedQuery.of("where is the mount point of a router cut off in axum?")
    assert paths(ranked(asked, Candidates([better, named]))) == ["b.py", "a.py"]
    (first, *_) = ranked(asked, Candidates([better, named]))
    assert next(part for part in explain(first) if part.name == "names").points > 1


def test_chunks_of_one_file_speak_for_each_other() -> None:
    lines = [found("two.py", 8.0, line=i) for i in (2, 3, 4)]
    assert hybrid("x y z", found("one.py", 9.0), *lines)[0] == "two.py"


def test_scores_do_not_depend_on_the_scale_of_a_search() -> None:
    small = [found("a", 0.2, 0.02), found("b", 0.1, 0.01)]
    large = [found("a", 20.0, 0.2), found("b", 10.0, 0.1)]
    asked = ParsedQuery.of("q")
    assert [item.score for item in ranked(asked, Candidates(small))] == pytest.approx(
        [item.score for item in ranked(asked, Candidates(large))]
    )
    assert ranked(asked, Candidates([])) == []
    assert paths(ranked(asked, Candidates([found("a", 0, -0.5)]))) == ["a"]


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Mux", "identifier"),
        ("std::vec::Vec", "identifier"),
        ("router.handle()", "identifier"),
        ("save!", "identifier"),
        ("src/app.py", "path"),
        ("mux.go", "path"),
        ("how are requests routed", "words"),
        ("how are errors handled", "words"),
        ("for (int i = 0; i < n; i++) {", "code"),
        ("total = sum(prices)", "code"),
        ("TypeError: cannot read property of undefined", "error"),
        ("日本語", "identifier"),
        ("?", "words"),
    ],
)
def test_kinds_of_questions(question: str, kind: str) -> None:
    assert ParsedQuery.of(question).kind == kind


def test_names_and_paths_in_sentences() -> None:
    asked = ParsedQuery.of("how does Router.Route in src/mux.go call find_handler or getUser?")
    assert asked.names >= {"route", "find_handler", "getuser"}
    assert "src/mux.go" in asked.paths
    assert ParsedQuery.of("how are requests routed").names == frozenset()


@pytest.mark.parametrize(
    ("signal", "question", "candidate", "value"),
    [
        ("file_name", "the retry policy", found("src/RetryPolicy.swift", 1), 1.0),
        ("file_name", "routing of requests", found("router.py", 1), 1.0),
        ("file_name", "a policy", found("retry_policy.py", 1), 1 / 3),
        ("path_asked_for", "what does src/app.py do", found("lib/src/app.py", 1), 1.0),
        ("path_asked_for", "app.py", found("lib/snapp.py", 1), None),
        ("defines_name", "ZodType", found("a", 1, names=("core.ZodType",)), 1.0),
        ("defines_name", "core.ZodType", found("a", 1, names=("$ZodType",)), 0.5),
        ("defines_name", "changeset", found("a", 1, names=("Changeset",)), 0.5),
        ("defines_name", "handle", found("a", 1, names=("handler",)), None),
        ("passes_name_on", "Json", found("mod.rs", 1, text="pub use {\n  axum::Json,\n};"), 1.0),
        ("passes_name_on", "Json", found("mod.rs", 1, text="pub use axum; struct Json;"), None),
        ("passes_name_on", "Json", found("i.ts", 1, text="export type { A, Json } from './a'"), 1.0),
        ("passes_name_on", "Json", found("i.ts", 1, text="import { Json } from './a'"), None),
        ("passes_name_on", "Json", found("p/__init__.py", 1, text="x\nfrom a import (\n  A,\n  Json)"), 1.0),
        ("passes_name_on", "Json", found("i.py", 1, text="from .a import Json"), None),
        ("passes_name_on", "Json", found("a.rs", 1, names=("Json",), text="pub use a::Json;"), None),
        ("passes_name_on", "a Json value", found("a.rs", 1, text="pub use a::Json;"), None),
        ("defines_name_in_words", "how getUser works", found("a", 1, names=("getUser",)), 1.0),
        ("compound_name", "the event loop", found("a", 1, names=("EventLoop",)), 1.0),
        ("file_head", "x", found("a", 1, line=1), 1.0),
        ("literal", "error: no such host found", found("a", 1, text="error: no such\n host found"), 1.0),
        ("test", "x", found("src/RouterTest.java", 1), FACTORS["test"]),
        ("test_symbol", "x", found("src/a.rs", 1, names=("tests", "tests.one")), None),
        ("example", "x", found("examples/a.rs", 1), FACTORS["example"]),
        ("prose", "x", found("README.md", 1), FACTORS["prose"]),
        ("prose", "x", found("LICENSE", 1), FACTORS["prose"]),
        ("prose", "x", found("lib/changeset.ex", 1), None),
        ("prose", "x", found("src/history.py", 1), None),
        ("compat", "x", found("src/ffi_compat.py", 1), FACTORS["compat"]),
        ("compat", "x", found("src/httpb.py", 1), None),
        ("prose", "read the documentation", found("README.md", 1), None),
        ("stub", "x", found("a.d.ts", 1), FACTORS["stub"]),
        ("stub", "haul_in", found("a.h", 1, text="API int haul_in(int n);"), FACTORS["stub"]),
        ("stub", "haul_in", found("a.h", 1, text="int haul_in(int n) { return 1; }"), None),
        ("stub", "haul_in", found("a.c", 1, text="int haul_in(int n);"), None),
        ("reexport", "x", found("pkg/__init__.py", 1), FACTORS["reexport"]),
        ("compat", "x", found("src/legacy/a.py", 1), FACTORS["compat"]),
    ],
)  # fmt: skip
def test_a_signal(signal: str, question: str, candidate: Found, value: float | None) -> None:
    # A second candidate, so that a word is told apart from those that all hold.
    values = signals(question, candidate, found("other/zzz.py", 1))
    assert values.get(signal) == (None if value is None else pytest.approx(value))


def test_tests_beside_the_code() -> None:
    chunk = dataclasses.replace(found("a.rs", 1).candidate.chunk, symbol="tests.it_works")
    candidate = Found(DATASET, Candidate(chunk, 9, bm25=1.0))
    assert signals("x", candidate)["test_symbol"] < 1


def test_an_older_version_stands_behind_unless_a_version_is_asked_for() -> None:
    old, new = found("api/v1/errors.py", 9.0), found("api/v2/errors.py", 8.0)
    assert hybrid("errors of the api", old, new)[0] == "api/v2/errors.py"
    assert hybrid("errors of the v1 api", old, new)[0] == "api/v1/errors.py"
    assert "older" not in signals("errors", found("api/v1/errors.py", 9.0))


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
    names = {penalty.name for penalty in PENALTIES}
    assert bool(names & signals("x", found(path, 1)).keys()) is aside


@pytest.mark.parametrize("question", ["retry policy", "Retry"])
def test_the_points_of_an_explanation_sum_to_the_score(question: str) -> None:
    candidates = [
        found("tests/test_retry.md", 3.0),
        found("retry.py", 2.0, 0.5, names=("Retry",)),
        found("retry.py", 1.0, 0.4, line=9),
    ]
    ranking = fair_share(ranked(ParsedQuery.of(question), Candidates(candidates)))
    for item in ranking:
        why = explain(item)
        assert sum(part.points for part in why) == pytest.approx(item.score, abs=1e-4)
        assert all(part.reason for part in why)
    assert [
        part.points for item in ranking for part in explain(item) if part.name == "repeated"
    ] == [pytest.approx(-REPEATED)]


def test_penalties_have_a_part_in_explanations() -> None:
    candidates = found("tests/test_retry.md", 3.0), found("retry.py", 2.0, names=("Retry",))
    last = ranked(ParsedQuery.of("Retry"), Candidates(candidates))[-1]
    names = {part.name: part.points for part in explain(last)}
    assert names["test"] < 0
    assert names["prose"] < 0


def test_trees_prefer_what_says_the_words_and_defines_something() -> None:
    """As NumPy walks the trees, and what they learned: of chunks that are alike in all else."""
    parsed = ParsedQuery.of("how is a failed request retried")
    said = np.zeros((2, len(parsed.word_forms), 5), dtype=np.uint16)
    said[1, :, 0] = 2
    plain = found("src/client.py", 5.0, 0.5, line=40)
    better = found("src/retry.py", 9.0, 0.7, line=40)._replace(title=0.5)
    assert paths(ranked(parsed, Candidates([plain, better], words=said))) == [
        "src/retry.py",
        "src/client.py",
    ]


def test_how_sure_a_hit_is() -> None:
    """Something that says all the words of the question is surer than something that says none."""
    parsed = ParsedQuery.of("how is a failed request retried")
    said = np.zeros((2, len(parsed.word_forms), 5), dtype=np.uint16)
    said[0] = 1
    both = [
        found("src/retry.py", 9.0, 0.7, line=40)._replace(title=0.6),
        found("src/colour.py", 0.0, 0.1, line=40),
    ]
    first, last = ranked(parsed, Candidates(both, words=said))
    high, low = confidence(first), confidence(last)
    assert high is not None
    assert low is not None
    assert 0 < low < high < 1
    assert confidence(by_bm25(both)[0]) is None


def test_near_copies_are_one_hit() -> None:
    body = "def shutdown(self): join workers stop pool wait drop sender close queue log done {}"
    copies = [found(f"step{i}/lib.py", 9 - i, text=body.format(i)) for i in range(4)]
    other = found(
        "book.md", 1.0, text="When the server stops, the pool waits for each of its workers"
    )
    kept, folded = fold_copies(by_bm25([*copies, other]))
    assert paths(kept) == ["step0/lib.py", "book.md"]
    assert folded == {"step0/lib.py": ("step1/lib.py", "step2/lib.py", "step3/lib.py")}


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("src/a.py", "code"), ("docs/a.md", "docs"), ("tests/test_a.py", "tests"),
        ("pyproject.toml", "config"), (".github/workflows/ci.yml", "config"), ("README", "code"),
        ("tests/data/x.json", "tests"), ("src/a.test.ts", "tests"),
    ],
)  # fmt: skip
def test_contents(path: str, content: Content) -> None:
    assert content_of(path) == content
    for name in CONTENTS:
        required, unwanted = patterns_of(name)
        fits = all(re.search(one, path) for one in required)
        fits = fits and not any(re.search(one, path) for one in unwanted)
        assert fits == (name == content)


def test_every_signal_has_a_name_a_reason_and_a_weight() -> None:
    parts = (*SIGNALS, *PENALTIES)
    assert len({part.name for part in parts}) == len(parts)
    assert all(signal.weight > 0 and signal.reason for signal in SIGNALS)
    assert all(0 < penalty.factor < 1 and penalty.reason for penalty in PENALTIES)


@pytest.mark.parametrize(
    "forms",
    ["handle handles handled handling", "query queries", "route routes routed routing", "run runs running", "class classes"],
)  # fmt: skip
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


def test_a_stem_is_not_another_word() -> None:
    assert stem("string") == "string"
    assert stem("used") == "used"
    assert stem("a") == "a"


@pytest.mark.parametrize("question", ["where do requests go", "Retry"])
def test_shares_are_the_same_with_the_ranking_and_after_it(question: str) -> None:
    candidates = Candidates(
        [
            found(f"src/{number % 5}.py", number % 7, number % 3 / 3, line=number + 1)
            for number in range(40)
        ]
    )
    asked = ParsedQuery.of(question)
    after = fair_share(ranked(asked, candidates), 0.2)
    at_once = ranked(asked, candidates, 0.2)
    assert [(item.found, item.place) for item in at_once] == [
        (item.found, item.place) for item in after
    ]
    assert [(item.score, item.repeated) for item in at_once] == [
        (item.score, item.repeated) for item in after
    ]
    assert {item.repeated for item in after} == {-0.2 * before for before in range(8)}


def test_a_file_gets_its_fair_share_and_nothing_is_lost() -> None:
    ranking = by_bm25([found("a", 1 - i / 10, line=i + 1) for i in range(4)] + [found("b", 0.55)])
    shared = fair_share(ranking, 0.2)
    assert paths(shared) == ["a", "a", "b", "a", "a"]
    assert [round(item.score, 2) for item in shared] == [1.0, 0.7, 0.55, 0.4, 0.1]
    assert sorted(item.found.key for item in shared) == sorted(item.found.key for item in ranking)


@pytest.mark.parametrize("word", ["null" * 20_000, "é" * 100_000, "a." * 30_000, "a_" * 30_000])
def test_a_long_word_takes_time_in_proportion_to_its_length(word: str) -> None:
    start = time.process_time()
    ParsedQuery.of(word)
    ParsedQuery.of(f"where is {word} used?")
    assert time.process_time() - start < 1
