"""Reading stored files: their lines, their symbols, and similar code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ccingest.app.home import Home
from ccingest.app.places import Place, find_place
from ccingest.app.replaced import following
from ccingest.app.search import HomeSearcher, SearchScope
from ccingest.app.whole import from_whole_ones
from ccingest.errors import LineNotFoundError, UsageError
from ccingest.models import (
    Chunk,
    Dataset,
    DatasetView,
    FileLines,
    FoundFile,
    Outline,
    Question,
    SimilarResult,
    Symbol,
)
from ccingest.models.overlays import CHANGED, state_of
from ccingest.plurals import number_of
from ccingest.sources.links import file_in_tree, file_on_disk, link_to_lines

# Stands for the last line of a file.
OPEN_END = 2**31 - 2


def read_lines(home: Home, place: str, scope: SearchScope) -> FileLines:
    """The lines that a place names, such as `PATH:START-END`, or the whole file.

    Raises FileNotInDatasetError, LineNotFoundError, StoreError.
    """
    from ccingest.snippets import file_text, split_lines

    found, chunks = following(home, scope, lambda: _read(home, place, scope))
    lines = split_lines(file_text(chunks))
    start = 1 if found.first is None else found.first
    wanted_end = next((line for line in (found.last, found.first) if line is not None), len(lines))
    end = min(wanted_end, len(lines))
    if not 1 <= start <= end:
        raise LineNotFoundError(
            f"{found.path} has {number_of(len(lines), 'line')}; {_without_end(place)!r} is outside "
            "of them."
        )
    dataset, path = found.dataset, found.path
    url = _link(dataset, path, start, end, _anchor(dataset, chunks, start))
    text = _shown(dataset, "".join(lines[start - 1 : end]))
    return FileLines(dataset, path, start, end, text, url, chunks[0].language)


def _without_end(place: str) -> str:
    return place.removesuffix(f"-{OPEN_END}")


def read_outline(home: Home, place: str, scope: SearchScope) -> Outline:
    """The symbols that a stored file defines. Raises FileNotInDatasetError, StoreError."""
    from ccingest.snippets import outline

    found, chunks = following(home, scope, lambda: _read(home, place, scope))
    symbols = [Symbol(item.symbol, item.line) for item in outline(chunks)]
    return Outline(found.dataset, found.path, tuple(symbols))


def find_similar(
    home: Home, searcher: HomeSearcher, place: str, scope: SearchScope, *, k: int = 5
) -> SimilarResult:
    """Code that is similar to that at `PATH:LINE`. `scope` says where the line is and where to search.

    Raises FileNotInDatasetError, LineNotFoundError, StoreError, and UsageError without a line.
    """
    found, damaged = from_whole_ones(
        home,
        scope,
        lambda without: following(
            home, scope, lambda: _find_similar(home, searcher, place, scope, k, without)
        ),
    )
    return replace(found, damaged=damaged)


def find_file(home: Home, place: str, scope: SearchScope) -> FoundFile:
    """The file that `PATH[:START[-END]]` means, to be opened.

    Raises FileNotInDatasetError, LineNotFoundError, StoreError.
    """
    from ccingest.snippets import file_text, split_lines

    found, chunks = following(home, scope, lambda: _read(home, place, scope))
    dataset, path, text = found.dataset, found.path, file_text(chunks)
    count = len(split_lines(text))
    if found.first is not None and not 1 <= found.first <= count:
        raise LineNotFoundError(
            f"{path} has {number_of(count, 'line')}; {place!r} is outside of them."
        )
    line = found.first or 1
    anchor = _anchor(dataset, chunks, line)
    url = _link(dataset, path, line, min(found.last or line, count), anchor)
    return FoundFile(dataset, path, line, _shown(dataset, text), on_disk(dataset, path), url)


def _shown(dataset: Dataset, text: str) -> str:
    from ccingest.snippets import without_anchors

    return without_anchors(text) if dataset.source.kind == "web" else text


def _anchor(dataset: Dataset, chunks: Sequence[Chunk], line: int) -> str:
    from ccingest.snippets import anchor_at

    return anchor_at(chunks, line) if dataset.source.kind == "web" else ""


def on_disk(dataset: Dataset, path: str) -> Path | None:
    """The file in the work tree that is asked about, or that the dataset was made of.

    None when it is not there.
    """
    if isinstance(dataset, DatasetView) and dataset.tree:
        return file_in_tree(Path(dataset.tree), path)
    return file_on_disk(dataset.source, path)


def _link(dataset: Dataset, path: str, start: int, end: int, anchor: str) -> str | None:
    """To what is committed; nobody else has the rest."""
    if state_of(dataset, path) in CHANGED:
        return None
    return link_to_lines(dataset.source, dataset.revision, path, start, end, anchor)


def _read(home: Home, place: str, scope: SearchScope) -> tuple[Place, list[Chunk]]:
    from ccingest.search import chunks_of

    found = find_place(home, place, scope)
    return found, chunks_of(home.store, found.dataset, found.path)


def _find_similar(
    home: Home,
    searcher: HomeSearcher,
    place: str,
    scope: SearchScope,
    k: int,
    without: frozenset[int],
) -> SimilarResult:
    found = find_place(home, place, scope)
    if found.first is None:
        raise UsageError(f"Say which line, as in `{place}:1`.")
    over, datasets = searcher.over_datasets(scope, without)
    hits = over.similar(found.dataset, found.path, found.first, Question(place, k=k))
    return SimilarResult(found.dataset, found.path, found.first, k, tuple(hits), datasets)
