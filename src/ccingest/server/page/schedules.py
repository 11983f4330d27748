"""The page of schedules: which datasets are brought up to date automatically, and when."""

from __future__ import annotations

from ccingest.errors import CcingestError, DatasetNotFoundError, UsageError
from ccingest.models import Dataset
from ccingest.server.page import addresses
from ccingest.server.page.call import Answer, Call, Page, Redirect
from ccingest.server.page.sentences import sentence_of

_NOTICES = {
    "scheduled": "{about} is kept up to date.",
    "removed": "The schedule of {about} was removed. The dataset stays.",
}


def show(call: Call) -> Page:
    sentence = _NOTICES.get(call.text("notice"), "")
    return _page(call, notice=sentence.format(about=call.text("about")) if sentence else "")


def add(call: Call) -> Answer:
    """Keep a dataset up to date, from where it came."""
    every, cron = call.given("every"), call.given("cron")
    try:
        if bool(every) == bool(cron):
            raise UsageError("Give either an interval, such as 6h, or a cron expression.")
        dataset = _chosen(call)
        call.client.schedule_dataset(
            dataset.name, every=every or None, cron=cron or None, project=dataset.project
        )
    except CcingestError as error:
        return _page(call, problem=sentence_of(error))
    notice = addresses.address(addresses.SCHEDULES, notice="scheduled", about=dataset.name)
    return Redirect(notice)


def remove(call: Call) -> Answer:
    name = call.given("name")
    call.client.remove_schedule(name, project=call.given("project"))
    return Redirect(addresses.address(addresses.SCHEDULES, notice="removed", about=name))


def _chosen(call: Call) -> Dataset:
    for dataset in call.client.datasets():
        if str(dataset.dataset_id) == call.given("dataset"):
            return dataset
    raise DatasetNotFoundError("Choose a dataset.")


def _page(call: Call, *, notice: str = "", problem: str = "") -> Page:
    values = {
        "schedules": call.client.schedules(),
        "datasets": call.client.datasets(),
        "given": {name: call.given(name) for name in ("dataset", "every", "cron")},
        "wanted": (call.text("project"), call.text("name")),
        "notice": notice,
        "problem": problem,
    }
    return Page("schedules.html", values, 400 if problem else 200)
