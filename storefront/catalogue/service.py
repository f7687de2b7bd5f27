"""The catalogue's public door, for pages, API, commands and the slices above.

What the process's read model answers is a plain function and costs no database command; what
asks or changes the database is awaited. Products come in the shop's first language: see
`Product.in_language`.
"""

import logging
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from markupsafe import Markup

from storefront.catalogue import editing, facets, listing, near, recording, search, store, storing
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.model import (
    Category,
    Line,
    ListQuery,
    Product,
    ProductPage,
    Suggestions,
)
from storefront.catalogue.schemas import ProductBody, ProductChanges
from storefront.catalogue.words import sorting_key
from storefront.database import ObjectId, Transaction
from storefront.errors import (
    ConflictError,
    OutOfStockError,
    ProductNotFoundError,
)
from storefront.localisation import gettext as _
from storefront.localisation import language
from storefront.shop import Shop

log = logging.getLogger(__name__)

Made = TypeVar("Made")

MOST_SUGGESTED = 6
MOST_RELATED = 4


def find_product(shop: Shop, product_id: str) -> Product | None:
    """The product if it is on sale."""
    return shop.part(ProductIndex).find(product_id)


def get_product(shop: Shop, product_id: str) -> Product:
    """The product; ProductNotFoundError if it is not on sale."""
    product = find_product(shop, product_id)
    if product is None:
        raise ProductNotFoundError
    return product


async def get_stored_products(
    shop: Shop, product_ids: Iterable[str], *, transaction: Transaction | None = None
) -> dict[str, Product]:
    """Those of the products that are on sale, by id, with the database's current stock."""
    found = await store.list_products(shop, product_ids, transaction=transaction)
    return {product.id: product for product in found if product.deleted_at is None}


async def get_stored_product(shop: Shop, product_id: str) -> Product:
    """The product as the database has it now; ProductNotFoundError if it is not on sale."""
    product = (await get_stored_products(shop, [product_id])).get(product_id)
    if product is None:
        raise ProductNotFoundError
    return product


async def take_stock(shop: Shop, transaction: Transaction, lines: Sequence[Line]) -> None:
    """Take the pieces of all lines off the shelves, or raise OutOfStockError naming all that are
    short.

    A product's version grows by one, however many of its variants are taken. `publish` the
    products once the transaction is through (`Product.with_stock_changed`).
    """
    short = []
    seen: set[str] = set()
    for line in lines:
        counts = line.product_id not in seen
        if not await store.take_stock(shop, transaction, line, counts_as_change=counts):
            short.append(await _shortage(shop, transaction, line))
        seen.add(line.product_id)
    if short:
        raise OutOfStockError(short, _("Fewer pieces are left than you wanted."))


async def _shortage(shop: Shop, transaction: Transaction, line: Line) -> dict[str, object]:
    products = await get_stored_products(shop, [line.product_id], transaction=transaction)
    product = products.get(line.product_id)
    variant = product.variant(line.sku) if product else None
    return {
        "product_id": line.product_id,
        "sku": line.sku,
        "name": product.in_language(language()).name if product else "",
        "quantity": line.quantity,
        "available": variant.stock if variant else 0,
    }


async def return_stock(
    shop: Shop, transaction: Transaction, lines: Sequence[Line]
) -> Sequence[Line]:
    """Put the pieces back; returns the lines that could be: variants that are no more cannot."""
    returned: list[Line] = []
    for line in lines:
        counts = all(line.product_id != each.product_id for each in returned)
        if await store.return_stock(shop, transaction, line, counts_as_change=counts):
            returned.append(line)
    return returned


async def publish(shop: Shop, products: Iterable[Product]) -> None:
    """Show changed products in this process at once; the others follow by the change feed.

    A product whose version is not newer than what is shown is ignored.
    """
    await shop.part(ProductIndex).publish(products)


