"""Answering questions about the datasets of a home."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ccingest.app.arguments import check_lists
from ccingest.app.catalogue import Catalogue
from ccingest.app.freshness import Note, freshness_of
from ccingest.app.home import Home
from ccingest.app.replaced import following
from ccingest.app.views import files_of, whole
from ccingest.app.whole import from_whole_ones
from ccingest.errors import UsageError
from ccingest.models import (
    CONTENTS,
    MODES,
    SNIPPET_LINES,
    DamagedDataset,
    Dataset,
    Question,
    SearchResult,
)
from ccingest.secrets import hide_secrets

if TYPE_CHECKING:
    from ccingest.embedding import Embedder
    from ccingest.search import Searcher


_Choice = TypeVar("_Choice", bound=str)


@dataclass(frozen=True, slots=True)
class SearchScope:
    """Which datasets to search: those named in `datasets` and `repositories`, or all if both are empty."""

    project: str | None  # None: every project
    datasets: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    tree: str | None = None  # a work tree: its overlays are searched with their datasets
    notes: tuple[Note, ...] = ()  # what could not be brought up to date before


class HomeSearcher:
    """Answers questions about a home's datasets. Any number of threads may use it.

    It keeps models and tables open, so the second question is faster than the first.
    """

    def __init__(self, home: Home) -> None:
        from ccingest.search import Searcher

        self._home = home
        self._searcher = Searcher(home.store, tuple, self._load_embedder)
        self._catalogue = Catalogue()

    def over(self, scope: SearchScope) -> Searcher:
        """A searcher of these datasets. All searchers of this home share their models and tables.

        Raises DatasetNotFoundError when there are none.
        """
        return self.over_datasets(scope)[0]

    def over_datasets(
        self, scope: SearchScope, without: frozenset[int] = frozenset()
    ) -> tuple[Searcher, tuple[Dataset, ...]]:
        """The same, and the datasets. `without`: the ids of those to leave out."""
        published = _Published(self._home, self._catalogue, scope, without)
        datasets = published()  # reports an unknown dataset before loading a model
        if self._home.mirror:
            self._home.mirror.prepare(datasets)
        return self._searcher.over(published), whole(datasets)

    def search(self, question: Question, scope: SearchScope) -> SearchResult:
        """Raises DatasetNotFoundError, UsageError for an empty question, StoreError."""
        found, damaged = from_whole_ones(
            self._home,
            scope,
            lambda without: following(
                self._home, scope, lambda: self._search(question, scope, without)
            ),
        )
        damaged += self._unreadable(scope)
        note = " ".join(filter(None, (found.note, damaged_note(damaged))))
        return replace(found, note=note, damaged=damaged) if damaged else found

    def _search(
        self, question: Question, scope: SearchScope, without: frozenset[int]
    ) -> SearchResult:
        searcher, datasets = self.over_datasets(scope, without)
        answer = searcher.answer(question)
        note = "" if answer.hits else _unmatched_filter(self._home, question, scope)
        notes = " ".join(filter(None, (answer.note, note)))
        fresh = freshness_of(
            datasets, {(hit.project, hit.dataset) for hit in answer.hits}, scope.notes
        )
        return SearchResult(
            question.text, question.k, answer.hits, notes, datasets, answer.mode, fresh
        )

    def _unreadable(self, scope: SearchScope) -> tuple[DamagedDataset, ...]:
        """Those that would have been searched. What is named is whole, or an error."""
        if scope.datasets or scope.repositories:
            return ()
        return self._catalogue.damaged(self._home.connection, scope.project)

    def warm_up(self, edits_after: float | None = None) -> None:
        """Load the model of a new dataset, for the first question; and, if given, after so many
        seconds the store.

        Only what an edit changes is written by the store, and its import would slow that question.
        """
        from ccingest.embedding import DEFAULT_MODEL

        self._searcher.warm_up(self._home.settings.model or DEFAULT_MODEL)
        if edits_after is not None:
            time.sleep(edits_after)
            self._home.store.warm_up()

    def _load_embedder(self, name: str) -> Embedder:
        from ccingest.embedding import load_embedder

        return load_embedder(name, cache=self._home.settings.model_cache)


@dataclass(frozen=True, slots=True)
class _Published:
    """The datasets of a scope. Called for each question, so a searcher sees new versions."""

    home: Home
    catalogue: Catalogue
    scope: SearchScope
    without: frozenset[int] = frozenset()

    def __call__(self) -> tuple[Dataset, ...]:
        scope = self.scope
        found = self.catalogue.datasets(
            self.home.connection, scope.project, scope.datasets, scope.repositories, scope.tree
        )
        if not self.without:
            return found
        return tuple(one for one in found if one.dataset_id not in self.without)


def datasets_in(home: Home, scope: SearchScope) -> list[Dataset]:
    """The datasets of a scope; one with an overlay of the scope's tree as its two parts."""
    return list(
        Catalogue().datasets(
            home.connection, scope.project, scope.datasets, scope.repositories, scope.tree
        )
    )


def damaged_note(damaged: Sequence[DamagedDataset]) -> str:
    """What could not be searched, in a sentence; empty when there is nothing."""
    more = f" So it is with {len(damaged) - 1:,} more." if len(damaged) > 1 else ""
    return f"{damaged[0].message}{more}" if damaged else ""


def make_question(
    text: str,
    *,
    k: int = 5,
    mode: str = "hybrid",
    languages: Sequence[str] = (),
    paths: Sequence[str] = (),
    context: int = 0,
    snippet_lines: int = SNIPPET_LINES,
    content: str = "all",
    explain: bool = False,
) -> Question:
    """Raises UsageError for a mode, a content or a language that does not exist."""
    check_lists(languages=languages, paths=paths)
    return Question(
        text=text,
        k=k,
        mode=_one_of("mode", mode, MODES),
        languages=_resolve(languages) if languages else (),
        paths=tuple(paths),
        context=context,
        snippet_lines=snippet_lines,
        content=None if content == "all" else _one_of("content", content, CONTENTS, "all"),
        explain=explain,
    )


def _resolve(languages: Sequence[str]) -> tuple[str, ...]:
    # Not imported for each question: the signs of languages take 20 ms to compile.
    from ccingest.languages import resolve_language

    return tuple(map(resolve_language, languages))


def _unmatched_filter(home: Home, question: Question, scope: SearchScope) -> str:
    """The filter that no file matches, in a sentence; empty when there is none."""
    from pathspec import GitIgnoreSpec

    files = [
        file
        for dataset in datasets_in(home, scope)
        for file in files_of(home.connection, dataset).values()
    ]
    languages = {file.language for file in files}
    for language in question.languages:
        if language not in languages:
            return f"No file that is searched is of the language {language}."
    for glob in question.paths:
        matcher = GitIgnoreSpec.from_lines([glob.removeprefix("!")])
        if not any(map(matcher.match_file, (file.path for file in files))):
            return hide_secrets(f"No file that is searched has a path like {glob!r}.")
    return ""


def question_terms(text: str) -> frozenset[str]:
    """All forms of the words of a question that tell something."""
    from ccingest.ranking import ParsedQuery

    return frozenset(form for forms in ParsedQuery.of(text).word_forms for form in forms)


def _one_of(parameter: str, value: str, choices: Sequence[_Choice], *others: str) -> _Choice:
    for choice in choices:
        if choice == value:
            return choice
    listed = ", ".join((*choices, *others))
    raise UsageError(f"{parameter} is {value!r}, but must be one of {listed}.", parameter=parameter)
