"""HTTP handlers, version 1: kept for label printers."""

from __future__ import annotations

from harbor.core import Engine


def get_parcel(engine: Engine, number: str) -> dict:
    """Status of a parcel as JSON."""
    found = engine.where_is(number)
    return {"number": number, "status": found["last"]}


def post_parcel(engine: Engine, body: dict) -> dict:
    """Accept a new parcel from a JSON body."""
    parcel = engine.accept(body["parcel"], body["customer"])
    return {"number": parcel.number, "price": parcel.price}


def delete_parcel(engine: Engine, number: str) -> dict:
    """Cancel a parcel."""
    engine.cancel(number)
    return {"number": number}
