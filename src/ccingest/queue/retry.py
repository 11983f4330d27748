"""Whether and when a failed job is tried again: a pure decision, and a policy that is a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ccingest.errors import CcingestError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """delay = min(cap, base * 2^retries), of which a random part of up to `jitter` is taken off."""

    base: float = 2.0  # seconds
    cap: float = 300.0  # seconds
    jitter: float = 0.5  # share of the delay, 0 to 1


@dataclass(frozen=True, slots=True)
class RetryDecision:
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
    """None: it can't pass, or has been tried often enough. `random` gives 0 <= x < 1."""
    if not error.retryable or retry_count >= max_retries:
        return None
    # 2^64 seconds is past any cap, and a float can't hold 2^10000.
    delay = min(policy.cap, policy.base * 2.0 ** min(retry_count, 64))
    return RetryDecision(delay * (1.0 - policy.jitter * random()))
