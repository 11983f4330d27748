"""When a dataset is brought up to date automatically. Pure values that read no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from ccingest.errors import UsageError
from ccingest.models.jobs import JobRequest, Status
from ccingest.times import from_local, to_local

UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Every:
    """Once in every `seconds` seconds."""

    seconds: int

    def next_after(self, moment: datetime) -> datetime:
        """`moment` is aware; so is the result, in UTC."""
        return moment.astimezone(timezone.utc) + timedelta(seconds=self.seconds)

    @property
    def span(self) -> str:
        """The interval in the form that `parse_every` reads."""
        left, parts = self.seconds, []
        for unit in "wdhms":
            count, left = divmod(left, UNIT_SECONDS[unit])
            if count:
                parts.append(f"{count}{unit}")
        return "".join(parts)

    def __str__(self) -> str:
        return f"every {self.span}"


@dataclass(frozen=True, slots=True)
class Cron:
    """The five fields of crontab(5), in the local time of the machine that reads them."""

    expression: str

    def next_after(self, moment: datetime) -> datetime:
        """`moment` is aware; so is the result, in UTC.

        When the clock goes back, the repeated hour counts once. When it goes forward, a time in the
        skipped hour is moved to after it.
        """
        from cronsim import CronSim

        for local in CronSim(self.expression, to_local(moment).replace(tzinfo=None)):
            found = from_local(local)
            if to_local(found).replace(tzinfo=None) != local:  # the clock skips this time
                found = from_local(local.replace(fold=1))
            if found > moment:
                return found
        raise UsageError(f"The schedule {self.expression!r} never comes.")

    def __str__(self) -> str:
        return f"cron {self.expression}"


Timing: TypeAlias = Every | Cron


@dataclass(frozen=True, slots=True)
class Schedule:
    """A dataset that is brought up to date automatically."""

    request: JobRequest
    timing: Timing
    next_at: datetime
    last_job_id: str | None  # None before the first job, or after the job was removed
    last_status: Status | None
    error: str | None  # why it could not be queued when it was last due
    created_at: datetime
