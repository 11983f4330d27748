"""Why a hit stands where it stands, as a person reads it."""

from __future__ import annotations

from ccingest.models import Contribution
from ccingest.terminal.plain import reason_row


def test_what_is_all_but_nothing_is_no_negative_zero() -> None:
    row = reason_row(Contribution("names", "why", -0.0004, -0.0004))
    assert row.split() == ["+0.000", "names", "0.00", "why"]
