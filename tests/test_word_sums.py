"""Words tokenized one by one: the same tokens, and the same sums, as fastembed has of whole texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccingest import word_sums
from ccingest.embedding import load_embedder
from ccingest.word_sums import WordSums

SAMPLES = [path.read_text() for path in sorted((Path(__file__).parent / "samples").iterdir())]
WORDS = st.sampled_from(
    ["getUserById", "HTTPServer2x", "größe_Ändern", "日本語", "e\u0301", "x" * 120]
)
TEXTS = st.lists(st.one_of(st.text(max_size=40), WORDS), max_size=20).map("".join)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """fastembed's model, as the default embedder has it."""
    embedder: Any = load_embedder("", cache=tmp_path_factory.mktemp("cache"))
    assert isinstance(embedder.model.sums, WordSums)
    return embedder.model


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_the_tokens_of_a_text(model: Any, text: str) -> None:
    whole = model.tokenizer.encode(text, add_special_tokens=False).ids
    (found,) = model.sums.tokens([text])
    assert found.tolist() == [token for token in whole if token != model.unk_token_id]


def test_the_sums_of_code(model: Any) -> None:
    texts = ["", "?! -", *SAMPLES, *(sample[start:] for sample in SAMPLES for start in (7, 99))]
    sums = model.sums.of(texts)
    assert sums.dtype == np.float32
    assert not sums[:2].any()
    for text, found in zip(texts[2:], sums[2:], strict=True):
        ids, _ = model._token_ids([text])
        known = ids[ids != model.unk_token_id]
        whole = model._sum_rows(np.concatenate([known, known]), np.array([len(known)] * 2))
        assert (found == whole[0]).all()


def test_forgetting_words_changes_nothing(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sums = model.sums.of(SAMPLES)
    monkeypatch.setattr(word_sums, "_MOST_WORDS", 5)
    for _ in range(2):
        assert (model.sums.of(SAMPLES) == sums).all()
