"""HTTP handlers, version 2: with paging, problem documents and the time of arrival."""

from __future__ import annotations

from harbor.core import Engine


def get_parcel(engine: Engine, number: str) -> dict:
    """Status of a parcel as JSON, with its arrival."""
    found = engine.where_is(number)
    return {"number": number, "status": found["last"], "arrival": found["arrival"]}


def list_parcels(engine: Engine, after: str = "", limit: int = 50) -> dict:
    """A page of parcels by number, and a cursor for the next page."""
    numbers = sorted(number for number in engine.parcels if number > after)[:limit]
    return {"parcels": numbers, "next": numbers[-1] if len(numbers) == limit else None}


def post_parcel(engine: Engine, body: dict) -> dict:
    """Accept a new parcel from a JSON body."""
    missing = {"parcel", "customer"} - body.keys()
    if missing:
        return problem(422, f"missing in the request body: {', '.join(sorted(missing))}")
    parcel = engine.accept(body["parcel"], body["customer"])
    return {"number": parcel.number, "price": parcel.price}


def problem(status: int, detail: str) -> dict:
    """An error as RFC 9457 has it."""
    return {"type": "about:blank", "status": status, "detail": detail}
