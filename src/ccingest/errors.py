"""Every error ccingest raises on purpose.

CcingestError
├── UsageError
│   ├── InvalidReferenceError
│   ├── PrivateSiteError
│   ├── UnknownModelError
│   ├── JobStateError
│   └── DatasetTakenError
├── NotFoundError
│   ├── RepositoryNotFoundError
│   ├── FolderNotFoundError
│   ├── PageNotFoundError
│   ├── BranchNotFoundError
│   ├── CommitNotFoundError
│   ├── DatasetNotFoundError
│   ├── JobNotFoundError
│   ├── ScheduleNotFoundError
│   ├── FileNotInDatasetError
│   └── LineNotFoundError
├── AccessError
│   ├── ForbiddenAddressError
│   └── FolderNotAllowedError
├── NetworkError                    retryable
│   ├── RateLimitedError
│   └── ModelUnavailableError
├── EmptyRepositoryError
├── UnbornHeadError
├── NothingToIndexError
├── UnsupportedSourceError
├── UnresponsiveError
├── StoreError
│   ├── StoreBusyError              retryable
│   │   └── ConnectionLostError     retryable
│   ├── NewerDatabaseError
│   ├── DamagedDatabaseError
│   ├── VersionGoneError
│   ├── DamagedSourceError
│   ├── TreeChangedError            retryable
│   ├── TooManyOpenFilesError
│   ├── OutOfMemoryError
│   └── StorageFullError
├── EmbedderError
├── BundleError
│   └── UntrustedBundleError
├── LeaseLostError
├── WorkerDiedError
└── CancelledError

A message is one sentence that names the thing. Passwords and tokens in it are hidden. It names no flag,
command or exit code, because a library and a server have none. What the user can do is a Hint, and each
door (command line, server) puts it into its own words.

Four exceptions are not in the tree, because no job ends with them. WorkerStoppedError
(queue/recorder.py) hands a job back. IdsNotServedError (sources/git/failures.py) makes a fetch try
another way. ChunkWorkerError and WorkerCrashedError (pipeline) make a file be chunked by lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

if TYPE_CHECKING:
    from ccingest.models import Job

Hint: TypeAlias = Literal[
    "",
    "add_repository",  # make a dataset
    "add_git_repository",  # when what is named is one after all
    "add_organization",
    "make_git_repository",
    "add_again",  # make the dataset again, from its source
    "add_again_whole",  # the same, but read all files again
    "list_datasets",
    "list_jobs",
    "list_skipped",
    "list_schedules",
    "read_job_log",
    "choose_branch",
    "choose_revision",
    "choose_dataset",
    "choose_project",
    "choose_host",
    "name_dataset",
    "allow_private",
    "name_model",  # agree to the model of a bundle
    "name_source",  # say where this machine reads the source of a bundle
    "debug",  # of an internal error: how to see its traceback
]


_LONGEST = 2000  # characters of a message
_LAST = 400  # of them, at its end


class CcingestError(Exception):
    """Base of all errors whose message is shown to the user.

    `parameter` is the library's name of the argument that is wrong. The message then begins with it.
    """

    kind: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False
    hint: Hint = ""

    def __init__(self, message: str, *, hint: Hint | None = None, parameter: str = "") -> None:
        from ccingest.secrets import hide_secrets  # its patterns take a millisecond
        from ccingest.visible import storable

        super().__init__(_bounded(hide_secrets(storable(message))))
        self.parameter = parameter
        if hint is not None:
            self.hint = hint

    @property
    def message(self) -> str:
        return str(self)


def _bounded(message: str) -> str:
    """Without its middle when it repeats something huge: the end says what to do."""
    if len(message) <= _LONGEST:
        return message
    return f"{message[: _LONGEST - _LAST]}...{message[-_LAST:]}"


class UsageError(CcingestError):
    kind = "usage"


class InvalidReferenceError(UsageError):
    kind = "invalid_reference"


class PrivateSiteError(UsageError):
    """A site on this machine or in its network, which is read only where that is allowed."""

    kind = "private_site"
    hint = "allow_private"


class UnknownModelError(UsageError):
    kind = "unknown_model"


class JobStateError(UsageError):
    """What is asked of a job does not fit the state that it is in."""


class DatasetTakenError(UsageError):
    """A dataset of this name has another source."""

    hint = "name_dataset"


class NotFoundError(CcingestError):
    kind = "not_found"


class RepositoryNotFoundError(NotFoundError):
    kind = "repository_not_found"


class FolderNotFoundError(NotFoundError):
    kind = "folder_not_found"


class PageNotFoundError(NotFoundError):
    kind = "page_not_found"


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
    """There is no token, or the host refuses it."""

    kind = "no_access"


class ForbiddenAddressError(AccessError):
    """A request leads to an address that is not on the public internet."""

    kind = "forbidden_address"


class FolderNotAllowedError(AccessError):
    """A request names a folder that the operator has not opened to requests."""

    kind = "folder_not_allowed"


class NetworkError(CcingestError):
    """The host could not be reached, ended the connection, or answered with HTTP 5xx."""

    kind = "network"
    retryable = True


class RateLimitedError(NetworkError):
    """`host`, where it is known, takes no requests for `pause` seconds."""

    kind = "rate_limited"

    def __init__(
        self, message: str, *, hint: Hint | None = None, host: str = "", pause: float = 60.0
    ) -> None:
        super().__init__(message, hint=hint)
        self.host = host
        self.pause = pause


class ModelUnavailableError(NetworkError):
    """A model of a hub is not cached, and can't be downloaded now."""

    kind = "model_unavailable"


