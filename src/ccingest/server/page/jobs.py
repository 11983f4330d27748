"""The pages of jobs: their progress, their logs, cancelling and retrying."""

from __future__ import annotations

from ccingest.models import ENDED, STATUSES, Job
from ccingest.server.page import addresses
from ccingest.server.page.call import Answer, Call, Page, Redirect

_SHOWN = 50
_NOTICES = {
    "cancelled": "The job {about} is being cancelled.",
    "retried": "The job {about} is queued again.",
    "queued": "{about} is queued.",
    "running": "{about} is being made already.",
    "skipped": "{about} is up to date already.",
    "none": "There is no dataset that can be synced.",
}
STATES = {
    "pending": "Queued",
    "in_progress": "Running",
    "completed": "Completed",
    "failed": "Failed",
    "cancelled": "Cancelled",
}


def show_all(call: Call) -> Page:
    status = call.text("status")
    wanted = status if status in STATUSES else None
    shown = call.whole("limit", _SHOWN, 1, 1000)
    found = call.client.jobs(project=call.project, status=wanted, limit=shown + 1)
    values = {
        "jobs": found[:shown],
        "states": STATES,
        "status": wanted or "",
        "more": addresses.address(addresses.JOBS, status=wanted, limit=shown + 200)
        if len(found) > shown
        else "",
        "is_live": any(not job.ended for job in found),
        "notice": notice(call),
    }
    return Page("jobs.html", values)


def notice(call: Call) -> str:
    """What the form did that led here."""
    sentence = _NOTICES.get(call.text("notice"), "")
    return sentence.format(about=call.text("about")) if sentence else ""


def show(call: Call) -> Page:
    """One job, and what its worker wrote about it."""
    log = call.client.job_log(call.text("id"))
    values = {
        "job": log.job,
        "log": log.lines,
        "states": STATES,
        "is_live": not log.job.ended,
        "notice": notice(call),
    }
    return Page("job.html", values)


def cancel(call: Call) -> Answer:
    return _back(call, call.client.cancel(call.given("id")), "cancelled")


def retry(call: Call) -> Answer:
    return _back(call, call.client.retry(call.given("id")), "retried")


def _back(call: Call, job: Job, notice: str) -> Redirect:
    """To the page that the button was on."""
    about = job.id[:8]
    if call.given("from") == "job":
        return Redirect(addresses.address(addresses.JOB, id=job.id, notice=notice, about=about))
    return Redirect(addresses.address(addresses.JOBS, notice=notice, about=about))


def running(call: Call) -> list[Job]:
    """The jobs that have not ended, newest first."""
    return [job for job in call.client.jobs(project=call.project) if job.status not in ENDED]
