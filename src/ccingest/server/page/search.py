"""The search page: a question, its filters, and the hits."""

from __future__ import annotations

import time
from typing import Any

from ccingest.app.choice import DatasetChoice
from ccingest.errors import CcingestError, NotFoundError
from ccingest.models import CONTENTS, Dataset
from ccingest.server.page import addresses
from ccingest.server.page.call import Call, Page
from ccingest.server.page.hits import shown_hits
from ccingest.server.page.sentences import sentence_of
from ccingest.values import dataclass

_COUNTS = (5, 10, 20, 50)
_NO_HITS: dict[str, Any] = {
    "hits": [], "stale": [], "note": "", "problem_text": "", "was_asked": False, "seconds": 0.0, "searched": 0
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the form of a search holds, as it was sent."""

    project: str
    datasets: tuple[str, ...]
    language: str
    path: str
    content: str
    k: int

    @property
    def are_set(self) -> bool:
        return bool(self.project or self.language or self.path or self.content != "all")


def show(call: Call) -> Page:
    query = call.text("q")
    filters = Filters(
        call.project or "",
        call.texts("dataset"),
        call.text("language"),
        call.text("path"),
        call.text("content") or "all",
        call.whole("k", 10, 1, 50),
    )
    values = {"query": query, "filters": filters, **_choices(call, filters), **_NO_HITS}
    if not query:
        return Page("search.html", values)
    try:
        return Page("search.html", {**values, **_found(call, query, filters)})
    except CcingestError as error:
        status = 404 if isinstance(error, NotFoundError) else 400
        return Page(
            "search.html", {**values, "problem_text": sentence_of(error), "was_asked": True}, status
        )


def _choices(call: Call, filters: Filters) -> dict[str, Any]:
    """What the filters may be set to."""
    stored = call.client.datasets()
    return {
        "datasets": [one for one in stored if filters.project in ("", one.project)],
        "projects": _projects(stored),
        "contents": CONTENTS,
        "counts": sorted({*_COUNTS, filters.k}),
    }


def _projects(stored: list[Dataset]) -> list[str]:
    return sorted({one.project for one in stored})


def _found(call: Call, query: str, filters: Filters) -> dict[str, Any]:
    started = time.perf_counter()
    found = call.answer(
        query,
        DatasetChoice(filters.project or None, filters.datasets),
        k=filters.k,
        languages=call.words("language"),
        paths=call.words("path"),
        content=filters.content,
    )
    return {
        "hits": shown_hits(found.hits, query),
        "note": found.note,
        "stale": [one for one in found.freshness if one.is_stale],
        "was_asked": True,
        "seconds": time.perf_counter() - started,
        "searched": len(found.datasets),
    }


def show_similar(call: Call) -> Page:
    """Code that is similar to that at a line of a file."""
    project, dataset, path = call.text("project"), call.text("dataset"), call.text("path")
    line = call.whole("line", 1, 1, 10**9)
    hits = call.client.similar(
        path, line, k=10, project=project or None, datasets=[dataset] if dataset else ()
    )
    file = addresses.address(
        addresses.FILE, f"L{line}", project=project, dataset=dataset, path=path, lines=line
    )
    values = {"hits": shown_hits(hits), "path": path, "line": line, "file": file}
    return Page("similar.html", values)