class EmptyRepositoryError(CcingestError):
    kind = "empty_repository"


class UnbornHeadError(CcingestError):
    """The remote's HEAD names a branch that does not exist."""

    kind = "unborn_head"
    hint = "choose_branch"


class NothingToIndexError(CcingestError):
    """The revision has no file that the selection rules accept."""

    kind = "nothing_to_index"


class UnsupportedSourceError(CcingestError):
    """A source of a form, or of a size, that ccingest does not take."""

    kind = "unsupported_source"


class UnresponsiveError(CcingestError):
    """A file system does not answer, for example because its host is gone."""

    kind = "unresponsive"


class StoreError(CcingestError):
    kind = "store"


class StoreBusyError(StoreError):
    kind = "store_busy"
    retryable = True


class ConnectionLostError(StoreBusyError):
    """The connection to the database's server was lost, and nothing of the step was stored."""


class NewerDatabaseError(StoreError):
    """A newer ccingest has brought the database's schema up to date. A worker hands its job back."""


class DamagedDatabaseError(StoreError):
    """The database holds what nobody wrote there. `what` is that alone, without a way out."""

    def __init__(
        self, message: str, *, hint: Hint | None = None, parameter: str = "", what: str = ""
    ) -> None:
        super().__init__(message, hint=hint, parameter=parameter)
        self.what = what or self.message.rstrip(".")


class VersionGoneError(StoreError):
    """A table, or its version, is in the database but not on disk."""

    kind = "version_gone"
    hint = "add_again"


class DamagedSourceError(StoreError):
    """The fetched content of a source is incomplete."""

    kind = "damaged_source"


class TreeChangedError(StoreError):
    """A work tree was written to while it was read, again and again."""

    kind = "tree_changed"
    retryable = True


class TooManyOpenFilesError(StoreError):
    """The process has reached its limit of open files. Nothing is damaged."""

    kind = "too_many_open_files"


class OutOfMemoryError(StoreError):
    """The process gets no more memory, or no more threads. Nothing is damaged."""

    kind = "out_of_memory"


class StorageFullError(StoreError):
    kind = "storage_full"


class EmbedderError(CcingestError):
    """An embedding model does not work: its files are damaged, or its shape is wrong."""

    kind = "embedder"


class BundleError(CcingestError):
    """A bundle is damaged, of an unknown format, or not what it says."""

    kind = "bundle"


class UntrustedBundleError(BundleError):
    """A bundle has no signature of a key that is trusted."""

    kind = "untrusted_bundle"


class LeaseLostError(CcingestError):
    """Another worker has the job now, or its dataset was deleted while it ran."""

    kind = "lease_lost"


class WorkerDiedError(CcingestError):
    """The worker of a job was killed, or its machine stopped."""

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


def internal_error(error: BaseException, *, hint: Hint) -> CcingestError:
    """The error that is shown for an exception that nobody expected: a bug, or a limit of the process."""
    from ccingest.exhausted import exhausted
    from ccingest.secrets import hide_secrets

    if limit := exhausted(error):
        return limit

    # Hidden before it is cut: a cut could leave half of a password that no pattern finds.
    first_line = hide_secrets((str(error).splitlines() or [""])[0])[:300]
    return CcingestError(f"Internal error, {type(error).__name__}: {first_line}.", hint=hint)


def error_of_kind(kind: str, message: str) -> CcingestError:
    """The error of a job, from the kind and message that the job stores."""
    found = next((error for error in all_errors() if error.kind == kind), CcingestError)
    return found(message)


def error_of(job: Job) -> CcingestError:
    """The error of a job that has ended but did not complete, and how often it was tried."""
    message = job.error or f"The job {job.id} was {job.status}."
    if job.status == "failed" and job.retry_count:
        message += f" Tried {job.retry_count + 1} times."
    return error_of_kind(job.error_kind or "", message)
