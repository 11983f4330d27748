"""The order in which a van visits its stops."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Stop:
    latitude: float
    longitude: float
    name: str = ""


def distance(first: Stop, second: Stop) -> float:
    """Kilometres between two stops, by the haversine formula."""
    radius = 6371.0
    lat1, lat2 = math.radians(first.latitude), math.radians(second.latitude)
    dlat = lat2 - lat1
    dlon = math.radians(second.longitude - first.longitude)
    a = math.sin(dlat / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dlon / 2) ** 2
    return 2 * radius * math.asin(math.sqrt(a))


class RoutePlanner:
    """Finds a short tour: nearest neighbour first, then improved by swapping."""

    def __init__(self, geocoder) -> None:
        self.geocoder = geocoder

    def locate(self, address: str) -> Stop:
        return self.geocoder.find(address)

    def plan(self, depot: Stop, stops: list[Stop]) -> list[Stop]:
        return two_opt(nearest_neighbour(depot, stops))


def nearest_neighbour(depot: Stop, stops: list[Stop]) -> list[Stop]:
    """Always drive to the closest stop that was not visited yet."""
    tour, left = [depot], list(stops)
    while left:
        closest = min(left, key=lambda stop: distance(tour[-1], stop))
        left.remove(closest)
        tour.append(closest)
    return tour


def two_opt(tour: list[Stop]) -> list[Stop]:
    """Reverse pieces of the tour as long as that makes it shorter."""
    improved = True
    while improved:
        improved = False
        for i in range(1, len(tour) - 2):
            for j in range(i + 1, len(tour) - 1):
                before = distance(tour[i - 1], tour[i]) + distance(tour[j], tour[j + 1])
                after = distance(tour[i - 1], tour[j]) + distance(tour[i], tour[j + 1])
                if after < before:
                    tour[i : j + 1] = reversed(tour[i : j + 1])
                    improved = True
    return tour
