"""The ``orders`` collection, the counter that numbers them, and each day's ``sales``.

Every order has an idempotency key, one of its own where the shopper sent none: the embedded
engine finds by a plain unique index in a millisecond, by a partial one only after a scan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from storefront.carts.model import Address
from storefront.database import ASCENDING, DESCENDING, IndexModel, ObjectId, Transaction
from storefront.orders.model import (
    DayOfSales,
    Order,
    OrderItem,
    Remark,
    RemarkKind,
    Status,
    Step,
)
from storefront.shop import Shop

_DAY = "%Y-%m-%d"

INDEXES = {
    "orders": [
        IndexModel([("number", ASCENDING)], name="number", unique=True),
        IndexModel([("idempotency_key", ASCENDING)], name="idempotency_key", unique=True),
        IndexModel([("user_id", ASCENDING), ("number", DESCENDING)], name="own"),
        IndexModel([("email", ASCENDING), ("number", DESCENDING)], name="email"),
        IndexModel([("status", ASCENDING), ("number", DESCENDING)], name="status"),
        IndexModel([("items.product_id", ASCENDING), ("number", DESCENDING)], name="product"),
    ]
}


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
    document = to_document(order, idempotency_key=idempotency_key)
    await shop.database["orders"].insert_one(document, session=transaction)


def to_document(order: Order, *, idempotency_key: str) -> dict[str, Any]:
    """What is stored of a new order."""
    document = asdict(order)
    document["user_id"] = ObjectId(order.user_id)
    document["status"] = order.status.value
    document["idempotency_key"] = idempotency_key
    document["items"] = [
        {**item, "product_id": ObjectId(item["product_id"]), "line_total": priced.line_total}
        for item, priced in zip(document["items"], order.items, strict=True)
    ]
    document["history"] = [_step_document(step) for step in order.history]
    document["remarks"] = []
    return document


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
    shop: Shop,
    *,
    status: Status | None = None,
    product_id: str | None = None,
    sku: str | None = None,
    before: int | None,
    limit: int,
) -> list[Order]:
    """The newest orders of everybody, or of those with this status or product.

    Numbers have no gaps, so a window of them holds at most as many orders as it is wide. The
    list is walked from window to window, because the embedded engine's cost grows with what a
    query matches, whatever its limit. Two commands without a filter; with one some more, since
    a window that held too little is followed by one four times as wide.
    """
    narrowed: dict[str, Any] = {}
    if status:
        narrowed["status"] = status.value
    if product_id:
        narrowed["items.product_id"] = ObjectId(product_id)
    top = await _last_number(shop) + 1
    if before is not None:
        top = min(before, top)
    found: list[Order] = []
    width = limit
    while top > 1 and len(found) < limit:
        low = max(1, top - width)
        window = await _window(shop, narrowed, low, top)
        # Asked for too, it would keep the embedded engine from using the index.
        found += [order for order in window if sku is None or order.holds(sku)]
        top, width = low, width * 4
    return found[:limit]


async def _window(shop: Shop, narrowed: Mapping[str, Any], low: int, top: int) -> list[Order]:
    """Orders with numbers from ``low`` to below ``top``, the highest first."""
    query = {**narrowed, "number": {"$gte": low, "$lt": top}}
    cursor = shop.database["orders"].find(query, sort=[("number", DESCENDING)])
    return [_order(document) async for document in cursor]


async def _last_number(shop: Shop) -> int:
    counter = await shop.database["counters"].find_one({"_id": "orders"})
    return int(counter["last"]) if counter else 0


async def list_numbers(shop: Shop, status: Status) -> list[int]:
    """The numbers of all orders with this status, lowest first.

    The cost grows with how many there are, so ask only for what does not pile up.
    """
    cursor = shop.database["orders"].find({"status": status.value}, {"_id": 0, "number": 1})
    return sorted([each["number"] async for each in cursor])


async def list_of_numbers(shop: Shop, numbers: Sequence[int]) -> list[Order]:
    """The orders with these numbers, in their order."""
    cursor = shop.database["orders"].find({"number": {"$in": list(numbers)}})
    found = {each["number"]: _order(each) async for each in cursor}
    return [found[number] for number in numbers if number in found]


async def count_orders(shop: Shop, status: Status) -> int:
    """The cost grows with the number itself, so ask only for what does not pile up."""
    return int(await shop.database["orders"].count_documents({"status": status.value}))


async def add_remark(shop: Shop, number: int, remark: Remark, transaction: Transaction) -> bool:
    """False if there is no such order, or if it has the remark already."""
    result = await shop.database["orders"].update_one(
        {"number": number, "remarks": {"$not": {"$elemMatch": {"key": remark.key}}}},
        {"$push": {"remarks": {**asdict(remark), "kind": remark.kind.value}}},
        session=transaction,
    )
    return bool(result.modified_count)


async def add_sale(shop: Shop, order: Order, *, sign: int, transaction: Transaction) -> None:
    """Count the order among its day's sales (1), or no more (-1).

    Call it after `next_number`: who holds the counter is alone, so no two make the day's sum.
    """
    await shop.database["sales"].update_one(
        {"_id": order.created_at.strftime(_DAY)},
        {"$inc": {"orders": sign, "total": sign * order.total}},
        upsert=sign > 0,
        session=transaction,
    )


async def list_sales(shop: Shop, days: Sequence[date]) -> list[DayOfSales]:
    """The sales of these days, also of those without any."""
    keys = [day.strftime(_DAY) for day in days]
    cursor = shop.database["sales"].find({"_id": {"$in": keys}})
    known = {each["_id"]: each async for each in cursor}
    nothing = {"orders": 0, "total": 0}
    return [
        DayOfSales(day, found["orders"], found["total"])
        for day, found in (
            (day, known.get(key, nothing)) for day, key in zip(days, keys, strict=True)
        )
    ]


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
        remarks=tuple(
            Remark(each["key"], RemarkKind(each["kind"]), each["text"], each["at"], each["by"])
            for each in document.get("remarks", ())
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
