"""The pages of datasets: all of them, one with its files, and deleting one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ccingest.errors import DatasetNotFoundError
from ccingest.models import Dataset, StoredDataset
from ccingest.plurals import number_of
from ccingest.server.page import addresses
from ccingest.server.page.call import Answer, Call, Page, Redirect
from ccingest.server.page.jobs import running
from ccingest.settings import DEFAULT_PROJECT

_SHOWN = 200  # files of a page
_NOTICES = {
    "deleted": "The dataset {about} was deleted.",
}


def show_all(call: Call) -> Page:
    stored = call.client.stored_datasets(project=call.project)
    scheduled = {
        (one.request.project, one.request.dataset): one.timing for one in call.client.schedules()
    }
    values = {
        "stored": stored,
        "scheduled": scheduled,
        "behind": _behind(call, [one.dataset for one in stored]),
        "total_bytes": sum(one.bytes for one in stored),
        "total_chunks": sum(one.dataset.chunks for one in stored),
        "projects": sorted({one.dataset.project for one in stored}),
        "running": running(call),
        "notice": notice(call),
    }
    return Page("datasets.html", values)


def _behind(call: Call, stored: Sequence[Dataset]) -> dict[tuple[str, str], str]:
    """By project and name, how far those are behind whose source is known to have moved on."""
    return {
        (one.project, one.dataset): f"{number_of(one.behind, 'commit')} behind"
        if one.behind
        else "moved on"
        for one in call.client.freshness_of(stored)
        if one.is_stale
    }


def notice(call: Call) -> str:
    """What the form did that led here."""
    sentence = _NOTICES.get(call.text("notice"), "")
    return sentence.format(about=call.text("about")) if sentence else ""


def show(call: Call) -> Page:
    """One dataset and its files, of which `path` chooses those that hold it."""
    stored = _stored(call, call.text("project", DEFAULT_PROJECT), call.text("name"))
    dataset = stored.dataset
    files = call.client.files(dataset.name, project=dataset.project)
    wanted = call.text("path")
    shows_skipped = call.text("show") == "skipped"
    listed: tuple[Any, ...] = files.skipped if shows_skipped else files.indexed
    chosen = [file for file in listed if wanted.lower() in file.path.lower()]
    place = call.whole("from", 0, 0, 10**9)
    values = {
        "stored": stored,
        "dataset": dataset,
        "behind": _behind(call, [dataset]).get((dataset.project, dataset.name), ""),
        "files": files,
        "path": wanted,
        "shows_skipped": shows_skipped,
        "chosen": chosen[place : place + _SHOWN],
        "total": len(chosen),
        "place": place,
        "more": _more(call, place + _SHOWN) if place + _SHOWN < len(chosen) else "",
        "fewer": _more(call, max(0, place - _SHOWN)) if place else "",
        "languages": _languages(files.indexed),
    }
    return Page("dataset.html", values)


def _more(call: Call, place: int) -> str:
    named = {name: call.text(name) for name in ("project", "name", "path", "show")}
    return addresses.address(addresses.DATASET, "files", **named, **{"from": place})


def _languages(files: tuple[Any, ...]) -> list[tuple[str, int]]:
    """The most frequent languages and the files of each."""
    counts: dict[str, int] = {}
    for file in files:
        counts[file.language] = counts.get(file.language, 0) + 1
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:8]


def ask(call: Call) -> Page:
    """Whether the dataset is to be deleted."""
    stored = _stored(call, call.text("project", DEFAULT_PROJECT), call.text("name"))
    return Page("delete.html", {"stored": stored, "dataset": stored.dataset})


def delete(call: Call) -> Answer:
    project, name = call.given("project", DEFAULT_PROJECT), call.given("name")
    if not name:
        raise DatasetNotFoundError("No dataset is named.")
    call.client.delete(name, project=project)
    return Redirect(addresses.address(addresses.DATASETS, notice="deleted", about=name))


def sync(call: Call) -> Answer:
    """Queue a job for the named dataset, or for all of them."""
    name, project = call.given("name"), call.given("project")
    results = call.client.sync_later([name] if name else (), project=project or None)
    queued = [one for one in results if one.job]
    about = name or f"The sync of {len(queued)} datasets"
    found = "queued" if queued else "none"
    return Redirect(addresses.address(addresses.JOBS, notice=found, about=about))


def _stored(call: Call, project: str, name: str) -> StoredDataset:
    for one in call.client.stored_datasets(project=project):
        if one.dataset.name == name:
            return one
    raise DatasetNotFoundError(
        f"The project {project} has no dataset {name!r}.", hint="list_datasets"
    )
