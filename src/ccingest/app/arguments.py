"""Arguments of a program that are easily mistaken for others."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from ccingest.errors import UsageError


def check_lists(**lists: Sequence[str]) -> None:
    """Raises UsageError for a text where a list of texts is meant: Python takes it for its letters."""
    for name, given in lists.items():
        if isinstance(given, str):
            raise UsageError(
                f"{name} is {given!r}, but must be a list, such as [{given!r}].", parameter=name
            )


def text_of(reference: str | PathLike[str]) -> str:
    """The reference as text. A path stays one: `notes` alone would name a repository."""
    return reference if isinstance(reference, str) else str(Path(reference).absolute())
