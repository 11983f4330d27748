"""The models that a question needs: loaded once, asked once, and missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ccingest.embedding import load_embedder
from ccingest.errors import NetworkError, UnknownModelError
from ccingest.models import Question
from ccingest.search import Searcher
from ccingest.search.embedders import Embedders
from ccingest.store import TableStore
from search.test_searcher import TEXTS, make

BUNDLED = load_embedder("", cache=Path("/nonexistent"))


@dataclass
class CountedModel:
    """The model in the package under another name. It may fail."""

    name: str
    fails: bool = False
    dimensions: int = BUNDLED.dimensions
    chunks_per_batch: int = 8
    asked: list[str] = field(default_factory=list)

    def embed_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return BUNDLED.embed_documents(texts)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        self.asked.append(text)
        if self.fails:
            raise NetworkError("It is gone.")
        return BUNDLED.embed_query(text)


def test_a_vector_is_asked_for_once_and_a_failure_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    models = {"a": CountedModel("a"), "b": CountedModel("b", fails=True)}
    embedders = Embedders(models.__getitem__)
    for _ in range(3):
        asked = embedders.ask(["a", "b", "a"], "text")
        assert set(asked.vectors) == {"a"}
        assert asked.failures["b"].message == "It is gone."
    assert (models["a"].asked, models["b"].asked) == (["text"], ["text"])
    models["b"].fails = False
    monkeypatch.setattr("ccingest.search.embedders._REST", 0.0)
    embedders = Embedders(models.__getitem__)
    assert set(embedders.ask(["a", "b"], "text").vectors) == {"a", "b"}


def test_kept_vectors_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccingest.search.embedders._MOST_KEPT", 3)
    model = CountedModel("a")
    embedders = Embedders(lambda _: model)
    for text in ["1", "2", "3", "4", "4", "1"]:
        embedders.ask(["a"], text)
    assert model.asked == ["1", "2", "3", "4", "1"]


def test_a_model_that_is_no_more_is_a_note(tmp_path: Path) -> None:
    def load(name: str) -> CountedModel:
        raise UnknownModelError(f"There is no model {name!r}.")

    store = TableStore(tmp_path)
    dataset = replace(make(store, "shop", TEXTS), embedder="gone:model")
    searcher = Searcher(
        store, lambda: [dataset], lambda name: load(name) if ":" in name else BUNDLED
    )
    answer = searcher.answer(Question("check the password"))
    assert (answer.mode, answer.hits[0].path) == ("text", "src/login.py")
    assert answer.note == (
        "Searched by words only: shop, as its model gone:model fails: There is no model 'gone:model'."
    )
    assert searcher.answer(Question("check the password", mode="text")).note == ""
    with pytest.raises(UnknownModelError):
        searcher.answer(Question("check the password", mode="vector"))


def test_one_of_two_models_is_gone(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    there = make(store, "there", TEXTS)
    gone = replace(make(store, "gone", TEXTS, 2), embedder="gone")
    models = {"gone": CountedModel("gone", fails=True), BUNDLED.name: BUNDLED}
    searcher = Searcher(store, lambda: [there, gone], models.__getitem__)
    answer = searcher.answer(Question("check the password", k=10))
    assert (answer.mode, "Searched by words only: gone" in answer.note) == ("hybrid", True)
    assert {hit.dataset for hit in answer.hits if hit.path == "src/login.py"}
