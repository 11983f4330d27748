from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from ccingest.models import Spread
from ccingest.queue.statistics import spread


def test_nearest_rank() -> None:
    assert spread([]) is None
    assert spread([3.0]) == Spread(3.0, 3.0)
    assert spread([4.0, 1.0, 2.0, 3.0]) == Spread(2.0, 4.0)
    assert spread([float(i) for i in range(1, 101)]) == Spread(50.0, 95.0)


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_the_promised_share_of_values_is_not_larger(seconds: list[float]) -> None:
    found = spread(seconds)
    assert found
    for value, share in ((found.median, 0.5), (found.p95, 0.95)):
        assert value in seconds
        assert sum(one <= value for one in seconds) >= math.ceil(share * len(seconds) - 1e-9)
