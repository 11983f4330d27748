"""Every error ccingest raises on purpose. Each knows its exit code and whether a retry can help.

CcingestError                       exit 1
├── UsageError                      exit 2
│   ├── InvalidReferenceError
│   └── UnknownModelError
├── NotFoundError                   exit 3
│   ├── RepositoryNotFoundError
│   ├── BranchNotFoundError
│   ├── CommitNotFoundError
│   ├── DatasetNotFoundError
│   ├── JobNotFoundError
│   ├── ScheduleNotFoundError
│   ├── FileNotInDatasetError
│   └── LineNotFoundError
├── AccessError                     exit 4
├── NetworkError                    exit 5, retryable
│   ├── RateLimitedError
│   └── ModelUnavailableError
├── EmptyRepositoryError            exit 1
├── UnbornHeadError                 exit 1
├── NothingToIndexError             exit 1
├── StoreError                      exit 1
│   ├── StoreBusyError              retryable
│   ├── VersionGoneError
│   └── StorageFullError
├── EmbedderError                   exit 1
├── LeaseLostError                  exit 1
├── WorkerDiedError                 exit 1
└── CancelledError                  exit 130

The message of an error is one sentence that names the thing and the way out, with no secret in it.
"""

from __future__ import annotations

from typing import ClassVar


class CcingestError(Exception):
    """Base of all errors that are shown to the user as they are."""

    kind: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    @property
    def message(self) -> str:
        return str(self)


class UsageError(CcingestError):
    kind = "usage"
    exit_code = 2


class InvalidReferenceError(UsageError):
    kind = "invalid_reference"


class UnknownModelError(UsageError):
    kind = "unknown_model"


class NotFoundError(CcingestError):
    kind = "not_found"
    exit_code = 3


class RepositoryNotFoundError(NotFoundError):
    kind = "repository_not_found"


class BranchNotFoundError(NotFoundError):
    kind = "branch_not_found"


class CommitNotFoundError(NotFoundError):
    kind = "commit_not_found"


class DatasetNotFoundError(NotFoundError):
    kind = "dataset_not_found"


class JobNotFoundError(NotFoundError):
    kind = "job_not_found"


class ScheduleNotFoundError(NotFoundError):
    kind = "schedule_not_found"


class FileNotInDatasetError(NotFoundError):
    kind = "file_not_found"


class LineNotFoundError(NotFoundError):
    kind = "line_not_found"


class AccessError(CcingestError):
    """No token, or a token the host refuses."""

    kind = "no_access"
    exit_code = 4


class NetworkError(CcingestError):
    """The host could not be reached, broke off, or answered with a 5xx."""

    kind = "network"
    exit_code = 5
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


class NothingToIndexError(CcingestError):
    """The commit holds no file that the selection rules let through."""

    kind = "nothing_to_index"


class StoreError(CcingestError):
    kind = "store"


class StoreBusyError(StoreError):
    kind = "store_busy"
    retryable = True


class VersionGoneError(StoreError):
    """A table or a version of it that SQLite names is not on disk (any more)."""

    kind = "version_gone"


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


class CancelledError(CcingestError):
    kind = "cancelled"
    exit_code = 130


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
