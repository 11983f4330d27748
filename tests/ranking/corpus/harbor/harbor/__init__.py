"""Harbor moves parcels."""

from harbor.auth.tokens import issue_token, verify_token
from harbor.core import Engine, Parcel
from harbor.dispatch.planner import RoutePlanner
from harbor.dispatch.retry import RetryPolicy
from harbor.pricing.tariffs import price_of_parcel
from sqlalchemy.orm import Session, sessionmaker

__all__ = [
    "Engine",
    "Parcel",
    "RetryPolicy",
    "RoutePlanner",
    "Session",
    "issue_token",
    "price_of_parcel",
    "sessionmaker",
    "verify_token",
]
