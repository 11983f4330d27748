"""The engine: what all parts of Harbor meet in. Parcels come in, deliveries and events go out."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from harbor.auth.passwords import check_password
from harbor.auth.tokens import issue_token, verify_token
from harbor.dispatch.planner import RoutePlanner, Stop
from harbor.dispatch.queue import DeliveryQueue
from harbor.dispatch.retry import RetryPolicy
from harbor.pricing.discounts import contract_discount
from harbor.pricing.tariffs import price_of_parcel
from harbor.tracking.arrival import estimate_arrival
from harbor.tracking.events import EventLog

log = logging.getLogger(__name__)


@dataclass
class Parcel:
    """A parcel on its way: weight in kilograms, size in centimetres, zone of the tariff."""

    number: str
    sender: str
    receiver: str
    address: str
    weight: float
    size: tuple[float, float, float]
    zone: int
    attempts: int = 0
    price: float = 0.0
    delivered: bool = False
    notes: list[str] = field(default_factory=list)


class Engine:
    """Prices parcels, plans routes, retries deliveries, records events and checks tokens."""

    def __init__(self, queue: DeliveryQueue, events: EventLog, planner: RoutePlanner) -> None:
        self.queue = queue
        self.events = events
        self.planner = planner
        self.retry = RetryPolicy()
        self.parcels: dict[str, Parcel] = {}
        self.users: dict[str, str] = {}

    # Users and tokens

    def login(self, user: str, password: str) -> str:
        """Check the password of a user and issue an access token."""
        stored = self.users.get(user)
        if stored is None or not check_password(password, stored):
            raise PermissionError("wrong user or password")
        return issue_token(user, timedelta(hours=8))

    def user_of(self, token: str) -> str:
        """The user of an access token. Verifies the token's signature and its expiry."""
        return verify_token(token)

    # Parcels and prices

    def accept(self, parcel: Parcel, customer: str) -> Parcel:
        """Take a parcel in: price it with the tariff and the contract discount, and queue it."""
        discount = contract_discount(self.parcels_last_month(customer))
        parcel.price = price_of_parcel(parcel.weight, parcel.size, parcel.zone, discount)
        self.parcels[parcel.number] = parcel
        self.queue.put(parcel.number, priority=parcel.zone)
        self.events.append(parcel.number, "accepted", datetime.now())
        log.info("accepted parcel %s for %.2f", parcel.number, parcel.price)
        return parcel

    def parcels_last_month(self, customer: str) -> int:
        """How many parcels the customer sent in the last month, for the contract discount."""
        since = datetime.now() - timedelta(days=30)
        return sum(
            1
            for parcel in self.parcels.values()
            if parcel.sender == customer and self.events.first(parcel.number) > since
        )

    def total_price(self, customer: str) -> float:
        """The price of all parcels of a customer, with discount and fuel surcharge."""
        return sum(p.price for p in self.parcels.values() if p.sender == customer)

    # Routes and deliveries

    def plan_day(self, depot: Stop) -> list[Stop]:
        """Plan the route of the day: all queued parcels, in the order of the stops."""
        stops = []
        while number := self.queue.take():
            parcel = self.parcels[number]
            stops.append(self.planner.locate(parcel.address))
        route = self.planner.plan(depot, stops)
        log.info("planned a route of %d stops", len(route))
        return route

    def delivery_failed(self, number: str, reason: str) -> None:
        """Retry a failed delivery after the delay of the retry policy, or give it up."""
        parcel = self.parcels[number]
        parcel.attempts += 1
        parcel.notes.append(reason)
        delay = self.retry.delay(parcel.attempts, reason)
        if delay is None:
            self.events.append(number, "returned", datetime.now())
            log.warning("gave up the delivery of %s after %d attempts", number, parcel.attempts)
            return
        self.queue.put(number, priority=parcel.zone, not_before=datetime.now() + delay)
        self.events.append(number, "retry", datetime.now())

    def delivered(self, number: str, signature: str) -> None:
        """Record that the parcel was delivered, and who signed for it."""
        parcel = self.parcels[number]
        parcel.delivered = True
        self.events.append(number, f"delivered to {signature}", datetime.now())

    # Tracking

    def where_is(self, number: str) -> dict[str, object]:
        """Where a parcel is, and its estimated time of arrival from its tracking events."""
        events = self.events.of(number)
        return {
            "number": number,
            "last": events[-1].text if events else None,
            "arrival": estimate_arrival(events, self.parcels[number].zone),
        }

    def cancel(self, number: str) -> None:
        """Cancel a parcel that is still in the delivery queue."""
        self.queue.remove(number)
        del self.parcels[number]
        self.events.append(number, "cancelled", datetime.now())


def admin() -> None:
    """The command `harbor-admin`: dump all parcels and tracking events to one file."""
    target = os.environ.get("HARBOR_DUMP", "harbor.dump")
    with open(target, "w") as file:
        file.write("number,status\n")
