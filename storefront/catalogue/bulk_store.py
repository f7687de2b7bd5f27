"""Queries for many products at once: what imports and exports ask of the database."""

from collections.abc import Collection, Sequence
from typing import Any

from storefront.catalogue import store
from storefront.catalogue.model import Product
from storefront.database import BulkWriteError, InsertOne, ReplaceOne
from storefront.shop import Shop

_DUPLICATE_KEY = 11000


async def list_with_skus(shop: Shop, skus: Collection[str]) -> list[Product]:
    """The products, deleted or not, that have one of ``skus``."""
    if not skus:
        return []
    cursor = shop.database["products"].find({"variants.sku": {"$in": list(skus)}})
    return [store.to_product(document) for document in await cursor.to_list(None)]


async def write_many(
    shop: Shop, *, new: Sequence[Product], changed: Sequence[tuple[Product, int]]
) -> bool:
    """Store new products, and changed ones in place of the version beside them.

    Each is written whole or not at all. False if some were not, because somebody was faster or
    one of their SKUs is taken: look again which.
    """
    operations: list[InsertOne[Any] | ReplaceOne[Any]] = [
        InsertOne(store.to_document(product)) for product in new
    ]
    for product, version in changed:
        document = store.to_document(product)
        operations.append(ReplaceOne({"_id": document["_id"], "version": version}, document))
    if not operations:
        return True
    try:
        result = await shop.database["products"].bulk_write(operations, ordered=False)
    except BulkWriteError as error:
        errors = (error.details or {}).get("writeErrors", [])
        if not errors or any(each["code"] != _DUPLICATE_KEY for each in errors):
            raise
        return False
    return bool(result.matched_count == len(changed))


async def count_roughly(shop: Shop) -> int:
    """How many products are stored, deleted ones included."""
    return int(await shop.database["products"].estimated_document_count())
