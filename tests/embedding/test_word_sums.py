"""Words tokenized one by one: the same tokens as fastembed has of whole texts, and exact sums."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastembed.common.model_description import DenseModelDescription, ModelSource
from fastembed.text.static_embedding import StaticTextEmbedding
from hypothesis import given, settings
from hypothesis import strategies as st

from ccingest.embedding import word_sums
from ccingest.embedding.bundled import DEFAULT_MODEL, FOLDER, BundledModel, load_bundled
from ccingest.embedding.embedder import quantize_weights
from ccingest.embedding.word_pieces import WordPieces
from ccingest.embedding.word_sums import WordSums

SAMPLES = [
    path.read_text() for path in sorted((Path(__file__).parent.parent / "samples").iterdir())
]
WORDS = st.sampled_from(
    ["getUserById", "HTTPServer2x", "größe_Ändern", "日本語", "e\u0301", "x" * 120]
)
NAMES = st.text("aersTHX29", max_size=20)
TEXTS = st.lists(st.one_of(st.text(max_size=40), NAMES, WORDS), max_size=20).map("".join)


class OfFastembed(StaticTextEmbedding):
    """The model in the package as fastembed loads it."""

    @classmethod
    def _list_supported_models(cls) -> list[DenseModelDescription]:
        return [
            DenseModelDescription(
                model=DEFAULT_MODEL,
                dim=256,
                description="",
                license="mit",
                size_in_GB=0.01,
                sources=ModelSource(url="file://localhost/none"),
                model_file="model.safetensors",
            )
        ]


@pytest.fixture(scope="module")
def theirs() -> Any:
    model: Any = OfFastembed(DEFAULT_MODEL, specific_model_path=str(FOLDER), mmap=True)
    model.tokenizer.no_truncation()
    model.weights = quantize_weights(model.weights)
    return model


@pytest.fixture(scope="module")
def ours() -> BundledModel:
    return load_bundled()


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_the_tokens_of_a_text(ours: BundledModel, theirs: Any, text: str) -> None:
    whole = theirs.tokenizer.encode(text, add_special_tokens=False).ids
    found = [token for some, _ in ours.vocabulary.sums.tokens([text]) for token in some.tolist()]
    assert found == [token for token in whole if token != theirs.unk_token_id]


def test_a_token_counts_by_the_root_of_how_often_it_is_there(
    ours: BundledModel, theirs: Any
) -> None:
    texts = ["", "?! -", *SAMPLES, *(sample[start:] for sample in SAMPLES for start in (7, 99))]
    vectors = ours.embed_documents(texts)
    assert vectors.dtype == np.float32
    assert not vectors[:2].any()
    plainly = np.stack([plain_vector(theirs, text) for text in texts])
    np.testing.assert_allclose(vectors, plainly, atol=1e-3)
    assert (ours.embed_query(texts[2]) == vectors[2]).all()
    once, twice, four_times = ours.vocabulary.sums.of(["walrus", "walrus walrus", "walrus " * 4])
    assert (four_times == 2 * once).all()
    assert np.linalg.norm(twice - once * np.sqrt(2)) < 0.01 * np.linalg.norm(twice)


@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_a_text_alone_has_the_sum_that_it_has_among_others(ours: BundledModel, text: str) -> None:
    text = f"{text} {text[:9]}"
    assert (
        ours.vocabulary.sums.of([text])[0] == ours.vocabulary.sums.of([text, "another"])[0]
    ).all()


def test_no_library_is_loaded_for_words_of_ascii(ours: BundledModel) -> None:
    pieces = WordPieces(FOLDER)
    sums = WordSums(pieces, ours.vocabulary.sums._matrix, ours.vocabulary.sums._weights)
    sums.of(["read and write and read"])
    pieces.of(["read", "read"])
    assert "_tokenizer" not in vars(pieces)


def plain_vector(theirs: Any, text: str) -> Any:
    """In the plainest way, and without rounding."""
    total: Any = np.zeros(256)
    for token, times in Counter(
        theirs.tokenizer.encode(text, add_special_tokens=False).ids
    ).items():
        if token != theirs.unk_token_id:
            total += theirs.embeddings[token] * theirs.weights[token] * times**0.5
    return total / max(float(np.linalg.norm(total)), 1e-12)


def test_the_order_of_the_words_changes_no_bit(ours: BundledModel) -> None:
    words = " ".join(SAMPLES).split()
    backwards = [" ".join(reversed(words)), " ".join(words)]
    first, second = ours.embed_documents(backwards)
    assert (first == second).all()


def test_forgetting_words_changes_nothing(
    ours: BundledModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = ours.vocabulary.sums.of(SAMPLES)
    monkeypatch.setattr(word_sums, "_MOST_WORDS", 5)
    for _ in range(2):
        assert (ours.vocabulary.sums.of(SAMPLES) == sums).all()
