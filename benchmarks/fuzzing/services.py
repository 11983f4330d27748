"""What an embedding service answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np

from ccingest.embedding.remote.answers import (
    MOST_DIMENSIONS,
    Answer,
    AnswerError,
    is_out_of_quota,
    is_too_long,
    reason_in,
    retry_after,
    vectors_in,
)
from fuzzing import samples
from fuzzing.texts import hostile, hostile_bytes, hostile_value

_KEY = "sk-1pW0vR3zq8KxA9bC7dE5fG3hJ1kL"


def vectors(random: Random) -> Iterator[str]:
    count, dimensions = random.choice([1, 2, 30]), random.choice([1, 3, 256])
    body = _body(random, count, dimensions)
    wanted = random.choice([None, dimensions, dimensions + 1])
    try:
        found = vectors_in(body, count, wanted)
    except AnswerError as error:
        yield str(error)
    else:
        assert found.shape == (count, wanted or found.shape[1])
        assert 0 < found.shape[1] <= MOST_DIMENSIONS
        assert found.dtype == np.float32
        assert np.isfinite(found).all()
    headers = {"Retry-After": hostile(random, samples.HEADERS)}
    failed = Answer(random.choice([400, 429, 500]), headers, _failure(random))
    is_too_long(failed), is_out_of_quota(failed)
    reason = reason_in(failed, _KEY)
    assert _KEY not in reason
    yield reason
    pause = retry_after(failed)
    assert pause is None or pause >= 0


def _body(random: Random, count: int, dimensions: int) -> bytes:
    rows: list[Any] = []
    for index in range(count):
        row = np.array([random.random() for _ in range(dimensions)], dtype="<f4")
        in_base64 = base64.b64encode(row.tobytes()).decode()
        vector: Any = in_base64 if random.random() < 0.5 else row.tolist()
        rows.append({"object": "embedding", "index": index, "embedding": vector})
    document: Any = {"object": "list", "data": rows, "model": "m", "usage": {"total_tokens": 3}}
    for _ in range(random.choice([0, 1, 3])):
        document = hostile_value(random, document)
    text = json.dumps(document)
    return hostile_bytes(random, [text]) if random.random() < 0.5 else text.encode()


def _failure(random: Random) -> bytes:
    said = f"Incorrect API key provided: {_KEY}. maximum context length is 8192 tokens"
    document: Any = {"error": {"message": said, "type": "x", "code": "insufficient_quota"}}
    if random.random() < 0.5:
        document = hostile_value(random, random.choice([document, {"detail": said}]))
    return json.dumps(document).encode()
