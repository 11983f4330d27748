"""The page of statistics: success, durations and throughput of jobs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from statistics import median

from ccingest.models import PHASES, Job
from ccingest.server.page import addresses, wording
from ccingest.server.page.call import Call, Page
from ccingest.server.page.plots import Bar, Plot, bar_plot
from ccingest.times import to_local

_READ = 1_000  # newest jobs
_DAYS, _JOBS = 14, 30  # that a plot shows
_ENDS = (("completed", "ok"), ("failed", "bad"), ("cancelled", "dim"))


def show(call: Call) -> Page:
    jobs = call.client.jobs(project=call.project, limit=_READ)
    done = [job for job in jobs if job.status == "completed" and job.duration_seconds]
    newest = list(reversed(done[:_JOBS]))
    wrote = [job for job in done if job.counts and job.counts.chunks_added]
    values = {
        "projects": call.client.statistics(project=call.project),
        "days": _days(jobs),
        "success": _success(jobs),
        "durations": _by_job("Duration of each job", "seconds", newest, _seconds),
        "throughput": _by_job(
            "Throughput of each job", "chunks a second", list(reversed(wrote[:_JOBS])), throughput
        ),
        "newest": [(job, _seconds(job), throughput(job)) for job in done[:_JOBS]],
        "phase_plot": _phases(wrote),
        "phases": PHASES,
        "read": len(jobs),
        "to_job": lambda job: addresses.address(addresses.JOB, id=job.id),
    }
    return Page("statistics.html", values)


def _days(jobs: Sequence[Job]) -> list[tuple[date, Counter[str]]]:
    """How the jobs of each day ended, the oldest day first."""
    found: dict[date, Counter[str]] = {}
    for job in jobs:
        if job.completed_at:
            day = to_local(job.completed_at).date()
            found.setdefault(day, Counter())[job.status] += 1
    return sorted(found.items())[-_DAYS:]


def _success(jobs: Sequence[Job]) -> Plot:
    bars = [
        Bar(
            f"{day:%d %b}",
            f"{day:%d %b}: " + ", ".join(f"{counts[end]} {end}" for end, _ in _ENDS if counts[end]),
            tuple((css, counts[end]) for end, css in _ENDS if counts[end]),
        )
        for day, counts in _days(jobs)
    ]
    return bar_plot("How jobs ended, by day", "jobs", bars, whole=True)


def _phases(jobs: Sequence[Job]) -> Plot:
    """The median of each phase, over the jobs that wrote something."""
    seconds = {
        phase: [
            job.counts.phase_seconds[phase]
            for job in jobs
            if job.counts and phase in job.counts.phase_seconds
        ]
        for phase in PHASES
    }
    bars = [
        Bar(phase, f"{phase}: {median(found):.2f} seconds", (("accent", median(found)),))
        for phase, found in seconds.items()
        if found
    ]
    return bar_plot("Time of each phase, median", "seconds", bars)


def _by_job(name: str, unit: str, jobs: Sequence[Job], value: Callable[[Job], float]) -> Plot:
    label = _time if len({_date(job) for job in jobs}) == 1 else _date
    bars = [
        Bar(
            label(job),
            f"{job.dataset}: {wording.number(value(job))} {unit}",
            (("accent", value(job)),),
        )
        for job in jobs
    ]
    return bar_plot(name, unit, bars)


def _date(job: Job) -> str:
    return f"{to_local(job.completed_at):%d %b}" if job.completed_at else ""


def _time(job: Job) -> str:
    return f"{to_local(job.completed_at):%H:%M}" if job.completed_at else ""


def _seconds(job: Job) -> float:
    return job.duration_seconds or 0.0


def throughput(job: Job) -> float:
    """Chunks that the job wrote, by second; 0 for one that wrote none."""
    if not job.counts or not job.duration_seconds:
        return 0.0
    return job.counts.chunks_added / job.duration_seconds