def list_products(shop: Shop, query: ListQuery, language: str) -> ProductPage:
    """A page of products with its facets, in ``language``.

    ValidationError if ``query.after`` is no place in that list. Unknown categories and options
    match nothing.
    """
    return listing.list_products(shop.part(ProductIndex), query, language)


def price_steps(shop: Shop) -> list[int]:
    """Round prices in minor units to offer as bounds."""
    return facets.price_steps(shop.part(ProductIndex))


def near_terms(shop: Shop, q: str, language: str) -> list[str]:
    """What to search for instead of ``q``, which found nothing; nearest first."""
    return near.near_terms(shop.part(ProductIndex), q, language)


def highlighter(shop: Shop, q: str, language: str) -> Callable[[str], Markup]:
    """A function that marks in a text what a search for ``q`` found."""
    found = search.find_words(shop.part(ProductIndex), q, language) if q else None
    return search.highlighter(found, language)


def suggest(shop: Shop, q: str, language: str) -> Suggestions:
    """The best products and categories for what was typed so far."""
    index = shop.part(ProductIndex)
    found = search.find_words(index, q, language)
    if found is None:
        return Suggestions()
    products = [index.read(slot) for slot in found.newest(index, MOST_SUGGESTED)]
    categories = {category.category: category for category in list_categories(shop, language)}
    named = [
        slug
        for word in found.words
        for slug in search.categories_matching(index, word, found.language)
        if slug in categories
    ]
    shown = tuple(categories[slug] for slug in dict.fromkeys(named))[:MOST_SUGGESTED]
    return Suggestions(tuple(each.in_language(language) for each in products), shown)


def list_categories(shop: Shop, language: str) -> Sequence[Category]:
    """The categories that have products, by label."""
    index = shop.part(ProductIndex)
    key = ("categories", language)
    known: Sequence[Category] | None = index.answers.get(key)
    if known is None:
        counts = facets.count_categories(index)
        named = (Category(slug, index.label(slug, language), counts[slug]) for slug in counts)
        known = sorted(named, key=lambda category: sorting_key(category.label, language))
        index.answers.put(key, known)
    return known


def find_category(shop: Shop, slug: str, language: str) -> Category | None:
    """A category that has products, or had some."""
    known = next((each for each in list_categories(shop, language) if each.category == slug), None)
    index = shop.part(ProductIndex)
    if known is None and slug in index.categories:
        return Category(slug, index.label(slug, language))
    return known


def related(shop: Shop, product: Product, language: str) -> list[Product]:
    """Neighbours of the product in its category: those that came before it, then the newest.

    So each product leads to others, and following the links reaches the whole category.
    """
    index = shop.part(ProductIndex)
    query = ListQuery(category=product.category, in_stock=True, limit=MOST_RELATED + 1)
    older = listing.list_products(index, listing.just_after(query, product), language)
    newest = listing.list_products(index, query, language)
    others = {each.id: each for each in (*older.items, *newest.items) if each.id != product.id}
    return list(others.values())[:MOST_RELATED]


def count_products(shop: Shop) -> int:
    """How many products are on sale."""
    return shop.part(ProductIndex).shelves.everything.bit_count()


def list_update_times(shop: Shop, *, first: int, most: int) -> list[tuple[str, datetime]]:
    """Ids of products, oldest product first, with when each was changed last."""
    return listing.list_update_times(shop.part(ProductIndex), first=first, most=most)


def remembered(shop: Shop, key: Hashable, make: Callable[[], Made]) -> Made:
    """What ``make`` wrote of the catalogue under this key; written anew when the catalogue changes.

    Whatever differs between visitors must stand in the key.
    """
    written = shop.part(ProductIndex).written
    known: Made | None = written.get(key)
    if known is None:
        known = make()
        written.put(key, known)
    return known


def version(shop: Shop) -> int:
    """A number that grows in this process whenever anything shown of the catalogue changes."""
    return shop.part(ProductIndex).version


