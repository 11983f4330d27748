"""What a searcher returns: hits, and how they were found."""

from __future__ import annotations

from collections.abc import Sequence

from ccingest.models import Dataset, Hit, Mode
from ccingest.search.embedders import Asked
from ccingest.values import dataclass

_MOST_NAMED = 3  # datasets


@dataclass(frozen=True, slots=True)
class Answer:
    """The hits of a question, best first, and how they were found."""

    hits: tuple[Hit, ...]
    mode: Mode  # which one answered
    note: str = ""  # why it is another one than was asked for, or not for all datasets


def note_of(asked: Asked, datasets: Sequence[Dataset]) -> str:
    """Which datasets were searched by words only, and why; empty when none was."""
    notes = []
    for model, error in asked.failures.items():
        names = [dataset.name for dataset in datasets if dataset.embedder == model]
        some = ", ".join(names[:_MOST_NAMED])
        if len(names) > _MOST_NAMED:
            some += f" and {len(names) - _MOST_NAMED} more"
        notes.append(f"Searched by words only: {some}, as its model {model} fails: {error.message}")
    return " ".join(notes)
