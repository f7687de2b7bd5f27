"""An order's way from placing to delivery, as a page shows it."""

from collections.abc import Mapping
from datetime import datetime

from storefront.localisation import Text, lazy
from storefront.orders.model import Order, Status

Point = tuple[Status, str, datetime | None, str]

WAY = (Status.GENERATED, Status.PAID, Status.SHIPPED, Status.DELIVERED)
LABELS: Mapping[Status, Text] = {
    Status.GENERATED: lazy("Ordered"),
    Status.PAID: lazy("Paid"),
    Status.SHIPPED: lazy("On its way"),
    Status.DELIVERED: lazy("Delivered"),
    Status.CANCELLED: lazy("Cancelled"),
}


def timeline(order: Order) -> list[Point]:
    """Each point of the way as (status, label, when reached, state).

    The state is done, current or next; a cancelled order has nothing before it.
    """
    ahead = () if order.status is Status.CANCELLED else WAY[WAY.index(order.status) + 1 :]
    *done, current = [step.status for step in order.history]
    return [
        *(_point(order, status, "done") for status in done),
        _point(order, current, "current"),
        *(_point(order, status, "next") for status in ahead),
    ]


def _point(order: Order, status: Status, state: str) -> Point:
    return status, str(LABELS[status]), order.reached(status), state
