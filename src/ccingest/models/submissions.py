"""What becomes of a request that a server takes, and of a push that it hears of."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from ccingest.models.jobs import Job, JobRequest
from ccingest.values import dataclass

SubmissionStatus: TypeAlias = Literal["queued", "running", "skipped"]
PushOutcome: TypeAlias = Literal["queued", "duplicate", "ignored"]


@dataclass(frozen=True, slots=True)
class Reach:
    """What a request may read. Where the user is the operator, as on the command line, there is none."""

    folders: tuple[Path, ...] = ()  # and all below them
    private: bool = False  # hosts at addresses that are not public


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a request.

    `skipped`: the dataset is at the wanted revision already. `job` is then the last one of it, if
    that is still known.
    """

    status: SubmissionStatus
    request: JobRequest
    job: Job | None
    created: bool = False
    last_run_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """A push to a branch of a repository, as its host tells of it."""

    delivery: str  # the host's id of the message; it stays the same when that is sent again
    repository: str  # owner/name
    host: str
    branch: str


@dataclass(frozen=True, slots=True)
class PushResult:
    """What became of a push: the jobs that it led to, if any."""

    outcome: PushOutcome
    jobs: tuple[Job, ...] = ()
