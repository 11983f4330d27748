"""Answers that are given again while the datasets they are from stay the same."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock

from ccingest.app.catalogue import Catalogue
from ccingest.app.choice import DatasetChoice, chosen_scope
from ccingest.app.freshness import freshness_of
from ccingest.app.home import Home
from ccingest.models import Dataset, Question, SearchResult
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the published versions that answer it."""

    question: Question
    choice: DatasetChoice
    datasets: tuple[Dataset, ...]


class KeptAnswers:
    """The answers that were given last. For any number of threads.

    A new version of a dataset, or another set of datasets, makes the question another one. What can
    change without that, how fresh the answer is, is looked up each time.
    """

    MOST_CHARACTERS = 8_000_000  # of the texts of hits

    def __init__(self, home: Home) -> None:
        self._home = home
        self._catalogue = Catalogue()
        self._lock = Lock()
        self._kept: OrderedDict[tuple[Question, DatasetChoice], tuple[Asked, SearchResult]]
        self._kept = OrderedDict()
        self._characters = 0

    def asked(self, question: Question, choice: DatasetChoice) -> Asked:
        """Looked up before the question is answered, so that no answer counts for a version that came
        after it. Raises DatasetNotFoundError when there is nothing to search."""
        scope = chosen_scope(self._home, choice)
        datasets = self._catalogue.datasets(
            self._home.connection, scope.project, scope.datasets, scope.repositories
        )
        return Asked(question, choice, datasets)

    def find(self, asked: Asked) -> SearchResult | None:
        """The answer to the same question over the same versions, if it is kept."""
        key = asked.question, asked.choice
        with self._lock:
            then, result = self._kept.get(key, (None, None))
            if then is None or result is None or then.datasets != asked.datasets:
                return None
            self._kept.move_to_end(key)
        found = {(hit.project, hit.dataset) for hit in result.hits}
        return replace(result, freshness=freshness_of(asked.datasets, found))

    def keep(self, asked: Asked, result: SearchResult) -> None:
        """Keep an answer. One with a note is not kept: the reason may pass, as when a model fails."""
        if result.note:
            return
        key = asked.question, asked.choice
        with self._lock:
            self._drop(self._kept.pop(key, None))
            self._kept[key] = asked, result
            self._characters += _characters(result)
            while self._characters > self.MOST_CHARACTERS:
                self._drop(self._kept.popitem(last=False)[1])

    def _drop(self, one: tuple[Asked, SearchResult] | None) -> None:
        if one:
            self._characters -= _characters(one[1])


def _characters(result: SearchResult) -> int:
    """About the size of an answer: it also has the question, and one without hits takes room too."""
    return 1000 + len(result.query) + sum(len(hit.text) for hit in result.hits)
