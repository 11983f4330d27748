"""Zone prices."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

TARIFFS = Path(__file__).parents[2] / "config" / "tariffs.json"


@cache
def load_tariffs() -> dict:
    return json.loads(TARIFFS.read_text())


def volume_weight(size: tuple[float, float, float]) -> float:
    """What counts for something large and light, in kilograms."""
    length, width, height = size
    return length * width * height / load_tariffs()["volume_divisor"]


def price_of_parcel(
    weight: float, size: tuple[float, float, float], zone: int, discount: float = 0.0
) -> float:
    tariffs = load_tariffs()
    of_zone = tariffs["zones"].get(str(zone))
    if of_zone is None:
        raise ValueError(f"no tariff for zone {zone}: zones go from 1 to 4")
    billable = max(weight, volume_weight(size))
    price = billable * of_zone["price_per_kilogram"] * (1 - discount)
    return round(max(price, of_zone["minimum_price"]) * (1 + tariffs["fuel_surcharge"]), 2)
