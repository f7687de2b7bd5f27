"""What a cart is, priced as the catalogue prices it now. Money is integer minor units."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import blake2b

MOST_LINES = 100


@dataclass(frozen=True, slots=True)
class CartOwner:
    """Whose cart it is: a customer's, or that of a guest who carries its id in a cookie.

    A guest who never put anything into a cart has neither.
    """

    user_id: str | None = None
    cart_id: str | None = None
    email: str | None = None

    @property
    def key(self) -> str | None:
        """The id of the cart: a customer's is that of the user, so there is never a second one."""
        return self.user_id or self.cart_id

    @property
    def is_guest(self) -> bool:
        return self.user_id is None


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

    @property
    def key(self) -> str:
        """What names it among a person's addresses: two are the same if all their words are."""
        words = "\n".join(asdict(self).values())
        return blake2b(words.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is kept; name and price are those that the shopper saw when it was put in."""

    id: str
    product_id: str
    sku: str
    quantity: int
    name_seen: str
    unit_price_seen: int

    @property
    def article(self) -> tuple[str, str]:
        """What it is a line of."""
        return self.product_id, self.sku


@dataclass(frozen=True, slots=True)
class StoredCart:
    """A cart as it is kept, without prices. ``version`` grows with each change."""

    id: str
    lines: tuple[Line, ...]
    delivery_address: Address | None
    created_at: datetime
    updated_at: datetime
    version: int

    def line(self, item_id: str) -> Line | None:
        return next((line for line in self.lines if line.id == item_id), None)

    def quantity_of(self, article: tuple[str, str]) -> int:
        """Pieces of ``article`` in the cart; 0 when there is no such line."""
        return sum(line.quantity for line in self.lines if line.article == article)

    @property
    def count(self) -> int:
        """Pieces in the cart."""
        return sum(line.quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class CartItem:
    """A line of the cart, with the name, price and stock of this moment.

    ``available`` is how many pieces are on the shelf: fewer than ``quantity`` means that the
    line cannot be ordered as it is. What is no longer sold keeps the name and price that were
    seen, and has 0 available.
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
    unit_price_seen: int | None = None

    @property
    def line_total(self) -> int:
        return self.unit_price * self.quantity

    @property
    def is_short(self) -> bool:
        return self.available < self.quantity

    @property
    def has_new_price(self) -> bool:
        """Whether it costs something else than when it was put into the cart."""
        return self.unit_price_seen not in {None, self.unit_price}


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

    def item(self, product_id: str, sku: str) -> CartItem | None:
        return next(
            (each for each in self.items if (each.product_id, each.sku) == (product_id, sku)), None
        )


@dataclass(frozen=True, slots=True)
class Merged:
    """Lines of several sources as one cart; ``reduced`` are those that the stock cut short."""

    lines: tuple[Line, ...]
    reduced: tuple[Line, ...]


def merge_lines(lines: Iterable[Line], stock: Mapping[tuple[str, str], int]) -> Merged:
    """One line for each article, quantities added up, never more than ``stock`` has of it.

    What is sold out falls away; so does what comes after the hundredth line. Both count as
    reduced.
    """
    wanted: dict[tuple[str, str], Line] = {}
    for line in lines:
        known = wanted.get(line.article)
        total = line.quantity + (known.quantity if known else 0)
        wanted[line.article] = replace(known or line, quantity=total)
    kept: list[Line] = []
    reduced: list[Line] = []
    for line in wanted.values():
        room = stock.get(line.article, 0) if len(kept) < MOST_LINES else 0
        if room < line.quantity:
            reduced.append(line)
        if room > 0:
            kept.append(replace(line, quantity=min(room, line.quantity)))
    return Merged(tuple(kept), tuple(reduced))
