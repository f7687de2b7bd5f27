"""Shapes of the orders' forms and JSON."""

import re
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from storefront.carts.schemas import AddressOut, DeliveryAddress, address_json, moment_json
from storefront.catalogue.model import unversioned
from storefront.errors import NotFoundError, ValidationError
from storefront.localisation import gettext as _
from storefront.orders.model import Order, OrderItem, OrderPage, Status

LONGEST_KEY = 200
MOST_MONEY = 10**15  # What every client's numbers can hold exactly.


def _digits(value: object) -> object:
    """A form's or query's whole number; what is not written in plain digits is refused."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}", value.strip()):
        return int(value)
    return value


Key = Annotated[str, Field(max_length=LONGEST_KEY)]
Money = Annotated[int, Field(strict=True, ge=0, le=MOST_MONEY, description="In minor units.")]
TypedMoney = Annotated[Money, BeforeValidator(_digits)]
TypedNumber = Annotated[int, BeforeValidator(_digits), Field(strict=True, ge=1)]
Limit = Annotated[int, BeforeValidator(_digits), Field(strict=True, ge=1, le=100)]


class NewOrder(BaseModel):
    """All of it is optional: the cart has what is not given here."""

    delivery_address: DeliveryAddress | None = Field(
        None, description="Where it goes; else to the cart's delivery address."
    )
    total: Money | None = Field(
        None, description="What you expect to pay, in minor units: another total is refused."
    )


class OrderHeaders(BaseModel):
    """What may come with an order."""

    idempotency_key: Key | None = Field(
        None, description="Of your own making; the same key again gives the same order."
    )


class NewOrderForm(BaseModel):
    idempotency_key: Key | None = None
    total: TypedMoney | None = None


class NewStatus(BaseModel):
    status: Status


class OrdersQuery(BaseModel):
    """Which orders, newest first."""

    email: str | None = Field(None, description="Staff only: the orders of this customer.")
    status: Status | None = None
    after: TypedNumber | None = Field(None, description="The `next` of the page before.")
    limit: Limit = 20


class OrdersPageQuery(BaseModel):
    after: TypedNumber | None = None


class OrderItemOut(BaseModel):
    """A line as it was at purchase."""

    product_id: str
    sku: str
    options: dict[str, str]
    name: str
    description: str
    photo: str | None
    unit_price: int
    quantity: int
    line_total: int


class StepOut(BaseModel):
    status: Status
    at: datetime
    by: str


class OrderOut(BaseModel):
    """An order; money in minor units of ``currency``, ``tax_included`` is part of ``total``."""

    number: int
    email: str
    status: Status
    items: list[OrderItemOut]
    subtotal: int
    shipping: int
    tax_included: int
    total: int
    currency: str
    delivery_address: AddressOut
    payment_instructions: str
    created_at: datetime
    history: list[StepOut]


class OrdersOut(BaseModel):
    """One page of orders; ``next`` goes into ``after`` and is null at the end."""

    items: list[OrderOut]
    next: str | None


def read_number(text: str) -> int:
    """An order's number as it stands in an address; NotFoundError for what can be none."""
    if not re.fullmatch(r"[1-9][0-9]{0,14}", text):
        raise NotFoundError(_("There is no such order."))
    return int(text)


def read_key(text: str | None) -> str | None:
    """The Idempotency-Key header; an empty one is none. ValidationError when it is too long."""
    if text and len(text) > LONGEST_KEY:
        message = _("Please use at most %(most)d characters.") % {"most": LONGEST_KEY}
        raise ValidationError.of("Idempotency-Key", message)
    return text or None


def order_json(order: Order) -> dict[str, Any]:
    """The order as `OrderOut` describes it."""
    return {
        "number": order.number,
        "email": order.email,
        "status": order.status.value,
        "items": [_item_json(item) for item in order.items],
        "subtotal": order.subtotal,
        "shipping": order.shipping,
        "tax_included": order.tax_included,
        "total": order.total,
        "currency": order.currency,
        "delivery_address": address_json(order.delivery_address),
        "payment_instructions": order.payment_instructions,
        "created_at": moment_json(order.created_at),
        "history": [
            {"status": step.status.value, "at": moment_json(step.at), "by": step.by}
            for step in order.history
        ],
    }


def orders_json(page: OrderPage) -> dict[str, Any]:
    return {"items": [order_json(order) for order in page.items], "next": page.next}


def _item_json(item: OrderItem) -> dict[str, Any]:
    return {
        **asdict(item),
        "options": dict(item.options),
        "photo": unversioned(item.photo),
        "line_total": item.line_total,
    }
