"""The catalogue's database queries: products, categories, stock."""

import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from storefront.catalogue.model import Line, Product, Text, Variant
from storefront.database import (
    ASCENDING,
    IndexModel,
    ObjectId,
    PyMongoError,
    Transaction,
    UpdateOne,
    object_id,
)
from storefront.shop import Shop

log = logging.getLogger(__name__)

RESTORABLE_FOR = timedelta(days=30)
_DUPLICATE_KEY = 11000
_BATCH = 1_000

INDEXES = {
    "products": [
        IndexModel([("variants.sku", ASCENDING)], name="sku", unique=True),
        # The field exists only while a product is deleted, so the index stays tiny.
        IndexModel(
            [("deleted_at", ASCENDING)],
            name="expiry",
            sparse=True,
            expireAfterSeconds=int(RESTORABLE_FOR.total_seconds()),
        ),
    ],
}


def to_product(document: Mapping[str, Any]) -> Product:
    """A stored document as the shop's noun."""
    return Product(
        id=str(document["_id"]),
        name=document["name"],
        description=document["description"],
        category=document["category"],
        variants=tuple(
            Variant(
                sku=each["sku"],
                options=each["options"],
                unit_price=each["unit_price"],
                stock=each["stock"],
                photo=each.get("photo"),
            )
            for each in document["variants"]
        ),
        photo=document.get("photo"),
        created_at=document["created_at"],
        updated_at=document["updated_at"],
        version=document["version"],
        translations={
            language: Text(text["name"], text["description"])
            for language, text in document.get("translations", {}).items()
        },
        deleted_at=document.get("deleted_at"),
    )


def to_document(product: Product) -> dict[str, Any]:
    """What is stored of ``product``, but for its deletion."""
    return {
        "_id": ObjectId(product.id),
        "name": product.name,
        "description": product.description,
        "category": product.category,
        "variants": to_variants(product.variants),
        "photo": product.photo,
        "translations": to_translations(product.translations),
        "version": product.version,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
    }


def to_variants(variants: Iterable[Variant]) -> list[dict[str, Any]]:
    return [
        {
            "sku": each.sku,
            "options": dict(each.options),
            "unit_price": each.unit_price,
            "stock": each.stock,
            "photo": each.photo,
        }
        for each in variants
    ]


def to_translations(translations: Mapping[str, Text]) -> dict[str, dict[str, str]]:
    return {
        language: {"name": text.name, "description": text.description}
        for language, text in translations.items()
    }


async def find_product(shop: Shop, product_id: str) -> Product | None:
    """The stored product, deleted or not."""
    key = object_id(product_id)
    document = await shop.database["products"].find_one({"_id": key}) if key else None
    return to_product(document) if document else None


async def list_products(
    shop: Shop, product_ids: Iterable[str], *, transaction: Transaction | None = None
) -> list[Product]:
    """Those of the products that exist, deleted or not, in no order."""
    keys = [key for key in map(object_id, product_ids) if key]
    cursor = shop.database["products"].find({"_id": {"$in": keys}}, session=transaction)
    return [to_product(document) for document in await cursor.to_list(len(keys) or 1)]


async def list_deleted(shop: Shop, *, since: datetime, until: datetime) -> list[Product]:
    """What was deleted between the two moments, ``since`` included, in no order."""
    cursor = shop.database["products"].find({"deleted_at": {"$gte": since, "$lt": until}})
    return [to_product(document) async for document in cursor]


async def find_product_of_sku(shop: Shop, sku: str) -> Product | None:
    """The product that has a variant with this SKU, deleted or not."""
    document = await shop.database["products"].find_one({"variants.sku": sku})
    return to_product(document) if document else None


async def stream_products(shop: Shop) -> AsyncIterator[list[Product]]:
    """Every stored product, deleted or not, in batches; one that cannot be read is left out."""
    cursor = shop.database["products"].find({}).batch_size(_BATCH)
    while documents := await cursor.to_list(_BATCH):
        yield list(_readable(documents))


