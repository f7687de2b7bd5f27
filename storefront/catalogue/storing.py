"""Storing what was edited, and showing it: what all changes of products have in common."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from storefront.catalogue import recording, store
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.model import Product, humanised
from storefront.database import DuplicateKeyError
from storefront.errors import ConflictError, PreconditionFailedError, ProductNotFoundError
from storefront.localisation import gettext as _
from storefront.shop import Shop

log = logging.getLogger(__name__)

_ATTEMPTS = 10


async def store_edited(
    shop: Shop,
    product_id: str,
    edit: Callable[[Product], Product],
    *,
    by: str,
    versions: Collection[int] | None = None,
    of_deleted: bool = False,
) -> Product:
    """Store what ``edit`` makes of the product, unless somebody was faster: then from anew.

    Whoever calls has to `show` it.
    """
    for _attempt in range(_ATTEMPTS):
        stored = await store.find_product(shop, product_id)
        if stored is None or (stored.deleted_at and not of_deleted):
            raise ProductNotFoundError
        if versions is not None and stored.version not in versions:
            raise PreconditionFailedError
        edited = replace(edit(stored), version=stored.version + 1, updated_at=now())
        with named_sku_conflicts():
            is_stored = await recording.save(shop, stored, edited, by=by)
        if is_stored:
            log.info("product %s changed by %s", product_id, by)
            return edited
    raise ConflictError(_("Many are changing this product just now. Please try again."))


async def show(shop: Shop, products: Sequence[Product]) -> None:
    """Show changed products, and make the categories that are new with them."""
    index = shop.part(ProductIndex)
    for category in dict.fromkeys(product.category for product in products):
        if category not in index.categories:
            labels = {shop.settings.shop.locales[0]: humanised(category)}
            await store.insert_category(shop, category, labels)
            index.label_category(category, labels)
    await index.publish(products)


@contextmanager
def named_sku_conflicts() -> Iterator[None]:
    """Inside the block a SKU that another product has is a ConflictError that names it."""
    try:
        yield
    except DuplicateKeyError as error:
        key = (error.details or {}).get("keyValue", {})
        sku = next(iter(key.values()), "")
        raise ConflictError(_("Another product has the SKU %(sku)s.") % {"sku": sku}) from None


def now() -> datetime:
    """To the millisecond, as the database keeps it."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
