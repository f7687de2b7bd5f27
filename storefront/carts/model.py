"""What a cart is, priced as the catalogue prices it now. Money is integer minor units."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Address:
    """Where a parcel goes; ``country`` is ISO 3166-1 alpha-2."""

    recipient: str
    line1: str
    city: str
    postal_code: str
    country: str
    line2: str = ""
    region: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class CartItem:
    """A line of the cart, with the name, price and stock of this moment.

    ``available`` is how many pieces are on the shelf: fewer than ``quantity`` means that the
    line cannot be ordered as it is.
    """

    id: str
    product_id: str
    sku: str
    options: Mapping[str, str]
    name: str
    photo: str | None
    unit_price: int
    quantity: int
    available: int

    @property
    def line_total(self) -> int:
        return self.unit_price * self.quantity

    @property
    def is_short(self) -> bool:
        return self.available < self.quantity


@dataclass(frozen=True, slots=True)
class ShippingTerms:
    """A flat rate, waived from ``free_from`` on (None: never waived). Minor units."""

    rate: int
    free_from: int | None

    def cost(self, subtotal: int) -> int:
        """What sending an order of ``subtotal`` costs; nothing is sent for an empty one."""
        if subtotal == 0 or (self.free_from is not None and subtotal >= self.free_from):
            return 0
        return self.rate

    def missing_for_free(self, subtotal: int) -> int | None:
        """How much more makes shipping free; None when it is free already or never is."""
        if self.free_from is None or subtotal == 0 or self.cost(subtotal) == 0:
            return None
        return self.free_from - subtotal


@dataclass(frozen=True, slots=True)
class Cart:
    """A priced cart. A guest's has neither ``user_id`` nor ``email``."""

    id: str | None
    user_id: str | None
    email: str | None
    items: tuple[CartItem, ...]
    shipping_terms: ShippingTerms
    currency: str
    delivery_address: Address | None
    created_at: datetime | None
    updated_at: datetime | None

    @property
    def subtotal(self) -> int:
        return sum(item.line_total for item in self.items)

    @property
    def shipping(self) -> int:
        return self.shipping_terms.cost(self.subtotal)

    @property
    def total(self) -> int:
        return self.subtotal + self.shipping

    @property
    def count(self) -> int:
        """Pieces in the cart, for the badge."""
        return sum(item.quantity for item in self.items)

    @property
    def is_empty(self) -> bool:
        return not self.items

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.items) and not any(item.is_short for item in self.items)
