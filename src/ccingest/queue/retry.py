"""Deciding whether and when a failed job is tried again. Pure functions."""

from __future__ import annotations

from collections.abc import Callable

from ccingest.errors import CcingestError
from ccingest.values import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """delay = min(cap, base * 2^retries), less a random share of it between 0 and `jitter`."""

    base: float = 2.0  # seconds
    cap: float = 300.0  # seconds
    jitter: float = 0.5  # share of the delay, 0 to 1


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """A failed job is tried again, after a while."""

    delay: float  # seconds


DEFAULT_POLICY = RetryPolicy()


def decide(
    policy: RetryPolicy,
    error: CcingestError,
    *,
    retry_count: int,
    max_retries: int,
    random: Callable[[], float],
) -> RetryDecision | None:
    """When to retry; None when a retry can't help, or none is left. `random` gives 0 <= x < 1."""
    if not error.retryable or retry_count >= max_retries:
        return None
    # 2^64 seconds is above any cap, and larger powers may overflow a float.
    delay = min(policy.cap, policy.base * 2.0 ** min(retry_count, 64))
    return RetryDecision(delay * (1.0 - policy.jitter * random()))
