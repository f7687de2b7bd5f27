"""What an order is: a copy of what was bought, which no later change of the catalogue touches."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from storefront.carts.model import Address


class Status(StrEnum):
    GENERATED = "generated"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


NEXT_STEPS: Mapping[Status, frozenset[Status]] = {
    Status.GENERATED: frozenset({Status.PAID, Status.CANCELLED}),
    Status.PAID: frozenset({Status.SHIPPED, Status.CANCELLED}),
    Status.SHIPPED: frozenset({Status.DELIVERED}),
    Status.DELIVERED: frozenset(),
    Status.CANCELLED: frozenset(),
}


def may_become(current: Status, wanted: Status) -> bool:
    return wanted in NEXT_STEPS[current]


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A line item as it was at purchase."""

    product_id: str
    sku: str
    options: Mapping[str, str]
    name: str
    description: str
    photo: str | None
    unit_price: int
    quantity: int

    @property
    def line_total(self) -> int:
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of an order's history; ``by`` is a display name or the shop's."""

    status: Status
    at: datetime
    by: str


class RemarkKind(StrEnum):
    NOTE = "note"
    CONFIRMED_AGAIN = "confirmed_again"


@dataclass(frozen=True, slots=True)
class Remark:
    """What staff wrote down or did about an order, for staff only; ``by`` is a display name."""

    key: str
    kind: RemarkKind
    text: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order; money in minor units of ``currency``, ``tax_included`` is contained in total."""

    number: int
    user_id: str
    email: str
    status: Status
    items: tuple[OrderItem, ...]
    subtotal: int
    shipping: int
    tax_included: int
    tax_percent: float
    total: int
    currency: str
    delivery_address: Address
    payment_instructions: str
    language: str
    created_at: datetime
    history: tuple[Step, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def customer(self) -> str:
        """What the customer was called when ordering."""
        return self.history[0].by

    @property
    def next_step(self) -> Status | None:
        """Where the order goes next on its way to the customer."""
        return next(
            (step for step in NEXT_STEPS[self.status] if step is not Status.CANCELLED), None
        )

    @property
    def can_be_cancelled(self) -> bool:
        return may_become(self.status, Status.CANCELLED)

    @property
    def can_be_confirmed_again(self) -> bool:
        """Not when it is cancelled, or when its customer has deleted their account."""
        return self.status is not Status.CANCELLED and bool(self.email)

    def holds(self, sku: str) -> bool:
        return any(item.sku == sku for item in self.items)

    def after(self, step: Step) -> "Order":
        """The same order one step on."""
        return replace(self, status=step.status, history=(*self.history, step))

    def reached(self, status: Status) -> datetime | None:
        """When the order came to ``status``; None if it never did."""
        return next((step.at for step in self.history if step.status is status), None)


@dataclass(frozen=True, slots=True)
class DayOfSales:
    """What was ordered on one day (UTC) and not cancelled; ``total`` is in minor units."""

    day: date
    orders: int
    total: int


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of a list, newest first; ``next`` goes into ``after`` and is None at the end."""

    items: tuple[Order, ...]
    next: str | None
