"""The ``orders`` collection, and the counter that numbers them.

Every order has an idempotency key, one of its own where the shopper sent none: the embedded
engine finds by a plain unique index in a millisecond, by a partial one only after a scan.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from storefront.carts.model import Address
from storefront.database import ASCENDING, DESCENDING, IndexModel, ObjectId, Transaction
from storefront.orders.model import Order, OrderItem, Status, Step
from storefront.shop import Shop

INDEXES = {
    "orders": [
        IndexModel([("number", ASCENDING)], name="number", unique=True),
        IndexModel([("idempotency_key", ASCENDING)], name="idempotency_key", unique=True),
        IndexModel([("user_id", ASCENDING), ("number", DESCENDING)], name="own"),
        IndexModel([("email", ASCENDING), ("number", DESCENDING)], name="email"),
    ]
}
WIDEST_WINDOW = 2_000


async def next_number(shop: Shop, transaction: Transaction) -> int:
    """The number after the last; it is given back when the transaction aborts, so no gap stays."""
    counter = await shop.database["counters"].find_one_and_update(
        {"_id": "orders"},
        {"$inc": {"last": 1}},
        upsert=True,
        return_document=True,
        session=transaction,
    )
    return int(counter["last"])


async def insert_order(
    shop: Shop, order: Order, *, idempotency_key: str, transaction: Transaction
) -> None:
    """DuplicateKeyError when the key has an order already."""
    document = asdict(order)
    document["user_id"] = ObjectId(order.user_id)
    document["status"] = order.status.value
    document["idempotency_key"] = idempotency_key
    document["items"] = [
        {**item, "product_id": ObjectId(item["product_id"]), "line_total": priced.line_total}
        for item, priced in zip(document["items"], order.items, strict=True)
    ]
    document["history"] = [_step_document(step) for step in order.history]
    await shop.database["orders"].insert_one(document, session=transaction)


async def find_order(
    shop: Shop, number: int, transaction: Transaction | None = None
) -> Order | None:
    document = await shop.database["orders"].find_one({"number": number}, session=transaction)
    return _order(document) if document else None


async def find_order_of_key(
    shop: Shop, idempotency_key: str, transaction: Transaction | None = None
) -> Order | None:
    document = await shop.database["orders"].find_one(
        {"idempotency_key": idempotency_key}, session=transaction
    )
    return _order(document) if document else None


async def update_status(
    shop: Shop, number: int, *, current: Status, step: Step, transaction: Transaction
) -> bool:
    """Go one step on from ``current``; False when the order is elsewhere by now."""
    result = await shop.database["orders"].update_one(
        {"number": number, "status": current.value},
        {"$set": {"status": step.status.value}, "$push": {"history": _step_document(step)}},
        session=transaction,
    )
    return bool(result.modified_count)


async def list_orders_of(
    shop: Shop, who: Mapping[str, Any], *, status: Status | None, before: int | None, limit: int
) -> list[Order]:
    """The newest orders of one person, ``who`` being ``user_id`` or ``email``."""
    query = dict(who)
    if "user_id" in query:
        query["user_id"] = ObjectId(query["user_id"])
    if status:
        query["status"] = status.value
    if before is not None:
        query["number"] = {"$lt": before}
    found = shop.database["orders"].find(query, sort=[("number", DESCENDING)], limit=limit)
    return [_order(document) async for document in found]


async def list_orders(
    shop: Shop, *, status: Status | None, before: int | None, limit: int
) -> list[Order]:
    """The newest orders of everybody.

    Numbers have no gaps, so a window of them holds as many orders as it is wide. It is walked
    from window to window because the embedded engine's cost grows with what a query matches,
    whatever its limit. Two commands without a status, some more for a rare one.
    """
    counter = await shop.database["counters"].find_one({"_id": "orders"})
    last = int(counter["last"]) if counter else 0
    top = last + 1 if before is None else min(before, last + 1)
    found: list[Order] = []
    width = limit
    while top > 1 and len(found) < limit:
        low = max(1, top - width)
        query: dict[str, Any] = {"number": {"$gte": low, "$lt": top}}
        if status:
            query["status"] = status.value
        window = shop.database["orders"].find(query, sort=[("number", DESCENDING)])
        found += [_order(document) async for document in window]
        top, width = low, min(width * 4, WIDEST_WINDOW)
    return found[:limit]


def _step_document(step: Step) -> dict[str, Any]:
    return {"status": step.status.value, "at": step.at, "by": step.by}


def _order(document: Mapping[str, Any]) -> Order:
    return Order(
        number=document["number"],
        user_id=str(document["user_id"]),
        email=document["email"],
        status=Status(document["status"]),
        items=tuple(_item(each) for each in document["items"]),
        subtotal=document["subtotal"],
        shipping=document["shipping"],
        tax_included=document["tax_included"],
        tax_percent=document["tax_percent"],
        total=document["total"],
        currency=document["currency"],
        delivery_address=Address(**document["delivery_address"]),
        payment_instructions=document["payment_instructions"],
        language=document["language"],
        created_at=document["created_at"],
        history=tuple(
            Step(Status(each["status"]), each["at"], each["by"]) for each in document["history"]
        ),
    )


def _item(document: Mapping[str, Any]) -> OrderItem:
    return OrderItem(
        product_id=str(document["product_id"]),
        sku=document["sku"],
        options=document["options"],
        name=document["name"],
        description=document["description"],
        photo=document["photo"],
        unit_price=document["unit_price"],
        quantity=document["quantity"],
    )
