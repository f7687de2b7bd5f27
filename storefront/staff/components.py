"""Every component in all its states on one page, for whoever works on them; in development only."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from quart import Blueprint

from storefront.carts.model import Address, Cart, CartItem, ShippingTerms
from storefront.catalogue import service as catalogue
from storefront.catalogue.cards import write_cards
from storefront.catalogue.model import ListQuery, Product
from storefront.errors import NotFoundError
from storefront.localisation import gettext as _
from storefront.localisation import language
from storefront.orders import course
from storefront.orders.model import Status
from storefront.web import rendering
from storefront.web.cookies import current_shop
from storefront.web.forms import Form
from storefront.web.identity import staff_only

blueprint = Blueprint("staff_components", __name__, url_prefix="/staff/components")

NOON = datetime(2026, 6, 21, 12, 0, tzinfo=UTC)
ADDRESS = Address("Ada Marina", "Calle del Faro 7", "Cádiz", "11001", "ES")


@blueprint.get("")
@staff_only
async def show_components() -> Any:
    """All components; 404 where nobody develops."""
    shop = current_shop()
    if not shop.settings.is_development:
        raise NotFoundError
    products = catalogue.list_products(shop, ListQuery(limit=3), language()).items
    return await rendering.render(
        "staff/components.html",
        products=products,
        cards=write_cards(shop, _in_all_states(products)),
        cart=_cart(products, shop.settings.shop.currency),
        form=Form(
            {"email": "ada@", "size": "m"},
            {"email": _("Please give an email address such as ana@example.com.")},
        ),
        timeline=[
            (status, str(course.LABELS[status]), at, state)
            for status, at, state in (
                (Status.GENERATED, NOON, "done"),
                (Status.PAID, NOON, "current"),
                (Status.SHIPPED, None, "next"),
            )
        ],
        address=ADDRESS,
    )


def _in_all_states(products: Sequence[Product]) -> Iterator[Product]:
    """As they are, then one without a photo and one that is sold out."""
    yield from products
    if products:
        first = products[0]
        yield replace(first, photo=None)
        gone = tuple(replace(variant, stock=0) for variant in first.variants)
        yield replace(first, variants=gone)


def _cart(products: Sequence[Product], currency: str) -> Cart:
    """One line as usual, one of which too few are left, and one that is sold out."""
    lines = [
        CartItem(
            id=f"specimen-{place}",
            product_id=product.id,
            sku=product.variants[0].sku,
            options=product.variants[0].options,
            name=product.name,
            photo=product.photo,
            unit_price=product.unit_price,
            quantity=2,
            available=available,
        )
        for place, (product, available) in enumerate(zip(products, (9, 1, 0), strict=False))
    ]
    return Cart(
        id=None,
        user_id=None,
        email=None,
        items=tuple(lines),
        shipping_terms=ShippingTerms(490, 100_000),
        currency=currency,
        delivery_address=ADDRESS,
        created_at=None,
        updated_at=None,
    )
