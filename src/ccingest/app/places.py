"""Places in stored files, as people and hits name them: `[DATASET:]PATH[:START[-END]]`.

A path may hold colons itself, and so may the name of a dataset. So a place is read in every way that
it can be read, and what exists tells which is meant.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath

from ccingest.app.home import Home
from ccingest.app.search import SearchScope, datasets_in
from ccingest.app.views import paths_of, whole
from ccingest.db.manifests import skipped_files
from ccingest.db.missing import require_listed
from ccingest.db.published import published
from ccingest.errors import (
    DatasetNotFoundError,
    FileNotInDatasetError,
    Hint,
    LineNotFoundError,
    StoreError,
    UsageError,
)
from ccingest.models import Dataset, SkippedFile
from ccingest.visible import safe

_MOST_DIGITS = 12
_NO_LINE = 2**31 - 1  # the store's numbers have 32 bits
_SPAN = re.compile(r"(?P<path>.+?):(?P<first>\d+)(?:-(?P<last>\d+))?", re.DOTALL)
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A stored file, and the lines of it that the user named, if any."""

    dataset: Dataset
    path: str
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A way to read a place: this text names one of these files, and perhaps its lines."""

    text: str
    files: Sequence[Place]
    datasets: Sequence[Dataset] = ()


_Test = Callable[[str, str], bool]  # whether the path of a file is the one that is wanted


def find_place(home: Home, place: str, scope: SearchScope) -> Place:
    """The place that `[DATASET:]PATH[:START[-END]]` means. The last parts of a path are enough.

    A dataset that the place names is searched whatever its scope. Raises FileNotInDatasetError when
    no dataset of the scope has the path, or several have.
    """
    readings = _readings(home, place, scope)
    for test in (_is_path, *([_is_shown_as] if "\\" in place else [])):
        found = _matching(readings, test, with_span=False) or _matching(
            readings, test, with_span=True
        )
        if found:
            break
    if not found:
        has_span = _SPAN.fullmatch(place) is not None
        found = _matching(readings, _is_end_of_path, with_span=has_span)
    if not found:
        _check_lines(readings)
        if scope.tree is not None:
            _require_indexed_here(home, readings, scope.tree)
        _require_indexed(home, readings)
        _require_listed(home, readings)
        if not scope.datasets:
            _require_readable(home, scope.project)
        raise _not_found(readings)
    if len(found) > 1:
        raise _ambiguous(place, found)
    first, last = found[0].first, found[0].last
    if first is not None and last is not None and last < first:
        raise LineNotFoundError(f"The last line of {place!r} comes before its first.")
    return found[0]


def _readings(home: Home, place: str, scope: SearchScope) -> list[_Reading]:
    """As a path in any dataset of the scope, and for each dataset that it begins with, as one in that.

    Raises DatasetNotFoundError when there is no dataset at all.
    """
    named = []
    for colon in re.finditer(":", place):
        name, text = place[: colon.start()], place[colon.end() :]
        if scope.datasets and name not in scope.datasets:
            continue
        try:
            named.append(_reading(home, text, replace(scope, datasets=(name,))))
        except DatasetNotFoundError:  # the colon is a part of the path
            continue
    try:
        return [_reading(home, place, scope), *named]
    except DatasetNotFoundError:
        if not named:
            raise
        return named


def _reading(home: Home, text: str, scope: SearchScope) -> _Reading:
    datasets = datasets_in(home, scope)
    files = [
        Place(dataset, path) for dataset in datasets for path in paths_of(home.connection, dataset)
    ]
    return _Reading(text, files, datasets)


def _matching(readings: Sequence[_Reading], test: _Test, *, with_span: bool) -> list[Place]:
    """The files that a reading names by its whole text, or by the text before the lines."""
    found: dict[tuple[int, str], Place] = {}
    for reading in readings:
        span = _SPAN.fullmatch(reading.text) if with_span else None
        if with_span and not span:
            continue
        path = (span["path"] if span else reading.text).removeprefix("./")
        first = _line(span["first"]) if span else None
        last = _line(span["last"]) if span and span["last"] else None
        for file in reading.files:
            if test(file.path, path):
                made = Place(file.dataset, file.path, first, last)
                found.setdefault((file.dataset.dataset_id, file.path), made)
    return list(found.values())


def _is_path(path: str, wanted: str) -> bool:
    return path == wanted


def _is_shown_as(path: str, wanted: str) -> bool:
    """Whether it is the path as hits show it, in which hidden characters are written out."""
    return safe(path) == wanted


def _is_end_of_path(path: str, wanted: str) -> bool:
    if not path.endswith(PurePosixPath(wanted).name):  # quickly, for most of many files
        return False
    parts = PurePosixPath(wanted).parts
    return bool(parts) and PurePosixPath(path).parts[-len(parts) :] == parts


def _line(digits: str) -> int:
    """A line number; one that no file has for more digits than that."""
    return min(int(digits[:_MOST_DIGITS]), _NO_LINE) if len(digits) < _MOST_DIGITS else _NO_LINE


def _wanted(reading: _Reading) -> str:
    """The path that a reading asks for."""
    span = _SPAN.fullmatch(reading.text)
    return (span["path"] if span else reading.text).removeprefix("./")


def _check_lines(readings: Sequence[_Reading]) -> None:
    """Raises UsageError for `PATH:TEXT` when PATH is a file, and TEXT no lines."""
    for reading in readings:
        path, colon, text = _wanted(reading).rpartition(":")
        whole = _Reading(path, reading.files)
        if colon and _matching([whole], _is_end_of_path, with_span=False):
            raise UsageError(f"{text!r} names no lines of {path}; write 20 or 20-40.")


def _require_indexed(home: Home, readings: Sequence[_Reading]) -> None:
    """Raises FileNotInDatasetError, with the reason, for a file that was skipped."""
    for reading in readings:
        wanted = _wanted(reading)
        for dataset in {file.dataset.dataset_id: file.dataset for file in reading.files}.values():
            for file in skipped_files(home.connection, dataset.dataset_id)[0]:
                if _is_meant(file.path, wanted):
                    raise _not_indexed(file, dataset.name, hint="list_skipped")


def _require_indexed_here(home: Home, readings: Sequence[_Reading], tree: str) -> None:
    """The same for a file of the work tree as it is now, which no list has."""
    from ccingest.app.skipped_here import skipped_here

    for reading in readings:
        wanted = _wanted(reading)
        for dataset in whole(reading.datasets):
            is_meant = partial(_is_meant, wanted=wanted)
            file = skipped_here(home, tree, dataset, is_meant, wanted)
            if file:
                raise _not_indexed(file, tree)


def _is_meant(path: str, wanted: str) -> bool:
    return _is_path(path, wanted) or _is_end_of_path(path, wanted)


def _not_indexed(file: SkippedFile, where: str, hint: Hint = "") -> FileNotInDatasetError:
    rule = f" ({file.rule})" if file.rule else ""
    return FileNotInDatasetError(
        f"{file.path} of {where} is not indexed: it was skipped as {file.reason}{rule}.", hint=hint
    )


def _require_listed(home: Home, readings: Sequence[_Reading]) -> None:
    """Raises StoreError when the file may be one that the catalogue has lost."""
    for dataset in {
        one.dataset_id: one for reading in readings for one in reading.datasets
    }.values():
        require_listed(home.connection, dataset)


def _require_readable(home: Home, project: str | None) -> None:
    """Raises StoreError when the file may be one of a dataset that can't be read."""
    for one in published(home.connection, project).damaged:
        raise StoreError(one.message)


