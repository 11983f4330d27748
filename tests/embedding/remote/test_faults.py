"""What a service may do wrong, and what becomes of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from ccingest.embedding.remote import asking
from ccingest.errors import (
    AccessError,
    CcingestError,
    EmbedderError,
    NetworkError,
    RateLimitedError,
)
from ccingest.progress import Notice, Progress
from embedding.remote.conftest import KEY, Load
from embedding_server import EmbeddingServer, Fault, error_document

TEXTS = [f"text number {number}" for number in range(12)]
PASSING = [
    Fault(500),
    Fault(503, body=b"<html>upstream is down</html>"),
    Fault(429, headers={"Retry-After": "0"}),
    Fault(429),
    Fault(200, body=b'{"data": [', cut=1000),
    Fault(200, body=b"", cut=10),
]
BROKEN: list[tuple[Callable[[list[dict[str, Any]]], None], str]] = [
    (list.clear, "0 vectors for 1 texts"),
    (lambda data: data.append(dict(data[0], index=len(data))), "index"),
    (lambda data: data[0].update(index=7), "'7'"),
    (lambda data: data[0].update(embedding=[float("nan")] * 8), "infinite or none"),
    (lambda data: data[0].update(embedding=[1e300] * 8), "infinite or none"),
    (lambda data: data[0].update(embedding=["1"] * 8), "a vector that is none"),
    (lambda data: data[0].update(embedding=None), "a vector that is none"),
    (lambda data: data[0].update(embedding="!!!"), "a vector that is none"),
    (lambda data: data[0].update(embedding=[]), "dimensions"),
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault.status}-{len(fault.headers)}")
def test_a_fault_that_passes_is_survived(load: Load, server: EmbeddingServer, fault: Fault) -> None:
    embedder = load(batch_size=4)
    assert embedder.dimensions == 8
    server.faults = [fault, fault]
    assert embedder.embed_documents(TEXTS).any(axis=1).all()


def test_a_pause_is_kept_by_all_requests(load: Load, server: EmbeddingServer) -> None:
    notes: list[Progress] = []
    embedder = load(batch_size=4, emit=notes.append)
    assert embedder.dimensions == 8
    server.faults = [Fault(429, headers={"Retry-After": formatdate(time.time() + 3, usegmt=True)})]
    start = time.monotonic()
    embedder.embed_documents(TEXTS)
    assert time.monotonic() - start > 1
    said = [one.message for one in notes if isinstance(one, Notice)]
    assert len(said) == 1
    assert "Asked again in" in said[0]


def test_a_pause_that_is_too_long_fails(load: Load, server: EmbeddingServer) -> None:
    server.faults = [Fault(429, headers={"Retry-After": "3600"})]
    with pytest.raises(RateLimitedError, match="HTTP 429"):
        load().embed_documents(TEXTS)
    assert len(server.requests) == 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("change", "what"), BROKEN, ids=[what for _, what in BROKEN])
def test_an_answer_that_is_none_is_an_error(
    load: Load, server: EmbeddingServer, change: Callable[..., None], what: str
) -> None:
    embedder = load()
    assert embedder.dimensions == 8
    server.change = change
    with pytest.raises(EmbedderError, match=what):
        embedder.embed_query("text")
    assert len(server.requests) < 5


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"data": {}}', b"[" * 100_000, b"\xff\xfe", b'{"data": [1]}']
)
def test_an_answer_of_another_service_is_an_error(
    load: Load, server: EmbeddingServer, body: bytes
) -> None:
    server.faults = [Fault(200, body=body)] * 8
    with pytest.raises(EmbedderError, match="The answer of 127"):
        load().embed_documents(TEXTS)


def test_an_answer_without_end_is_not_read(load: Load, server: EmbeddingServer) -> None:
    server.faults = [Fault(200, body=b'{"data": [', repeat=b" " * 65_536)]
    with pytest.raises(EmbedderError, match="too much"):
        load().embed_documents(TEXTS)


@pytest.mark.usefixtures("quick")
def test_a_service_that_does_not_answer_is_left(
    load: Load, server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ccingest.embedding.remote.embedder.FOR_QUERIES", asking.Patience(2, 0.2, 0.1)
    )
    server.faults = [Fault(200, delay=1.0)] * 2
    with pytest.raises(NetworkError, match="did not answer within"):
        load().embed_query("text")


def test_a_redirect_is_not_followed(load: Load, server: EmbeddingServer) -> None:
    with EmbeddingServer().running() as other:
        for status in (301, 302, 307, 308):
            server.faults = [Fault(status, headers={"Location": f"{other.url}/embeddings"})]
            with pytest.raises(EmbedderError, match="sends elsewhere"):
                load().embed_documents(TEXTS)
        assert other.requests == []


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault(401, body=error_document(f"Incorrect API key: {KEY}.")), AccessError, "refuses"),
        (Fault(403), AccessError, "refuses the key in OPENAI_API_KEY"),
        (
            Fault(429, body=error_document("You exceeded your quota.", "insufficient_quota")),
            AccessError,
            "You exceeded your quota",
        ),
        (Fault(404, body=b"404 page not found"), EmbedderError, "page not found"),
        (Fault(404, body=error_document(f"no model for {KEY}")), EmbedderError, "no model for ..."),
        (Fault(400, body=error_document("bad model")), EmbedderError, "bad model"),
        (Fault(418, body=b'{"detail": "teapot"}'), EmbedderError, "teapot"),
    ],
)
def test_what_does_not_pass_fails_at_once_and_without_the_key(
    load: Load, server: EmbeddingServer, fault: Fault, kind: type[CcingestError], said: str
) -> None:
    server.faults = [fault]
    with pytest.raises(kind, match=said) as caught:
        load().embed_documents(TEXTS)
    assert KEY not in caught.value.message
    assert len(server.requests) == 1


def test_a_text_that_is_refused_costs_only_itself(load: Load, server: EmbeddingServer) -> None:
    notes: list[Progress] = []
    server.refused = "number 7"
    vectors = load(emit=notes.append).embed_documents(TEXTS)
    assert [place for place, row in enumerate(vectors) if not row.any()] == [7]
    assert [one.message for one in notes if isinstance(one, Notice)] == [
        f"{server.url.removeprefix('http://').removesuffix('/v1')} refuses a text, which has no "
        "vector now: an input is invalid."
    ]
    server.refused = ""
    assert load().embed_documents(TEXTS)[7].any()  # it is not kept as refused


def test_a_text_that_is_too_long_is_cut(load: Load, server: EmbeddingServer) -> None:
    server.longest = 100
    vectors = load().embed_documents(["short", "word " * 70, "last"])
    assert vectors.any(axis=1).all()
    assert max(len(text) for text in server.texts if len(text) <= 100) > 40


def test_a_service_that_refuses_all_is_not_asked_for_ever(
    load: Load, server: EmbeddingServer
) -> None:
    embedder = load()
    assert embedder.dimensions == 8
    server.refused = "text"
    with pytest.raises(EmbedderError, match="an input is invalid"):
        embedder.embed_documents([f"text {number}" for number in range(500)])
    assert len(server.requests) < 300


def test_a_stopped_job_ends_its_requests(load: Load, server: EmbeddingServer) -> None:
    class StopError(Exception):
        pass

    def stop(progress: Progress) -> None:
        if server.at_once:
            raise StopError

    embedder = load(batch_size=2, emit=stop)
    server.delay = 5.0
    start = time.monotonic()
    with pytest.raises(StopError):
        embedder.embed_documents(TEXTS)
    assert time.monotonic() - start < server.delay


def test_a_model_whose_size_changes_is_an_error(load: Load, server: EmbeddingServer) -> None:
    embedder = load()
    assert embedder.dimensions == 8
    server.dimensions = 16
    with pytest.raises(EmbedderError, match="16 dimensions instead of 8"):
        embedder.embed_query("text")


def test_the_body_of_a_request_is_plain_json(load: Load, server: EmbeddingServer) -> None:
    load().embed_query("text")
    assert server.requests == [{"model": "small", "input": ["text"]}]
    assert json.dumps(server.requests)
