"""The addresses of the pages. Names and paths are parameters, since they may hold any character."""

from __future__ import annotations

from urllib.parse import urlencode

SEARCH = "/"
FILE = "/ui/file"
SIMILAR = "/ui/similar"
DATASETS = "/ui/datasets"
DATASET = "/ui/dataset"
DELETE = "/ui/dataset/delete"
SYNC = "/ui/dataset/sync"
JOBS = "/ui/jobs"
JOB = "/ui/job"
CANCEL = "/ui/job/cancel"
RETRY = "/ui/job/retry"
ADD = "/ui/add"
SCHEDULES = "/ui/schedules"
UNSCHEDULE = "/ui/schedules/remove"
STATISTICS = "/ui/statistics"
SIGN_IN = "/ui/sign-in"
SIGN_OUT = "/ui/sign-out"
ASSETS = "/ui/static"


def address(path: str, anchor: str = "", /, **parameters: object) -> str:
    """The path with these parameters, those that are empty left out."""
    given = {name: value for name, value in parameters.items() if value not in (None, "", ())}
    query = urlencode(given, doseq=True)
    return path + (f"?{query}" if query else "") + (f"#{anchor}" if anchor else "")


def own_path(text: str) -> str:
    """The text when it is the address of a page of this server, else that of the search."""
    is_own = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if is_own and text.isprintable() else SEARCH