def _not_found(readings: Sequence[_Reading]) -> FileNotInDatasetError:
    """The last reading is that with the longest name of a dataset, which is the likeliest."""
    reading = readings[-1]
    wanted = _wanted(reading)
    known = {file.path for file in reading.files}
    if ":" in wanted:
        known |= {f"{file.dataset.name}:{file.path}" for file in reading.files}
    near = difflib.get_close_matches(wanted, sorted(known), n=3)
    hint = f", did you mean {' or '.join(map(repr, near))}" if near else ""
    if len(readings) > 1:
        where = " or ".join(sorted({file.dataset.name for file in reading.files}))
        return FileNotInDatasetError(f"The dataset {where} has no file {wanted!r}{hint}.")
    return FileNotInDatasetError(
        f"No dataset that is searched has the file {wanted!r}{hint}.", hint="list_datasets"
    )


def _ambiguous(place: str, found: Sequence[Place]) -> FileNotInDatasetError:
    span = _SPAN.fullmatch(place)
    wanted = span["path"] if span else place
    places = ", ".join(f"{file.path} in {file.dataset.name}" for file in found[:_MOST_NAMED])
    more = ", ..." if len(found) > _MOST_NAMED else ""
    example = f"{found[0].dataset.name}:{found[0].path}"
    return FileNotInDatasetError(
        f"{wanted!r} is more than one file: {places}{more}; give the whole path, as in {example}.",
        hint="choose_dataset",
    )
