"""Every error ccingest raises on purpose.

CcingestError
├── UsageError
│   ├── InvalidReferenceError
│   └── UnknownModelError
├── NotFoundError
│   ├── RepositoryNotFoundError
│   ├── BranchNotFoundError
│   ├── CommitNotFoundError
│   ├── DatasetNotFoundError
│   ├── JobNotFoundError
│   ├── ScheduleNotFoundError
│   ├── FileNotInDatasetError
│   └── LineNotFoundError
├── AccessError
├── NetworkError                    retryable
│   ├── RateLimitedError
│   └── ModelUnavailableError
├── EmptyRepositoryError
├── UnbornHeadError
├── NothingToIndexError
├── UnsupportedSourceError
├── StoreError
│   ├── StoreBusyError              retryable
│   ├── VersionGoneError
│   ├── DamagedSourceError
│   ├── TooManyOpenFilesError
│   └── StorageFullError
├── EmbedderError
├── LeaseLostError
├── WorkerDiedError
└── CancelledError

A message is one sentence that names the thing. Passwords and tokens in it are hidden. It names no flag, no command and
no exit code, for a library and a server have none: the way out that only a door knows is a Hint,
which each door says in its own words. Two kinds of exception are not in the tree, since they are no
outcome: WorkerStoppedError (queue/recorder.py) ends a job that is handed back, and
IdsNotServedError (sources/git/failures.py) makes a fetch try another way.
"""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

Hint: TypeAlias = Literal[
    "",
    "add_repository",  # make a dataset
    "add_again",  # of the dataset, from its source
    "add_again_whole",  # the same, without what is there already
    "list_datasets",
    "list_jobs",
    "list_schedules",
    "read_job_log",
    "choose_branch",
    "choose_revision",
    "choose_dataset",
    "choose_host",
    "name_dataset",
]


class CcingestError(Exception):
    """Base of all errors that are shown to the user as they are.

    `parameter` is the argument that is to blame, as the library calls it; the message then begins
    with it.
    """

    kind: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False
    hint: Hint = ""

    def __init__(self, message: str, *, hint: Hint | None = None, parameter: str = "") -> None:
        from ccingest.secrets import hide_secrets  # its patterns take a millisecond

        super().__init__(hide_secrets(message))
        self.parameter = parameter
        if hint is not None:
            self.hint = hint

    @property
    def message(self) -> str:
        return str(self)


class UsageError(CcingestError):
    kind = "usage"


class InvalidReferenceError(UsageError):
    kind = "invalid_reference"


class UnknownModelError(UsageError):
    kind = "unknown_model"


class NotFoundError(CcingestError):
    kind = "not_found"


class RepositoryNotFoundError(NotFoundError):
    kind = "repository_not_found"


class BranchNotFoundError(NotFoundError):
    kind = "branch_not_found"
    hint = "choose_branch"


class CommitNotFoundError(NotFoundError):
    kind = "commit_not_found"
    hint = "choose_revision"


class DatasetNotFoundError(NotFoundError):
    kind = "dataset_not_found"
    hint = "list_datasets"


class JobNotFoundError(NotFoundError):
    kind = "job_not_found"
    hint = "list_jobs"


class ScheduleNotFoundError(NotFoundError):
    kind = "schedule_not_found"
    hint = "list_schedules"


class FileNotInDatasetError(NotFoundError):
    kind = "file_not_found"


class LineNotFoundError(NotFoundError):
    kind = "line_not_found"


class AccessError(CcingestError):
    """No token, or a token the host refuses."""

    kind = "no_access"


class NetworkError(CcingestError):
    """The host could not be reached, broke off, or answered with a 5xx."""

    kind = "network"
    retryable = True


class RateLimitedError(NetworkError):
    kind = "rate_limited"


class ModelUnavailableError(NetworkError):
    """A hub model that is neither cached nor can be downloaded now."""

    kind = "model_unavailable"


class EmptyRepositoryError(CcingestError):
    kind = "empty_repository"


class UnbornHeadError(CcingestError):
    """The remote's HEAD names a branch that does not exist."""

    kind = "unborn_head"
    hint = "choose_branch"


class NothingToIndexError(CcingestError):
    """The commit holds no file that the selection rules let through."""

    kind = "nothing_to_index"


class UnsupportedSourceError(CcingestError):
    """A source of a form, or of a size, that ccingest does not take."""

    kind = "unsupported_source"


class StoreError(CcingestError):
    kind = "store"


class StoreBusyError(StoreError):
    kind = "store_busy"
    retryable = True


class VersionGoneError(StoreError):
    """A table or a version of it that SQLite names is not on disk (any more)."""

    kind = "version_gone"
    hint = "add_again"


class DamagedSourceError(StoreError):
    """What was fetched of a source lacks something that it should have."""

    kind = "damaged_source"


class TooManyOpenFilesError(StoreError):
    """The process may open no more files. Nothing is damaged."""

    kind = "too_many_open_files"


class StorageFullError(StoreError):
    kind = "storage_full"


class EmbedderError(CcingestError):
    """An embedding model that loads but does not work (damaged files, wrong shape)."""

    kind = "embedder"


class LeaseLostError(CcingestError):
    """The job now belongs to another worker, or its dataset was deleted while it ran."""

    kind = "lease_lost"


class WorkerDiedError(CcingestError):
    """A job's lease ran out: its process was killed, or the machine went down."""

    kind = "worker_died"
    hint = "read_job_log"


class CancelledError(CcingestError):
    kind = "cancelled"


def all_errors() -> tuple[type[CcingestError], ...]:
    """Every class of the tree, the base first."""
    found: list[type[CcingestError]] = [CcingestError]
    for error in found:
        found.extend(error.__subclasses__())
    return tuple(found)


def error_of_kind(kind: str, message: str) -> CcingestError:
    """An error again, of what a job kept of it."""
    found = next((error for error in all_errors() if error.kind == kind), CcingestError)
    return found(message)
