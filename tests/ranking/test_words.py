"""How chunks meet the words of a question, and the nets that see it, against plain loops."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from ccingest.embedding import load_vocabulary
from ccingest.models import Candidate, Chunk
from ccingest.ranking import Candidates, Found, ParsedQuery, explain, hybrid, words
from ccingest.ranking.fusion import BY_WORDS
from ccingest.ranking.ranker import load_ranker
from ccingest.ranking.word_nets import BEST, second_stage
from ccingest.ranking.words import MOST_WORDS, WAYS, KnownTokens, Met, met
from values import DATASET

QUESTION = "how is a failed request retried"
TEXTS = (
    "def retry(request):\n    retry(request) or retry(request) or fail(request)\n",
    "class HttpServer:\n    listen = backlog\n",
    "+ - *\n",
    "",
)


def chunk(text: str, path: str = "src/pool.py", symbol: str = "Pool.again") -> Chunk:
    return Chunk(path, 1, 3, "python", symbol, "function", text)


def plainly(token: int, own: Counter[int], often: int, root: bool) -> tuple[float, float]:
    vocabulary = load_vocabulary()
    times = own[token] ** 0.5 if root else own[token]
    alike = [0.0]
    for other in own:
        if other != token:
            pair = vocabulary.matrix[[token, other]].astype(np.float64)
            alike.append(float(pair[0] @ pair[1] / np.prod(np.linalg.norm(pair, axis=1))))
    return min(times, often) / often, max(alike)


def counted(text: str) -> Counter[int]:
    tokens, times = load_vocabulary().counted([text])[0]
    return Counter(dict(zip(tokens.tolist(), times.tolist(), strict=True)))


def test_how_chunks_meet_words_is_that_of_plain_loops() -> None:
    chunks = [*map(chunk, TEXTS), chunk("x", path="+", symbol="")]
    found = met(QUESTION, chunks, load_vocabulary())
    assert found is not None
    asked = counted("failed request retried")
    assert found.ways.shape == (len(asked), len(chunks), WAYS)
    tells = load_vocabulary().tells(np.array(list(asked)))
    order = np.argsort(-tells, kind="stable")
    assert found.tells.tolist() == tells[order].tolist()
    for row, token in enumerate(np.array(list(asked))[order].tolist()):
        for place, one in enumerate(chunks):
            title = "pool Pool.again" if one.symbol else ""
            in_text = plainly(token, counted(one.text), 4, True)
            in_title = plainly(token, counted(title), 3, False)
            expected = in_text[0], in_title[0], in_text[1], in_title[1]
            assert found.ways[row, place].tolist() == pytest.approx(expected, abs=1 / 255)


def test_of_a_long_question_the_words_that_tell_most_count() -> None:
    question = " ".join(
        ("socket mutex lexer parser broker cursor tensor kernel cache queue".split()) * 2
    )
    found = met(question + " shader codec daemon", [chunk(TEXTS[0])], load_vocabulary())
    assert found is not None
    assert len(found.tells) == MOST_WORDS
    assert (np.diff(found.tells) <= 0).all()


def test_a_question_without_known_words_meets_nothing() -> None:
    assert met("?!", [chunk(TEXTS[0])], load_vocabulary()) is None
    assert met(QUESTION, [], load_vocabulary()) is None


def test_tokens_are_worked_out_once_and_forgotten_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known, chunks = KnownTokens(), [*map(chunk, TEXTS)]
    first = known.of(chunks, load_vocabulary())
    again = known.of(chunks[::-1], load_vocabulary())[::-1]
    assert all(one is other for one, other in zip(first, again, strict=True))
    monkeypatch.setattr(words.KnownTokens, "MOST", 3)
    fresh = known.of(chunks, load_vocabulary())
    assert not any(one is other for one, other in zip(first, fresh, strict=True))
    for one, other in zip(first, fresh, strict=True):
        assert [part.tolist() for pair in one for part in pair] == [
            part.tolist() for pair in other for part in pair
        ]


def test_the_nets_are_those_of_plain_loops() -> None:
    nets = load_ranker().words
    random = np.random.default_rng(1)
    first = np.sort(random.normal(size=5).astype(np.float32))[::-1] * 5
    seen = Met(random.random((3, 5, WAYS), dtype=np.float32), np.array([2, 5, 90], np.float32))
    scores = np.mean([plain_net(net, first, seen) for net in range(len(nets.first))], axis=0)
    scores += first.mean() - scores.mean()
    assert nets.scores(first, seen).tolist() == pytest.approx(scores.tolist(), abs=1e-4)


def plain_net(net: int, first: np.ndarray, seen: Met) -> np.ndarray:
    nets = load_ranker().words
    behind = [max(float(score - max(first)), -6.0) for score in first]
    weights, units = [], []
    for word, tells in enumerate(seen.tells.tolist()):
        ways = seen.ways[word]
        about = [
            min(max(tells / float(nets.usual), 0.05), 8.0) / 4, float(np.mean(ways[:, 0] > 0)),
        ]  # fmt: skip
        count = np.tanh(nets.counts[net] @ about + nets.count_biases[net]) @ nets.count_outer[net]
        weights.append(np.log1p(np.exp(count + nets.count_bias[net] + 1)))
        of_word = [
            nets.words[net] @ [*way, *(way - ways.max(0)), *about] + nets.word_biases[net]
            for way in ways
        ]
        units.append(np.maximum(of_word, 0))
    mean = sum(weight * unit for weight, unit in zip(weights, units, strict=True)) / sum(weights)
    numbers = mean @ nets.means[net].T + nets.mean_biases[net]
    scores = []
    for place, row in enumerate(numbers):
        inputs = [
            behind[place] / 2, np.mean(behind) / 2,
            *row, *(row - numbers.mean(0)), *(row - numbers.max(0)),
        ]  # fmt: skip
        hidden = np.maximum(nets.inner[net] @ inputs + nets.biases[net], 0)
        added = hidden @ nets.outer[net] + nets.straight[net] @ inputs
        scores.append(nets.first[net] * behind[place] + added)
    return np.array(scores)


def test_what_is_not_looked_at_again_stays_behind() -> None:
    scores = np.array([5.0, 1.0, 4.0, 0.5], dtype=np.float32)
    found = second_stage(scores, np.array([0, 2]), np.array([2.0, 3.0], dtype=np.float32))
    assert found.tolist() == [2.0, -1.0, 3.0, -1.5]


def candidates(texts: list[str], vocabulary: bool = True) -> Candidates:
    found = [
        Found(DATASET, Candidate(chunk(text, f"src/{at}.py"), 0, 0.5, 1.0))
        for at, text in enumerate(texts)
    ]
    return Candidates(found, vocabulary=load_vocabulary() if vocabulary else None)


def test_the_second_stage_is_a_part_of_the_explanation() -> None:
    texts = [f"value_{number} = {number}\n" for number in range(BEST + 4)] + [*TEXTS]
    asked = ParsedQuery.of(QUESTION)
    ranking = hybrid(asked, candidates(texts))
    assert {item.found.file for item in ranking} == {
        item.found.file for item in hybrid(asked, candidates(texts, vocabulary=False))
    }
    for item in ranking:
        assert item.columns is not None
        why = {part.name: part for part in explain(item)}
        assert why["each_word"].points == pytest.approx(float(item.columns[BY_WORDS][item.place]))
        assert sum(part.points for part in why.values()) == pytest.approx(item.score, abs=1e-3)
    assert ranking[0].found.candidate.chunk.text == TEXTS[0]
