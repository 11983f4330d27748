"""Rebates for those who send a lot."""

from __future__ import annotations

from bisect import bisect_right

_FROM = (50, 200, 1000)
_SHARES = (0.0, 0.05, 0.12, 0.2)


def contract_discount(parcels: int) -> float:
    """The share that is taken off the price, 0 to 0.2."""
    return _SHARES[bisect_right(_FROM, parcels)]


def voucher_discount(code: str, vouchers: dict[str, float]) -> float:
    """Of a voucher that a customer typed in. Raises KeyError for one that is not known."""
    return vouchers[code.strip().upper()]
