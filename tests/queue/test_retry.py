from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccingest.errors import (
    AccessError,
    CcingestError,
    NetworkError,
    RateLimitedError,
    StoreBusyError,
    all_errors,
)
from ccingest.queue.retry import RetryPolicy, decide

policies = st.builds(
    RetryPolicy,
    base=st.floats(0.01, 60),
    cap=st.floats(0.01, 3600),
    jitter=st.floats(0, 1),
)
chances = st.floats(0, 1, exclude_max=True)


@given(policies, st.integers(0, 10_000), st.integers(0, 10_000), chances)
def test_a_delay_stays_within_its_limits(
    policy: RetryPolicy, retry_count: int, more: int, chance: float
) -> None:
    decision = decide(
        policy,
        NetworkError("no route"),
        retry_count=retry_count,
        max_retries=retry_count + more,
        random=lambda: chance,
    )
    if more == 0:
        assert decision is None
    else:
        assert decision is not None
        assert 0 <= decision.delay <= policy.cap
        full = min(policy.cap, policy.base * 2.0 ** min(retry_count, 64))
        assert decision.delay >= full * (1 - policy.jitter)


@given(policies, st.integers(0, 200), chances)
def test_a_later_retry_never_waits_less(policy: RetryPolicy, count: int, chance: float) -> None:
    def delay(retry_count: int) -> float:
        decision = decide(
            policy,
            NetworkError(""),
            retry_count=retry_count,
            max_retries=1000,
            random=lambda: chance,
        )
        assert decision
        return decision.delay

    assert delay(count) <= delay(count + 1)


def test_the_default_delays() -> None:
    delays = [
        decide(RetryPolicy(), NetworkError(""), retry_count=n, max_retries=99, random=lambda: 0.0)
        for n in (0, 1, 2, 3, 7, 8, 90)
    ]
    assert [d.delay for d in delays if d] == [2, 4, 8, 16, 256, 300, 300]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.kind)
def test_only_temporary_errors_are_retried(kind: type[CcingestError]) -> None:
    decision = decide(RetryPolicy(), kind("x"), retry_count=0, max_retries=3, random=lambda: 0.5)
    assert (decision is not None) == kind.retryable
    assert NetworkError.retryable
    assert RateLimitedError.retryable
    assert StoreBusyError.retryable
    assert not AccessError.retryable
