"""The ``orders`` collection, the counter that numbers them, and each day's ``sales``.

Every order has an idempotency key, one of its own where the shopper sent none: the embedded
engine finds by a plain unique index in a millisecond, by a partial one only after a scan.
"""

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Mapping, Sequence, Sized
from dataclasses import asdict, replace
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
_NARROWEST = 8
NOBODY = ObjectId("0" * 24)
"""Whose the orders are of people who have deleted their account."""

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


async def list_all_of(
    shop: Shop, user_id: str, transaction: Transaction | None = None
) -> list[Order]:
    """Every order of one person, newest first."""
    found = shop.database["orders"].find({"user_id": ObjectId(user_id)}, session=transaction)
    orders = [_order(document) async for document in found]
    return sorted(orders, key=lambda order: order.number, reverse=True)


async def forget_customer(
    shop: Shop, order: Order, *, new_key: str, transaction: Transaction
) -> None:
    """Leave nothing in the order that tells whose it was."""
    nobody = Address("", "", "", "", order.delivery_address.country)
    nameless = [
        _step_document(replace(step, by="" if step.by == order.customer else step.by))
        for step in order.history
    ]
    await shop.database["orders"].update_one(
        {"number": order.number},
        {
            "$set": {
                "user_id": NOBODY,
                "email": "",
                "delivery_address": asdict(nobody),
                "history": nameless,
                "remarks": [],
                "idempotency_key": new_key,
            }
        },
        session=transaction,
    )


async def list_orders(
    shop: Shop,
    *,
    status: Status | None = None,
    before: int | None,
    limit: int,
    others: Sequence[int] = (),
) -> list[Order]:
    """The newest orders of everybody, or of those with this status.

    ``others`` are numbers, lowest first, known to have another status.

    Numbers have no gaps, so a window of them holds at most as many orders as it is wide. The
    list is walked from window to window, because the embedded engine's cost grows with what a
    query matches, whatever its limit. Two commands without a status; with one some more.
    """
    found: list[Order] = []
    async for low, top in _windows(shop, found, before=before, limit=limit, others=others):
        query: dict[str, Any] = {"number": {"$gte": low, "$lt": top}}
        if status:
            query["status"] = status.value
        cursor = shop.database["orders"].find(query, sort=[("number", DESCENDING)])
        found += [_order(document) async for document in cursor]
        if len(found) >= limit:
            break
    return found[:limit]


async def list_numbers_with(
    shop: Shop,
    product_ids: Sequence[str],
    *,
    sku: str | None,
    status: Status | None,
    before: int | None,
    limit: int,
) -> list[int]:
    """Numbers of the newest orders that hold one of the products (or its variant ``sku``).

    Walked as by `list_orders`; in each window every product is asked for by itself, since the
    embedded engine does not find several by its index.
    """
    found: set[int] = set()

    async def look(product_id: str, low: int, top: int) -> None:
        query: dict[str, Any] = {
            "items.product_id": ObjectId(product_id),
            "number": {"$gte": low, "$lt": top},
        }
        if status:
            query["status"] = status.value
        async for each in shop.database["orders"].find(query, {"number": 1, "items.sku": 1}):
            if sku is None or any(item["sku"] == sku for item in each["items"]):
                found.add(each["number"])

    async for low, top in _windows(shop, found, before=before, limit=limit):
        await asyncio.gather(*(look(each, low, top) for each in product_ids))
        if len(found) >= limit:
            break
    return sorted(found, reverse=True)[:limit]


async def _windows(
    shop: Shop, found: Sized, *, before: int | None, limit: int, others: Sequence[int] = ()
) -> AsyncIterator[tuple[int, int]]:
    """Spans of numbers, from the first to below the second, downwards.

    Each is as wide as the rest of ``limit`` should need, going by what the ones before have
    added to ``found``. ``others`` do not count: where the newest are all of another status, a
    span would else grow over them and then meet far too many at once.
    """
    top = await _last_number(shop) + 1
    if before is not None:
        top = min(before, top)
    width, looked_at = limit + limit // 8 + 4, 0
    while top > 1:
        low, end = top, bisect_left(others, top)
        while low > 1 and (missing := width - (top - low) + end - bisect_left(others, low)) > 0:
            low = max(1, low - missing)
        yield low, top
        top, looked_at = low, looked_at + width
        wanted = (limit - len(found)) * looked_at * 5 // (4 * max(1, len(found)))
        width = min(max(wanted, _NARROWEST), 16 * width)


async def _last_number(shop: Shop) -> int:
    counter = await shop.database["counters"].find_one({"_id": "orders"})
    return int(counter["last"]) if counter else 0


async def list_states(shop: Shop, status: Status) -> list[tuple[int, int]]:
    """Number and count of steps of all orders with this status.

    The cost grows with how many there are, so ask only for what does not pile up.
    """
    cursor = shop.database["orders"].find({"status": status.value}, {"number": 1, "history.at": 1})
    return [(each["number"], len(each["history"])) async for each in cursor]


async def list_of_numbers(shop: Shop, numbers: Sequence[int]) -> list[Order]:
    """The orders with these numbers, in their order."""
    cursor = shop.database["orders"].find({"number": {"$in": list(numbers)}})
    found = {each["number"]: _order(each) async for each in cursor}
    return [found[number] for number in numbers if number in found]


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
