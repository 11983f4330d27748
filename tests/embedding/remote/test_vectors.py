"""The vectors of services, over HTTP from a real server."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ccingest.embedding.remote.answers import AnswerError, vectors_in
from ccingest.embedding.remote.embedder import RemoteEmbedder
from embedding.remote.conftest import KEY, Load
from embedding_server import EmbeddingServer, vector_of

TEXTS = [f"def function_{number}(value): return value" for number in range(40)]


def expected(texts: list[str], dimensions: int = 8) -> np.ndarray[Any, Any]:
    return np.array([vector_of(text, dimensions) for text in texts], dtype=np.float32)


@pytest.mark.parametrize("name", ["openai:small", "ollama:mxbai-rerank", "voyage:voyage-code-3"])
def test_each_text_gets_its_vector(load: Load, server: EmbeddingServer, name: str) -> None:
    embedder = load(name)
    np.testing.assert_allclose(embedder.embed_documents(TEXTS), expected(TEXTS), atol=1e-6)
    np.testing.assert_allclose(embedder.embed_query("value"), expected(["value"])[0], atol=1e-6)
    assert embedder.dimensions == 8
    assert embedder.name == name
    assert {headers["Authorization"] for headers in server.headers} == {f"Bearer {KEY}"}


def test_texts_go_in_batches_and_several_at_once(load: Load, server: EmbeddingServer) -> None:
    embedder = load(batch_size=4)
    server.delay = 0.05
    np.testing.assert_allclose(embedder.embed_documents(TEXTS), expected(TEXTS), atol=1e-6)
    sizes = [len(request["input"]) for request in server.requests]
    assert sizes[0] == 1  # how many dimensions
    assert sizes[1:] == [4] * 10
    assert 1 < server.most_at_once <= 4
    assert embedder.chunks_per_batch == 16


def test_a_request_has_no_more_tokens_than_the_service_takes(
    load: Load, server: EmbeddingServer
) -> None:
    texts = [f"{number} " + "word " * 2500 for number in range(60)]  # 12,500 bytes each
    load().embed_documents(texts)
    for request in server.requests:
        assert sum(map(len, request["input"])) <= 600_000


def test_a_vector_of_any_length_and_size_becomes_a_unit_vector(
    load: Load, server: EmbeddingServer
) -> None:
    server.dimensions, server.length = 4096, 17.5
    vectors = load().embed_documents(TEXTS[:3])
    assert vectors.shape == (3, 4096)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_vectors_are_put_in_order_by_their_index(load: Load, server: EmbeddingServer) -> None:
    server.change = list.reverse
    np.testing.assert_allclose(load().embed_documents(TEXTS), expected(TEXTS), atol=1e-6)


def test_base64_is_asked_for_where_it_is_known_and_read_anywhere(
    load: Load, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ccingest.embedding.remote.providers.Endpoint.is_own", True)
    np.testing.assert_allclose(load().embed_documents(TEXTS), expected(TEXTS), atol=1e-6)
    assert server.requests[-1]["encoding_format"] == "base64"
    load("ollama:nomic").embed_documents(TEXTS)
    assert "encoding_format" not in server.requests[-1]


def test_the_service_is_told_how_many_dimensions_are_wanted(
    load: Load, server: EmbeddingServer
) -> None:
    assert load("openai:large#16").embed_documents(TEXTS).shape == (40, 16)
    assert server.requests[-1]["dimensions"] == 16
    assert load("voyage:large#32").embed_query("text").shape == (32,)
    assert server.requests[-1]["output_dimension"] == 32
    assert server.requests[-1]["input_type"] == "query"


def test_a_model_gets_the_words_that_it_was_trained_with(
    load: Load, server: EmbeddingServer
) -> None:
    embedder = load("ollama:nomic-embed-text:v1.5")
    embedder.embed_documents(["one"])
    embedder.embed_query("two")
    assert server.texts[-2:] == ["search_document: one", "search_query: two"]


def test_an_empty_text_is_not_sent_and_a_lone_surrogate_is_replaced(
    load: Load, server: EmbeddingServer
) -> None:
    vectors = load().embed_documents(["", " \n", "x\ud800y"])
    assert not vectors[:2].any()
    assert vectors[2].any()
    assert server.texts[1:] == ["x?y"]
    assert load().embed_documents([]).shape == (0, 8)
    assert not load().embed_query(" ").any()


def test_a_text_of_many_tokens_is_cut(load: Load, server: EmbeddingServer) -> None:
    load().embed_documents(["word " * 10_000])
    assert len(server.texts[-1]) == 16_384


def test_what_was_embedded_is_not_asked_for_again(load: Load, server: EmbeddingServer) -> None:
    first = load().embed_documents(TEXTS)
    server.requests.clear()
    again = load("openai:small#8").embed_documents(TEXTS)  # another name is another model
    assert len(server.texts) == 40
    server.requests.clear()
    np.testing.assert_array_equal(load().embed_documents([*TEXTS, "new"])[:40], first)
    assert server.texts == ["dimensions", "new"]
    np.testing.assert_array_equal(first, again)


def test_damaged_kept_vectors_only_cost_requests(
    load: Load, server: EmbeddingServer, tmp_path: Path
) -> None:
    load().embed_documents(TEXTS)
    (path,) = (tmp_path / "models" / "vectors").glob("*.db")
    path.write_bytes(b"no database" * 1000)
    for _ in range(2):
        np.testing.assert_allclose(load().embed_documents(TEXTS), expected(TEXTS), atol=1e-6)


def test_threads_share_an_embedder(load: Load) -> None:
    embedder: RemoteEmbedder = load()
    found: dict[int, Any] = {}

    def ask(number: int) -> None:
        found[number] = embedder.embed_query(TEXTS[number])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(
        np.stack([found[number] for number in range(8)]), expected(TEXTS[:8]), atol=1e-6
    )


def test_vectors_of_many_dimensions_come_in_small_answers(
    load: Load, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = load(batch_size=40)
    dimensions = embedder.dimensions
    monkeypatch.setattr("ccingest.embedding.remote.embedder._MOST_NUMBERS", 8 * dimensions)
    embedder.embed_documents(TEXTS)
    assert [len(request["input"]) for request in server.requests][1:] == [8] * 5


def test_an_answer_of_very_many_numbers_is_not_parsed() -> None:
    """As objects of Python it would take a gigabyte."""
    body = b'{"data": [{"embedding": [' + b"1," * 20_000_000 + b"1]}]}"
    start = time.process_time()
    with pytest.raises(AnswerError, match="holds more than vectors for 2 texts"):
        vectors_in(body, 2, 384)
    assert time.process_time() - start < 1
    vectors = json.dumps({"data": [{"embedding": [1.0] * 384, "index": n} for n in range(2)]})
    assert vectors_in(vectors.encode(), 2, 384).shape == (2, 384)
    assert vectors_in(vectors.encode(), 2, None).shape == (2, 384)
