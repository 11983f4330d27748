from __future__ import annotations

from ccingest.ranking import Found, by_score, fair_share, fuse
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


def found(path: str, score: float, line: int = 1) -> Found:
    chunk = Chunk(path, line, line, "python", "", "block", "x")
    return Found(DATASET, Candidate(chunk, f"{path}#{line}", score))


def order(*scores: tuple[str, float]) -> list[str]:
    return [item.found.candidate.chunk.path for item in by_score([found(p, s) for p, s in scores])]


def test_best_first_and_ties_by_path() -> None:
    assert order(("b", 0.5), ("a", 0.5), ("c", 0.9)) == ["c", "a", "b"]


def test_fusion_prefers_what_both_methods_find() -> None:
    vector = by_score([found("only-vector", 0.9), found("both", 0.8)])
    text = by_score([found("only-text", 12.0), found("both", 11.0)])
    fused = fuse([vector, text])
    assert fused[0].found.candidate.chunk.path == "both"
    assert {item.found.candidate.chunk.path for item in fused} == {
        "both",
        "only-vector",
        "only-text",
    }


def test_first_in_every_ranking_scores_one() -> None:
    ranking = by_score([found("a", 1.0), found("b", 0.5)])
    fused = fuse([ranking, ranking])
    assert fused[0].score == 1.0
    assert fused[1].score < 1.0


def test_fusing_nothing_is_nothing() -> None:
    assert fuse([]) == []
    assert fuse([[], []]) == []


def test_a_file_gets_its_fair_share_and_nothing_is_lost() -> None:
    ranked = by_score([found("a", 1 - i / 10, line=i + 1) for i in range(4)] + [found("b", 0.1)])
    shared = fair_share(ranked, per_file=2)
    assert [item.found.candidate.chunk.path for item in shared] == ["a", "a", "b", "a", "a"]
    assert sorted(item.found.key for item in shared) == sorted(item.found.key for item in ranked)
