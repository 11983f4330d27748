"""What a command that adds says: how its jobs were queued, or how they ended."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ccingest.errors import error_of
from ccingest.plurals import number_of
from ccingest.settings import DEFAULT_PROJECT
from ccingest.terminal.errors import sentence_of
from ccingest.terminal.jobs import changes_of
from ccingest.terminal.output import NO_DATASETS, counted, lines, stderr, stdout
from ccingest.visible import safe

_MOST_TOLD = 5  # cancelled jobs that are named

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.models import (
        Dataset,
        Enqueued,
        Estimate,
        Job,
        OrganizationResult,
        SyncEstimate,
        SyncResult,
    )


def queued_line(queued: Enqueued) -> str:
    state = "queued" if queued.created else f"{queued.job.status} already"
    return f"{queued.job.id} {state}: {safe(queued.job.source.name)}"


def queued_lines(found: OrganizationResult) -> Iterator[str]:
    """The repositories of an organisation that were queued."""
    states = Counter(
        "queued" if one.created else f"{one.job.status} already" for one in found.queued
    )
    yield from map(queued_line, found.queued)
    done = ", ".join(f"{count} {state}" for state, count in states.items())
    yield _with_skipped(found, done or "0 repositories")


def listed_lines(found: OrganizationResult) -> Iterator[str]:
    """Those that would be queued."""
    yield from (safe(one.full_name) for one in found.repositories)
    yield _with_skipped(found, number_of(len(found.repositories), "repository"))


def _with_skipped(found: OrganizationResult, done: str) -> str:
    return f"{done}; skipped: {counted(found.skipped)}" if found.skipped else done


def show_ended(jobs: Sequence[Job], *, is_list: bool) -> Callable[[Console], None]:
    """Shows what became of the jobs that a command has waited for."""
    if not is_list:
        (job,) = jobs
        # The view of the progress has shown why one did not complete.
        return partial(_show_completed, job=job) if job.status == "completed" else lines()
    # At a terminal the view of the progress has shown each as it ended.
    were_shown = stdout().is_terminal and stderr().is_terminal
    rows = [] if were_shown else [safe(f"{job.dataset}: {_outcome(job)}") for job in jobs]
    return lines(*rows, counted(Counter(job.status for job in jobs)), *_skipped_hints(jobs))


def _outcome(job: Job) -> str:
    if job.status == "completed":
        return job.message or ""
    return f"{job.status}: {sentence_of(error_of(job))}"


def _skipped_hints(jobs: Sequence[Job]) -> list[str]:
    """How to see which files were skipped, and why."""
    having = [job for job in jobs if job.counts and job.counts.skipped_files]
    if not having:
        return []
    name = f" {shlex.quote(safe(having[0].dataset))}" if len(having) == 1 else ""
    project = having[0].project
    option = "" if project == DEFAULT_PROJECT else f" --project {shlex.quote(safe(project))}"
    return [
        f"`ccingest files{name} --skipped{option}` lists the skipped files, each with its reason"
    ]


def _fallbacks_line(count: int) -> str:
    if count == 1:
        return "1 file has no syntax tree and was cut at lines"
    return f"{count:,} files have no syntax tree and were cut at lines"


def _show_completed(console: Console, job: Job) -> None:
    console.print(f"{safe(job.dataset)}: {safe(job.message or '')}", soft_wrap=True)
    if job.counts and job.counts.skipped_files:
        skipped = counted(job.counts.skipped_files)
        console.print(f"skipped: {skipped}", style="dim", soft_wrap=True)
        for hint in _skipped_hints([job]):
            console.print(hint, style="dim", soft_wrap=True)
    fallbacks = sum(job.counts.fallback_files.values()) if job.counts else 0
    if fallbacks:
        console.print(_fallbacks_line(fallbacks), style="dim")
    text = f"job {job.id}, {job.duration_seconds or 0:.1f} s"
    console.print(text, style="dim", soft_wrap=True)


def estimate_lines(found: Sequence[Estimate]) -> Iterator[str]:
    for one in found:
        yield _estimate_line(one)
    if len(found) > 1:
        yield f"together: {_counts(found)}"


def sync_estimate_lines(results: Sequence[SyncEstimate]) -> Iterator[str]:
    if not results:
        yield NO_DATASETS
    for one in results:
        if one.estimate:
            yield _estimate_line(one.estimate)
        elif one.error:
            yield safe(f"{one.dataset.name}: {sentence_of(one.error)}")
        else:
            yield safe(f"{one.dataset.name}: skipped, {one.skip_reason}")
    if len(found := [one.estimate for one in results if one.estimate]) > 1:
        yield f"together: {_counts(found)}"


def _estimate_line(one: Estimate) -> str:
    if one.is_up_to_date:
        return safe(f"{one.dataset}: up to date at {one.revision[:10]}, nothing to embed")
    return safe(f"{one.dataset}: {_counts([one])} for {one.embedder}")


def _counts(found: Sequence[Estimate]) -> str:
    files, chunks = sum(one.files for one in found), sum(one.chunks for one in found)
    tokens = sum(one.tokens for one in found)
    return f"{files:,} files, {chunks:,} chunks, about {tokens:,} tokens"


def sync_lines(results: Sequence[SyncResult]) -> Iterator[str]:
    if not results:
        yield NO_DATASETS
        return
    for one in results:
        yield safe(f"{one.dataset.name}: {_sync_line(one)}")
    counts = Counter(one.outcome for one in results)
    yield ", ".join(f"{n} {word.replace('_', ' ')}" for word, n in sorted(counts.items()))


def _sync_line(one: SyncResult) -> str:
    before, job = one.dataset.revision[:10], one.job
    if job is None:
        return f"{one.outcome}, {one.reason}"
    match one.outcome:
        case "queued":
            return f"queued as job {job.id}"
        case "up_to_date":
            return f"up to date at {before}"
        case "updated":
            return f"updated, {before} to {(job.revision or '')[:10]}: {changes_of(job)}"
    return f"{one.outcome}: {sentence_of(error_of(job))}"


def cancelled_lines(cancelled: Sequence[tuple[Job, Dataset | None]]) -> list[str]:
    """What became of the datasets, and how to go on."""
    found = []
    for job, dataset in cancelled[:_MOST_TOLD]:
        stands = f"stands as it was, at {dataset.revision[:10]}" if dataset else "was not made"
        found.append(f"cancelled {job.dataset}; the dataset {stands}.")
    if len(cancelled) > _MOST_TOLD:
        more = len(cancelled) - _MOST_TOLD
        found.append(f"cancelled {more} more; `ccingest history` lists them.")
    if cancelled:
        retry = f"`ccingest retry {cancelled[0][0].id[:8]}`"
        found.append(f"run the same command again to go on, or {retry} for a worker.")
    return [safe(f"ccingest: {line}") for line in found]
