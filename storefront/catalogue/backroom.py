"""What only staff ask of the catalogue: what runs low, the bin, and changes to many at once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from storefront.catalogue import bits, listing, recording, store, storing
from storefront.catalogue.filters import matching
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.model import FEW_LEFT, ListQuery, Product, is_slug
from storefront.catalogue.schemas import HIGHEST_PRICE
from storefront.catalogue.words import sorting_key
from storefront.errors import ValidationError
from storefront.localisation import gettext as _
from storefront.shop import Shop

MOST_AT_ONCE = 500
_CHANGED_TOGETHER = 100
_LOWEST_PERCENT, _HIGHEST_PERCENT = Decimal(-90), Decimal(1000)
_LOW = ListQuery(most_stock=FEW_LEFT)


def list_low(shop: Shop, language: str, *, most: int) -> list[Product]:
    """Products that have few pieces left of some variant, the lowest first, in ``language``."""
    index = shop.part(ProductIndex)
    found: list[Product] = []
    less = 0
    for pieces in range(FEW_LEFT + 1):
        low = matching(index, ListQuery(most_stock=pieces), None)
        newest = index.shelves.ranking("newest")
        slots = newest.first(bits.without(low, less), most - len(found), from_end=True)
        found += [index.read(slot).in_language(language) for slot in slots]
        less = low
    return found


def count_low(shop: Shop) -> int:
    """How many products have few pieces left of some variant."""
    return matching(shop.part(ProductIndex), _LOW, None).bit_count()


def list_all(shop: Shop, query: ListQuery, language: str) -> list[Product]:
    """The first `MOST_AT_ONCE` products of the list, wherever ``query`` starts."""
    whole = replace(query, after=None, limit=MOST_AT_ONCE)
    return list(listing.list_products(shop.part(ProductIndex), whole, language).items)


async def find_of_sku(shop: Shop, sku: str) -> Product | None:
    """The product that has a variant with this SKU, deleted or not."""
    return await store.find_product_of_sku(shop, sku)


async def list_deleted(
    shop: Shop, *, before: datetime | None = None, limit: int = 50
) -> tuple[list[Product], datetime | None]:
    """Products in the bin, the last deleted first, and where the next page goes on.

    It looks back further and further, since the embedded engine's cost grows with all that a
    query matches.
    """
    now = datetime.now(UTC)
    oldest = now - store.RESTORABLE_FOR
    until, span = before or now + timedelta(seconds=1), timedelta(minutes=10)
    found: list[Product] = []
    while until > oldest and len(found) <= limit:
        since = max(until - span, oldest)
        batch = await store.list_deleted(shop, since=since, until=until)
        found += sorted(batch, key=lambda each: (each.deleted_at, each.id), reverse=True)
        until, span = since, span * 4
    shown = found[:limit]
    return shown, shown[-1].deleted_at if len(found) > limit else None


async def find_deleted(shop: Shop, product_id: str) -> Product | None:
    """The product if it lies in the bin."""
    product = await store.find_product(shop, product_id)
    return product if product and product.deleted_at else None


def category_slug(shop: Shop, typed: str) -> str:
    """The category that somebody means by its name, or by a new one's: ``Sea chairs``.

    ValidationError when no address can be made of it.
    """
    wanted = " ".join(typed.split()).casefold()
    categories = shop.part(ProductIndex).categories
    for slug, labels in categories.items():
        if wanted in {slug, *(label.casefold() for label in labels.values())}:
            return slug
    slug = "-".join(re.findall(r"[a-z0-9]+", sorting_key(wanted, "")))
    if not is_slug(slug):
        raise ValidationError.of("category", _("Please use a short name with letters or digits."))
    return slug


@dataclass(frozen=True, slots=True)
class Archive:
    """Take products out of the shop; they lie in the bin for 30 days."""


@dataclass(frozen=True, slots=True)
class Move:
    """Put products into another category."""

    category: str


@dataclass(frozen=True, slots=True)
class Reprice:
    """Raise (or with less than zero lower) all prices by ``percent``."""

    percent: Decimal


Change = Archive | Move | Reprice


def check_percent(percent: Decimal) -> Reprice:
    """The change by so many per cent; ValidationError if it is none or out of all proportion."""
    if not percent or not _LOWEST_PERCENT <= percent <= _HIGHEST_PERCENT:
        message = _("Give a number of per cent from %(least)s to %(most)s, but not 0.")
        raise ValidationError.of(
            "percent", message % {"least": _LOWEST_PERCENT, "most": _HIGHEST_PERCENT}
        )
    return Reprice(percent)


def after(product: Product, change: Change) -> Product:
    """What ``change`` makes of ``product``. Prices are rounded to the minor unit, halves up."""
    if isinstance(change, Archive):
        return replace(product, deleted_at=datetime.now(UTC))
    if isinstance(change, Move):
        return replace(product, category=change.category)
    factor = 1 + change.percent / 100
    variants = tuple(
        replace(each, unit_price=min(_rounded(each.unit_price * factor), HIGHEST_PRICE))
        for each in product.variants
    )
    return replace(product, variants=variants)


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


async def change_many(
    shop: Shop, versions: Mapping[str, int], change: Change, *, by: str
) -> list[Product]:
    """Change the products that still have the version that was looked at; returns those.

    Each is changed whole or not at all, and only once, however often this is asked for.
    """
    changed: list[Product] = []
    ids = list(versions)
    for start in range(0, len(ids), _CHANGED_TOGETHER):
        some = {each: versions[each] for each in ids[start : start + _CHANGED_TOGETHER]}
        changed += await recording.change_together(
            shop, some, lambda each: after(each, change), by=by
        )
    await storing.show(shop, changed)
    return changed
