"""Writes products as the cards that lists and shelves show."""

from collections.abc import Callable, Iterable

from markupsafe import Markup

from storefront.catalogue.model import Product
from storefront.localisation import language
from storefront.money import format_money
from storefront.shop import Shop
from storefront.web.rendering import Templates


def write_cards(shop: Shop, products: Iterable[Product]) -> list[Markup]:
    """The products as they are, for a shelf."""
    return [
        write_card(shop, each, photo=each.photo, address=f"/products/{each.id}")
        for each in products
    ]


def write_card(
    shop: Shop,
    product: Product,
    *,
    photo: str | None,
    address: str,
    highlight: Callable[[str], Markup] | None = None,
    is_eager: bool = False,
    has_id: bool = False,
) -> Markup:
    """One product, shown by ``photo`` and leading to ``address``; eager if in sight at once."""
    currency = shop.settings.shop.currency
    lowest = product.unit_price
    is_own = photo is not None and photo.startswith("/")
    return shop.part(Templates).prepared.fill(
        "catalogue/card.html",
        {
            "id": product.id,
            "address": address,
            "name": highlight(product.name) if highlight else product.name,
            "price": format_money(lowest, currency, language()),
            "picture": _to_be_sized(photo) if photo and is_own else photo,
        },
        photo="own" if is_own else "foreign" if photo else None,
        is_eager=is_eager,
        has_id=has_id,
        is_range=lowest != product.highest_price,
        in_stock=product.in_stock,
    )


def _to_be_sized(photo: str) -> str:
    return f"{photo}{'&' if '?' in photo else '?'}width="
