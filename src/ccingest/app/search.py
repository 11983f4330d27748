"""Answering questions about the datasets of a home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccingest.app.home import Home
from ccingest.db.catalog import searchable
from ccingest.errors import UsageError
from ccingest.models import Dataset, SearchResult

if TYPE_CHECKING:
    from ccingest.embedding import Embedder
    from ccingest.search import Question, Searcher


@dataclass(frozen=True, slots=True)
class SearchScope:
    """Which datasets to search: those named in `datasets` and `repositories`, or all if both are empty."""

    project: str | None  # None: every project
    datasets: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()


class HomeSearcher:
    """Answers questions about a home's datasets. Any number of threads may use it.

    It keeps models and tables open, so the second question is faster than the first.
    """

    def __init__(self, home: Home) -> None:
        from ccingest.search import Searcher

        self._home = home
        self._searcher = Searcher(home.store, tuple, self._load_embedder)

    def over(self, scope: SearchScope) -> Searcher:
        """A searcher of these datasets. All searchers of this home share their models and tables.

        Raises DatasetNotFoundError when there are none.
        """
        published = _Published(self._home, scope)
        published()  # report an unknown dataset before loading a model
        return self._searcher.over(published)

    def search(self, question: Question, scope: SearchScope) -> SearchResult:
        """Raises DatasetNotFoundError, UsageError for an empty question, StoreError."""
        hits = self.over(scope).search(question)
        return SearchResult(question.text, question.k, tuple(hits))

    def _load_embedder(self, name: str) -> Embedder:
        from ccingest.embedding import load_embedder

        return load_embedder(name, cache=self._home.settings.model_cache)


@dataclass(frozen=True, slots=True)
class _Published:
    """The datasets of a scope. Called for each question, so a searcher sees new versions."""

    home: Home
    scope: SearchScope

    def __call__(self) -> list[Dataset]:
        return searchable(
            self.home.connection,
            self.scope.project,
            names=self.scope.datasets,
            repositories=self.scope.repositories,
        )


def make_question(
    text: str,
    *,
    k: int = 5,
    mode: str = "hybrid",
    languages: Sequence[str] = (),
    paths: Sequence[str] = (),
    context: int = 0,
) -> Question:
    """Raises UsageError for a mode or a language that does not exist."""
    from ccingest.languages import resolve_language
    from ccingest.search import MODES, Question

    for known in MODES:
        if mode == known:
            resolved = tuple(map(resolve_language, languages))
            return Question(text, k, known, resolved, tuple(paths), context)
    raise UsageError(f"mode is {mode!r}, but must be one of {', '.join(MODES)}.", parameter="mode")
