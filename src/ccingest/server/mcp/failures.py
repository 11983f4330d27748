"""Errors as an agent reads them: the kind, one sentence, and which tool helps."""

from __future__ import annotations

from collections.abc import Mapping

from ccingest.errors import CcingestError, Hint
from ccingest.visible import safe

# Where an agent has no way of its own, the message has to do.
HINTS: Mapping[Hint, str] = {
    "add_repository": "add_repository makes one",
    "add_git_repository": "add_repository takes git repositories",
    "add_organization": "add its repositories one by one, as org/repo",
    "make_git_repository": "`git init` and a commit make it one",
    "add_again": "call add_repository for it again",
    "add_again_whole": "the user has to make the dataset again, from the command line",
    "list_datasets": "list_repositories lists what there is",
    "list_jobs": "add_repository gives the id of a job",
    "list_skipped": "not every file is indexed; read it from disk",
    "read_job_log": "the user finds more in the job's log",
    "choose_branch": "check the branch",
    "choose_revision": "check the revision",
    "choose_dataset": "or name another dataset as repo",
    "choose_project": "the user may start this server for another project",
    "choose_host": "check the spelling",
    "name_dataset": "the user has to delete it, or to give another name",
    "debug": "this is a bug of ccingest",
}


def message_of(error: CcingestError) -> str:
    """`kind: sentence; hint.`, on one line."""
    hint = HINTS.get(error.hint)
    sentence = f"{error.message.rstrip('.')}; {hint}." if hint else error.message
    return safe(f"{error.kind}: {sentence}")


def details(error: CcingestError) -> dict[str, str]:
    """The same in parts."""
    return {"kind": error.kind, "message": error.message, "hint": HINTS.get(error.hint, "")}
