"""What the cart's templates get: for the slice's own pages, and for those that send back to it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from quart import Response, request

from storefront.carts import owners, service
from storefront.carts.model import Address, Cart, CartItem
from storefront.catalogue import pages as catalogue_pages
from storefront.localisation import format_number, language
from storefront.localisation import gettext as _
from storefront.money import format_money
from storefront.shop import Shop
from storefront.web import htmx, rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import Identity


async def cart_count(shop: Shop) -> int:
    """The badge of whoever sent this request."""
    return await service.count(shop, owners.current_owner())


def remembered_count(shop: Shop, identity: Identity | None, sent: Mapping[str, str]) -> int | None:
    """The badge of who sent these cookies; None where the database would have to be asked."""
    owner = owners.owner_of(shop, identity, sent.get(owners.COOKIE, ""))
    return service.remembered_count(shop, owner)


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Where a customer's saved addresses come from: a slice above, handed over by the app."""

    list_addresses: Callable[[Shop, str], Awaitable[Sequence[Address]]]


@dataclass(frozen=True, slots=True)
class Removed:
    """What was just taken out of the cart, and can be put back."""

    product_id: str
    sku: str
    quantity: int
    name: str

    @classmethod
    def of(cls, item: CartItem) -> "Removed":
        return cls(item.product_id, item.sku, item.quantity, item.name)


async def show_cart(
    cart: Cart,
    *,
    status: int = 200,
    changes: Sequence[str] = (),
    form: Form | None = None,
    removed: Removed | None = None,
    announcement: str = "",
) -> Response:
    """The cart's page, or for htmx the cart, its badge and ``announcement`` for who listens."""
    in_drawer = htmx.wants_fragment() and is_in_drawer()
    variables = await cart_variables(cart, changes=changes, form=form, in_drawer=in_drawer)
    if htmx.wants_fragment():
        return await rendering.render_fragment(
            "carts/cart_changed.html",
            status=status,
            removed=removed,
            announcement=announcement,
            **variables,
        )
    return await rendering.render(
        "carts/cart.html",
        status=status,
        removed=removed,
        recent=catalogue_pages.recent_cards(),
        **variables,
    )


async def cart_variables(
    cart: Cart,
    *,
    changes: Sequence[str] = (),
    form: Form | None = None,
    in_drawer: bool = False,
) -> Mapping[str, Any]:
    """What all templates of the cart show; in the drawer there is no place for addresses."""
    return {
        "cart": cart,
        "guest": cart.user_id is None,
        "tax_percent": tax_percent(),
        "changes": [*changes, *price_changes(cart)],
        "missing_for_free": cart.shipping_terms.missing_for_free(cart.subtotal),
        "form": form or address_form(),
        "saved_addresses": () if in_drawer else await saved_addresses(cart.user_id),
        "in_drawer": in_drawer,
    }


async def saved_addresses(user_id: str | None) -> Sequence[Address]:
    """A customer's; a guest has none."""
    shop = current_shop()
    return await shop.part(AddressBook).list_addresses(shop, user_id) if user_id else ()


def address_form() -> Form:
    """An empty address, at home."""
    return Form({"country": current_shop().settings.shop.country})


def tax_percent() -> str:
    """The rate as the visitor writes numbers; empty where no tax is charged."""
    percent = current_shop().settings.shop.tax_percent
    return format_number(percent) if percent else ""


def price_changes(cart: Cart) -> list[str]:
    """A sentence for each line that costs something else than when it was put in."""
    return [
        _("%(name)s costs %(now)s now; it was %(before)s.")
        % {
            "name": item.name,
            "now": format_money(item.unit_price, cart.currency, language()),
            "before": format_money(item.unit_price_seen or 0, cart.currency, language()),
        }
        for item in cart.items
        if item.has_new_price
    ]


def is_in_drawer() -> bool:
    """Whether the cart that htmx will swap lies in the drawer over another page."""
    path = urlsplit(request.headers.get("HX-Current-URL", "/cart")).path
    return not path.startswith(("/cart", "/orders"))