async def create_product(
    shop: Shop, body: ProductBody, *, by: str, product_id: str | None = None
) -> Product:
    """Put a new product on sale. ``by`` is the id of the user who does it.

    A form that may be sent twice names the ``product_id`` beforehand: the second time nothing is
    made, and the product is returned as it is. ValidationError for what cannot be; ConflictError
    if a SKU is taken.
    """
    now = storing.now()
    key = product_id or str(ObjectId())
    blank = Product(key, "", "", "", (), None, created_at=now, updated_at=now)
    product = editing.filled(shop, blank, body)
    known = await store.find_product(shop, key) if product_id else None
    if known:
        return known
    try:
        with storing.named_sku_conflicts():
            await recording.insert(shop, product, by=by)
    except ConflictError:
        known = await store.find_product(shop, key)
        if known is None:
            raise
        return known
    await storing.show(shop, [product])
    log.info("product %s created by %s", product.id, by)
    return product


async def replace_product(
    shop: Shop,
    product_id: str,
    body: ProductBody,
    *,
    by: str,
    versions: Collection[int] | None = None,
) -> Product:
    """Give the product other content; with ``versions`` only if it has one of them.

    ProductNotFoundError, PreconditionFailedError, and as `create_product`.
    """
    return await _edit(
        shop, product_id, lambda each: editing.filled(shop, each, body), by=by, versions=versions
    )


async def change_product(
    shop: Shop,
    product_id: str,
    changes: ProductChanges,
    *,
    by: str,
    versions: Collection[int] | None = None,
) -> Product:
    """Change some of the product's content; otherwise as `replace_product`."""
    return await _edit(
        shop,
        product_id,
        lambda each: editing.changed(shop, each, changes),
        by=by,
        versions=versions,
    )


async def set_photo(
    shop: Shop,
    product_id: str,
    link: str,
    *,
    skus: Collection[str],
    by: str,
    versions: Collection[int] | None = None,
) -> Product:
    """Let these variants, or the product if none are named, be shown by the picture at ``link``.

    NotFoundError if there is no such variant; otherwise as `replace_product`.
    """
    return await _edit(
        shop,
        product_id,
        lambda each: editing.with_photo(each, skus, link),
        by=by,
        versions=versions,
    )


async def delete_product(
    shop: Shop, product_id: str, *, by: str, versions: Collection[int] | None = None
) -> None:
    """Take the product out of the shop at once; it can be restored for 30 days."""
    await _edit(
        shop,
        product_id,
        lambda each: replace(each, deleted_at=storing.now()),
        by=by,
        versions=versions,
    )


async def restore_product(shop: Shop, product_id: str, *, by: str) -> Product:
    """Put a deleted product on sale again; ProductNotFoundError if there is none."""
    return await _edit(
        shop, product_id, lambda each: replace(each, deleted_at=None), by=by, of_deleted=True
    )


async def _edit(
    shop: Shop,
    product_id: str,
    edit: Callable[[Product], Product],
    *,
    by: str,
    versions: Collection[int] | None = None,
    of_deleted: bool = False,
) -> Product:
    """Store and show what ``edit`` makes of the product; see `storing`."""
    edited = await storing.store_edited(
        shop, product_id, edit, by=by, versions=versions, of_deleted=of_deleted
    )
    await storing.show(shop, [edited])
    return edited


async def is_empty(shop: Shop) -> bool:
    """Whether there is no product at all, not even a deleted one."""
    return not await store.has_products(shop)


async def known_ids(shop: Shop, product_ids: Iterable[str]) -> set[str]:
    """Those ids that a product has, be it on sale or deleted."""
    return {product.id for product in await store.list_products(shop, product_ids)}


async def add_products(shop: Shop, products: Sequence[Product]) -> None:
    """Store many ready products; every process learns of them by the change feed."""
    await store.insert_many(shop, products)


async def add_category(shop: Shop, category: str, labels: Mapping[str, str]) -> None:
    """Make a category with its labels by language, unless it is there already."""
    await store.insert_category(shop, category, labels)
