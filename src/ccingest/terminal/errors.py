"""Errors on the command line: their exit codes, and hints that name commands and flags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ccingest.errors import (
    AccessError,
    CancelledError,
    CcingestError,
    Hint,
    NetworkError,
    NotFoundError,
    UsageError,
    error_of_kind,
)

if TYPE_CHECKING:
    from ccingest.models import Job

USAGE = 2
INTERRUPTED = 130
_EXIT_CODES: Mapping[type[CcingestError], int] = {
    UsageError: USAGE,
    NotFoundError: 3,
    AccessError: 4,
    NetworkError: 5,
    CancelledError: INTERRUPTED,
    CcingestError: 1,
}
_HINTS: Mapping[Hint, str] = {
    "add_repository": "`ccingest add WHAT` makes one",
    "add_git_repository": "if it is a git repository, say so with `ccingest github add`",
    "add_organization": "`ccingest github add-org ORG` adds all repositories of an organisation",
    "make_git_repository": "`git init` and a commit make it one",
    "add_again": "add the repository again",
    "add_again_whole": "`ccingest add WHAT --force` makes a damaged dataset again",
    "list_datasets": "`ccingest datasets` lists them",
    "list_skipped": "`ccingest files --skipped` lists all that were",
    "list_jobs": "`ccingest history` lists the jobs",
    "list_schedules": "`ccingest schedule list` lists them",
    "read_job_log": "`ccingest logs JOB` has the details",
    "choose_branch": "check --branch",
    "choose_revision": "check --sha",
    "choose_dataset": "or name the dataset with --dataset",
    "choose_project": "name the project with --project",
    "choose_host": "check the spelling, and --host",
    "name_dataset": "give another name with --dataset, or delete it first",
    "allow_private": "add --allow-private if you trust it",
    "name_model": "agree to it with --model",
    "name_source": "say where it is on this machine with --source",
    "debug": "run it again with CCINGEST_DEBUG=1 for the traceback, and please report it",
}
# Parameters that have another name on the command line.
_FLAGS = {"revision": "--sha"}


def exit_code_of(error: CcingestError) -> int:
    """The exit code of an error: that of its nearest class in the table."""
    return next(_EXIT_CODES[kind] for kind in type(error).__mro__ if kind in _EXIT_CODES)


def exit_codes() -> set[int]:
    """All exit codes but 0. `ccingest help exit-codes` says what they mean."""
    return set(_EXIT_CODES.values())


def sentence_of(error: CcingestError) -> str:
    """The message of an error, with the names of flags, and its hint."""
    message = error.message
    if error.parameter and message.startswith(error.parameter):
        flag = _FLAGS.get(error.parameter, f"--{error.parameter.replace('_', '-')}")
        message = flag + message.removeprefix(error.parameter)
    if error.hint:
        message = f"{message.rstrip('.')}; {_HINTS[error.hint]}."
    return message


def exit_code_of_job(job: Job) -> int:
    """The exit code of a command that waited for this job to end."""
    if job.status == "completed":
        return 0
    if job.status == "cancelled":
        return INTERRUPTED
    return exit_code_of(error_of_kind(job.error_kind or "", ""))


def exit_code_of_jobs(jobs: Iterable[Job]) -> int:
    """The exit code of the first job that did not complete; 0 when all did."""
    return next((code for job in jobs if (code := exit_code_of_job(job))), 0)
