"""Reading stored files: their lines, their symbols, and similar code."""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

from ccingest.app.home import Home
from ccingest.app.search import HomeSearcher, SearchScope
from ccingest.db.catalog import paths, searchable, skipped_files
from ccingest.errors import (
    FileNotInDatasetError,
    LineNotFoundError,
    UsageError,
    VersionGoneError,
)
from ccingest.models import Chunk, Dataset, FileLines, Outline, Question, SimilarResult, Symbol
from ccingest.sources.links import link_to_lines

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")

# How often a reader looks again when a version was replaced between the catalogue and the table.
_LOOKS = 3
_MOST_DIGITS = 12
_NO_LINE = 2**31 - 1  # the store's numbers have 32 bits
_SPAN = re.compile(r"(?P<path>.+?):(?P<first>\d+)(?:-(?P<last>\d+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """A stored file, and the lines of it that the user named, if any."""

    dataset: Dataset
    path: str
    first: int | None = None
    last: int | None = None


def read_lines(home: Home, place: str, scope: SearchScope) -> FileLines:
    """The lines that `PATH[:START[-END]]` names, or the whole file.

    Raises FileNotInDatasetError, LineNotFoundError, StoreError.
    """
    from ccingest.snippets import file_text, split_lines

    found, chunks = _following(lambda: _read(home, place, scope))
    lines = split_lines(file_text(chunks))
    start = 1 if found.first is None else found.first
    wanted_end = next((line for line in (found.last, found.first) if line is not None), len(lines))
    end = min(wanted_end, len(lines))
    if not 1 <= start <= end:
        raise LineNotFoundError(
            f"{found.path} has {len(lines):,} lines; {place!r} is outside of them."
        )
    dataset, path = found.dataset, found.path
    url = link_to_lines(dataset.source, dataset.revision, path, start, end)
    return FileLines(dataset, path, start, end, "".join(lines[start - 1 : end]), url)


def read_outline(home: Home, place: str, scope: SearchScope) -> Outline:
    """The symbols that a stored file defines. Raises FileNotInDatasetError, StoreError."""
    from ccingest.snippets import outline

    found, chunks = _following(lambda: _read(home, place, scope))
    symbols = [Symbol(item.symbol, item.line) for item in outline(chunks)]
    return Outline(found.dataset, found.path, tuple(symbols))


def find_similar(
    home: Home, searcher: HomeSearcher, place: str, scope: SearchScope, *, k: int = 5
) -> SimilarResult:
    """Code that is similar to that at `PATH:LINE`. `scope` says where the line is and where to search.

    Raises FileNotInDatasetError, LineNotFoundError, StoreError, and UsageError without a line.
    """
    return _following(lambda: _find_similar(home, searcher, place, scope, k))


def find_place(home: Home, place: str, scope: SearchScope) -> Place:
    """The place that `PATH[:START[-END]]` means. The last parts of a path are enough.

    Raises FileNotInDatasetError when no dataset of the scope has the path, or several have.
    """
    visible = searchable(
        home.connection, scope.project, names=scope.datasets, repositories=scope.repositories
    )
    stored = [
        Place(dataset, path)
        for dataset in visible
        for path in paths(home.connection, dataset.dataset_id)
    ]
    span = _SPAN.fullmatch(place)
    is_whole = any(file.path == place for file in stored) or not span
    wanted = (place if is_whole or not span else span["path"]).removeprefix("./")
    _check_lines(stored, wanted)
    _require_indexed(home, visible, stored, wanted)
    file = _single_match(stored, wanted)
    if is_whole or not span:
        return file
    last = _line(span["last"]) if span["last"] else None
    if last is not None and last < _line(span["first"]):
        raise LineNotFoundError(f"The last line of {place!r} comes before its first.")
    return Place(file.dataset, file.path, _line(span["first"]), last)


def _check_lines(stored: Sequence[Place], wanted: str) -> None:
    """Raises UsageError for `PATH:TEXT` when PATH is a file, and TEXT no lines."""
    path, colon, text = wanted.rpartition(":")
    if colon and not _matching(stored, wanted) and _matching(stored, path):
        raise UsageError(f"{text!r} names no lines of {path}; write 20 or 20-40.")


def _line(digits: str) -> int:
    """A line number; one that no file has for more digits than that."""
    return min(int(digits[:_MOST_DIGITS]), _NO_LINE) if len(digits) < _MOST_DIGITS else _NO_LINE


def _require_indexed(
    home: Home, visible: Sequence[Dataset], stored: Sequence[Place], wanted: str
) -> None:
    """Raises FileNotInDatasetError, with the reason, for a file that was skipped."""
    if _matching(stored, wanted):
        return
    for dataset in visible:
        skipped, _ = skipped_files(home.connection, dataset.dataset_id)
        places = {Place(dataset, file.path): file for file in skipped}
        for place in _matching(list(places), wanted):
            file = places[place]
            rule = f" ({file.rule})" if file.rule else ""
            raise FileNotInDatasetError(
                f"{file.path} of {dataset.name} is not indexed: it was skipped as "
                f"{file.reason}{rule}.",
                hint="list_skipped",
            )


def _single_match(stored: Sequence[Place], wanted: str) -> Place:
    found = _matching(stored, wanted)
    if not found:
        near = difflib.get_close_matches(wanted, sorted({file.path for file in stored}), n=3)
        hint = f", did you mean {' or '.join(map(repr, near))}" if near else ""
        raise FileNotInDatasetError(
            f"No dataset that is searched has the file {wanted!r}{hint}.", hint="list_datasets"
        )
    if len(found) > 1:
        places = ", ".join(f"{file.path} in {file.dataset.name}" for file in found[:5])
        more = ", ..." if len(found) > 5 else ""
        raise FileNotInDatasetError(
            f"{wanted!r} is more than one file: {places}{more}; give the whole path.",
            hint="choose_dataset",
        )
    return found[0]


def _matching(stored: Sequence[Place], wanted: str) -> list[Place]:
    """The files at this path. If there are none, the files whose path ends with it."""
    parts = PurePosixPath(wanted).parts
    exact = [file for file in stored if file.path == wanted]
    if exact or not parts:
        return exact
    return [file for file in stored if PurePosixPath(file.path).parts[-len(parts) :] == parts]


def _following(look: Callable[[], _Answer]) -> _Answer:
    """What `look` finds. When a version was replaced meanwhile, it asks the catalogue again.

    Raises VersionGoneError when it is gone each time.
    """
    for _ in range(_LOOKS - 1):
        try:
            return look()
        except VersionGoneError as error:
            _log.info(
                "A version was replaced while it was read, and is looked for again: %s", error
            )
    return look()


def _read(home: Home, place: str, scope: SearchScope) -> tuple[Place, list[Chunk]]:
    from ccingest.search import chunks_of

    found = find_place(home, place, scope)
    return found, chunks_of(home.store, found.dataset, found.path)


def _find_similar(
    home: Home, searcher: HomeSearcher, place: str, scope: SearchScope, k: int
) -> SimilarResult:
    found = find_place(home, place, scope)
    if found.first is None:
        raise UsageError(f"Say which line, as in `{place}:1`.")
    hits = searcher.over(scope).similar(
        found.dataset, found.path, found.first, Question(place, k=k)
    )
    return SimilarResult(found.dataset, found.path, found.first, k, tuple(hits))
