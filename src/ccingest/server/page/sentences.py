"""Errors as sentences of the page: what to do is said in its own words."""

from __future__ import annotations

from collections.abc import Mapping

from ccingest.errors import CcingestError, Hint

_HINTS: Mapping[Hint, str] = {
    "add_repository": "add one first",
    "add_again": "add its source again",
    "add_again_whole": "add its source again, and read all files",
    "list_datasets": "the page of datasets lists them",
    "list_jobs": "the page of jobs lists them",
    "list_skipped": "the page of its dataset lists what was skipped",
    "list_schedules": "the page of schedules lists them",
    "read_job_log": "its log has the details",
    "choose_branch": "check the branch",
    "choose_dataset": "or choose the dataset",
    "choose_project": "choose the project",
    "name_dataset": "give the dataset another name, or delete it first",
}


def sentence_of(error: CcingestError) -> str:
    """The message of an error and its hint."""
    hint = _HINTS.get(error.hint)
    return f"{error.message.rstrip('.')}; {hint}." if hint else error.message
