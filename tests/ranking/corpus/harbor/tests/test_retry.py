from datetime import timedelta

from harbor.dispatch.retry import RetryPolicy


def test_the_retry_delay_of_a_failed_delivery_grows_exponentially():
    policy = RetryPolicy(base_delay=timedelta(minutes=1))
    first = policy.delay(1, "nobody at home")
    third = policy.delay(3, "nobody at home")
    assert third >= 2 * first


def test_the_retry_delay_has_a_maximum_and_jitter():
    policy = RetryPolicy(max_delay=timedelta(hours=1), max_attempts=50)
    assert policy.delay(40, "nobody at home") <= timedelta(hours=1.5)


def test_a_failed_delivery_is_given_up_after_the_maximum_of_attempts():
    assert RetryPolicy().delay(5, "nobody at home") is None


def test_a_permanent_failure_is_never_retried():
    assert RetryPolicy().delay(1, "address does not exist") is None
