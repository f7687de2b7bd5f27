"""The ``cart`` collection.

A customer's cart has the user's id as its own: one cart each is then a matter of the primary
key, and reading it is the fastest query there is. A guest's id is made when it first holds
something, and the cart goes when nobody touched it for the days of `retention`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from storefront.carts.model import MOST_LINES, Address, CartOwner, Line, StoredCart
from storefront.database import (
    ASCENDING,
    DuplicateKeyError,
    IndexModel,
    ObjectId,
    Transaction,
    object_id,
)
from storefront.shop import Shop

INDEXES = {"cart": [IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)]}
_RACES_TO_SURVIVE = 3
_ADDITIONS_KNOWN = 8


async def find_cart(
    shop: Shop, key: str, transaction: Transaction | None = None
) -> StoredCart | None:
    document = await shop.database["cart"].find_one({"_id": ObjectId(key)}, session=transaction)
    return from_document(document) if document else None


async def add_to_line(shop: Shop, owner: CartOwner, *, wanted: Line, most: int) -> bool:
    """Add ``wanted.quantity`` pieces unless the line would then hold more than ``most``.

    One atomic command makes the cart, the line, or the line longer. False when it was refused,
    because of ``most`` or because the cart is full: nothing has changed then. The same
    ``wanted.id`` again adds nothing more.
    """
    change = _addition(shop, owner, wanted, most)
    for _ in range(_RACES_TO_SURVIVE):
        try:
            result = await shop.database["cart"].update_one(
                {"_id": ObjectId(owner.key)}, change, upsert=True
            )
        except DuplicateKeyError:  # Another request made the cart in this very moment.
            continue
        if result.modified_count or result.upserted_id is not None:
            return True
        added = {"_id": ObjectId(owner.key), "added": ObjectId(wanted.id)}
        return await shop.database["cart"].find_one(added, {"_id": True}) is not None
    return False


def _addition(shop: Shop, owner: CartOwner, wanted: Line, most: int) -> list[Mapping[str, Any]]:
    """The update of `add_to_line`, computed by the database from what it holds by then."""
    # Values of ours are literal: one that begins with a dollar would be taken for a field.
    article = {"product_id": ObjectId(wanted.product_id), "sku": {"$literal": wanted.sku}}
    seen = {
        "name_seen": {"$literal": wanted.name_seen},
        "unit_price_seen": wanted.unit_price_seen,
    }
    items = {"$ifNull": ["$items", []]}
    is_line = {"$and": [{"$eq": [f"$$line.{name}", value]} for name, value in article.items()]}
    held = {
        "$sum": {
            "$map": {
                "input": {"$filter": {"input": items, "as": "line", "cond": is_line}},
                "as": "line",
                "in": "$$line.quantity",
            }
        }
    }
    raised = {
        "$map": {
            "input": items,
            "as": "line",
            "in": {
                "$cond": [
                    is_line,
                    {
                        "$mergeObjects": [
                            "$$line",
                            {"quantity": {"$add": ["$$line.quantity", wanted.quantity]}, **seen},
                        ]
                    },
                    "$$line",
                ]
            },
        }
    }
    new = {"_id": ObjectId(wanted.id), **article, "quantity": wanted.quantity, **seen}
    has_line = {"$gt": [held, 0]}
    # The driver sends a command again whose answer it missed. A database that was killed
    # meanwhile may not know it any more (the embedded one does not): the cart does.
    added = {"$ifNull": ["$added", []]}
    fits = {
        "$and": [
            {"$not": [{"$in": [ObjectId(wanted.id), added]}]},
            {"$lte": [held, most - wanted.quantity]},
            {"$or": [has_line, {"$lt": [{"$size": items}, MOST_LINES]}]},
        ]
    }
    longer = {"$cond": [has_line, raised, {"$concatArrays": [items, [new]]}]}
    changes: dict[str, Any] = {
        name: {"$cond": [fits, value, f"${name}"]} for name, value in _touched(shop, owner).items()
    }
    changes["items"] = {"$cond": [fits, longer, items]}
    newest = {"$slice": [{"$concatArrays": [added, [ObjectId(wanted.id)]]}, -_ADDITIONS_KNOWN]}
    changes["added"] = {"$cond": [fits, newest, added]}
    changes["created_at"] = {"$ifNull": ["$created_at", datetime.now(UTC)]}
    changes["version"] = {"$add": [{"$ifNull": ["$version", 0]}, {"$cond": [fits, 1, 0]}]}
    return [{"$set": changes}]


def _touched(shop: Shop, owner: CartOwner) -> dict[str, Any]:
    """What every write to a cart refreshes."""
    now = datetime.now(UTC)
    if owner.is_guest:
        kept = timedelta(days=shop.settings.retention.carts_days)
        return {"updated_at": now, "expires_at": now + kept}
    return {"updated_at": now, "user_id": ObjectId(owner.user_id), "email": owner.email}


async def update_quantity(shop: Shop, owner: CartOwner, *, line: Line, quantity: int) -> bool:
    """Give ``line`` another quantity, name and price seen; False if it is there no more."""
    result = await shop.database["cart"].update_one(
        {
            "_id": ObjectId(owner.key),
            "items": {
                "$elemMatch": {
                    "_id": ObjectId(line.id),
                    "product_id": ObjectId(line.product_id),
                    "sku": line.sku,
                }
            },
        },
        {
            "$set": {
                "items.$.quantity": quantity,
                "items.$.name_seen": line.name_seen,
                "items.$.unit_price_seen": line.unit_price_seen,
                **_touched(shop, owner),
            },
            "$inc": {"version": 1},
        },
    )
    return bool(result.matched_count)


async def remove_line(shop: Shop, owner: CartOwner, *, item_id: str) -> None:
    """Nothing happens if it is there no more."""
    line = {"_id": ObjectId(item_id)}
    await shop.database["cart"].update_one(
        {"_id": ObjectId(owner.key), "items": {"$elemMatch": line}},
        {"$pull": {"items": line}, "$set": _touched(shop, owner), "$inc": {"version": 1}},
    )


async def update_address(shop: Shop, owner: CartOwner, address: Address) -> None:
    """Keep the delivery address with the cart, which is made if need be."""
    change = {
        "$set": {"delivery_address": address_document(address), **_touched(shop, owner)},
        "$setOnInsert": {"created_at": datetime.now(UTC), "items": []},
        "$inc": {"version": 1},
    }
    key = {"_id": ObjectId(owner.key)}
    try:
        await shop.database["cart"].update_one(key, change, upsert=True)
    except DuplicateKeyError:  # Another request made the cart in this very moment.
        await shop.database["cart"].update_one(key, change)


async def update_lines(
    shop: Shop,
    owner: CartOwner,
    lines: Sequence[Line],
    *,
    transaction: Transaction,
    address: Address | None = None,
) -> None:
    """Replace all lines, and the address if one is given; the cart is made if need be."""
    changed: dict[str, Any] = {"items": [_line_document(line) for line in lines]}
    if address:
        changed["delivery_address"] = address_document(address)
    await shop.database["cart"].update_one(
        {"_id": ObjectId(owner.key)},
        {
            "$set": {**changed, **_touched(shop, owner)},
            "$setOnInsert": {"created_at": datetime.now(UTC)},
            "$inc": {"version": 1},
        },
        upsert=True,
        session=transaction,
    )


async def remove_all_lines(shop: Shop, owner: CartOwner) -> None:
    """The delivery address stays."""
    await shop.database["cart"].update_one(
        {"_id": ObjectId(owner.key)},
        {"$set": {"items": [], **_touched(shop, owner)}, "$inc": {"version": 1}},
    )


async def delete_cart(shop: Shop, key: str, transaction: Transaction) -> None:
    await shop.database["cart"].delete_one({"_id": ObjectId(key)}, session=transaction)


def from_document(document: Mapping[str, Any]) -> StoredCart:
    address = document.get("delivery_address")
    return StoredCart(
        id=str(document["_id"]),
        lines=tuple(_line(each) for each in document.get("items", ())),
        delivery_address=Address(**address) if address else None,
        created_at=document["created_at"],
        updated_at=document["updated_at"],
        version=document["version"],
    )


def _line(document: Mapping[str, Any]) -> Line:
    return Line(
        id=str(document["_id"]),
        product_id=str(document["product_id"]),
        sku=document["sku"],
        quantity=document["quantity"],
        name_seen=document["name_seen"],
        unit_price_seen=document["unit_price_seen"],
    )


def _line_document(line: Line) -> dict[str, Any]:
    return {
        "_id": object_id(line.id) or ObjectId(),
        "product_id": ObjectId(line.product_id),
        "sku": line.sku,
        "quantity": line.quantity,
        "name_seen": line.name_seen,
        "unit_price_seen": line.unit_price_seen,
    }


def address_document(address: Address) -> dict[str, str]:
    """The address as this collection and others keep it."""
    return {name: getattr(address, name) for name in Address.__slots__}
