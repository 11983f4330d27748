"""Send a parcel: accept it, price it, plan the route of the day, and track where it is."""

from harbor import Engine, Parcel, RoutePlanner
from harbor.dispatch.queue import DeliveryQueue
from harbor.tracking.events import EventLog

engine = Engine(DeliveryQueue(), EventLog(), RoutePlanner(None))
parcel = engine.accept(
    Parcel("P1", "ann", "bob", "1 Main Street", 2.5, (30, 20, 10), zone=2), customer="ann"
)
print("price of the parcel", parcel.price)
print("where is the parcel", engine.where_is("P1"))