def _readable(documents: Iterable[Mapping[str, Any]]) -> Iterator[Product]:
    for document in documents:
        try:
            yield to_product(document)
        except (AttributeError, KeyError, TypeError, ValueError):
            # Written by hand, or by a newer version: no reason to close the whole shop.
            log.exception("the product %s cannot be read", document["_id"])


async def has_products(shop: Shop) -> bool:
    return await shop.database["products"].find_one({}, {"_id": 1}) is not None


async def insert_product(
    shop: Shop, product: Product, transaction: Transaction | None = None
) -> None:
    """DuplicateKeyError if one of its SKUs is taken."""
    await shop.database["products"].insert_one(to_document(product), session=transaction)


async def save_product(
    shop: Shop, product: Product, *, over: int, transaction: Transaction
) -> bool:
    """Store ``product`` in place of its version ``over``; False if that is not the newest.

    A product with ``deleted_at`` is out of the shop, and forgotten when no longer restorable.
    DuplicateKeyError if one of its SKUs is taken.
    """
    result = await shop.database["products"].update_one(
        {"_id": ObjectId(product.id), "version": over}, _saving(product), session=transaction
    )
    return bool(result.matched_count)


def _saving(product: Product) -> dict[str, Any]:
    fields = to_document(product)
    del fields["_id"]
    if product.deleted_at:
        return {"$set": {**fields, "deleted_at": product.deleted_at}}
    return {"$set": fields, "$unset": {"deleted_at": ""}}


async def save_products(shop: Shop, products: Sequence[Product], transaction: Transaction) -> None:
    """Store products whose versions before were read in this transaction."""
    changes = [
        UpdateOne({"_id": ObjectId(each.id), "version": each.version - 1}, _saving(each))
        for each in products
    ]
    if changes:
        await shop.database["products"].bulk_write(changes, session=transaction)


async def take_stock(
    shop: Shop, transaction: Transaction, line: Line, *, counts_as_change: bool
) -> bool:
    """Take the pieces off the shelf if they are all there."""
    result = await shop.database["products"].update_one(
        {
            "_id": object_id(line.product_id),
            "deleted_at": None,
            "variants": {"$elemMatch": {"sku": line.sku, "stock": {"$gte": line.quantity}}},
        },
        _stock_change(-line.quantity, counts_as_change),
        session=transaction,
    )
    return bool(result.matched_count)


async def return_stock(
    shop: Shop, transaction: Transaction, line: Line, *, counts_as_change: bool
) -> bool:
    """Put the pieces back; False, and nothing happens, if the variant is no more."""
    result = await shop.database["products"].update_one(
        {"_id": object_id(line.product_id), "variants": {"$elemMatch": {"sku": line.sku}}},
        _stock_change(line.quantity, counts_as_change),
        session=transaction,
    )
    return bool(result.modified_count)


def _stock_change(pieces: int, counts_as_change: bool) -> dict[str, Any]:
    return {
        "$inc": {"variants.$.stock": pieces, "version": int(counts_as_change)},
        "$set": {"updated_at": datetime.now(UTC)},
    }


async def list_labels(shop: Shop) -> dict[str, dict[str, str]]:
    """Each category's labels by language."""
    cursor = shop.database["categories"].find({})
    return {each["_id"]: each["labels"] for each in await cursor.to_list(None)}


async def insert_category(shop: Shop, category: str, labels: Mapping[str, str]) -> None:
    """Nothing changes if the category is there already."""
    await shop.database["categories"].update_one(
        {"_id": category}, {"$setOnInsert": {"labels": dict(labels)}}, upsert=True
    )


async def insert_many(shop: Shop, products: Sequence[Product]) -> None:
    """Many new products at once; what another process inserted meanwhile is left alone."""
    documents = [to_document(product) for product in products]
    try:
        await shop.database["products"].insert_many(documents, ordered=False)
    except PyMongoError as error:
        failures = (getattr(error, "details", None) or {}).get("writeErrors")
        if not failures or any(failure["code"] != _DUPLICATE_KEY for failure in failures):
            raise
