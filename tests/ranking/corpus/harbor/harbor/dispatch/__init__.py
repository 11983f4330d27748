"""Routes, the delivery queue, and retries."""

from harbor.dispatch.planner import RoutePlanner, Stop
from harbor.dispatch.queue import DeliveryQueue
from harbor.dispatch.retry import RetryPolicy

__all__ = ["DeliveryQueue", "RetryPolicy", "RoutePlanner", "Stop"]
