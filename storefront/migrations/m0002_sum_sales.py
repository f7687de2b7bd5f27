"""Each day's sum of orders, for days from before it was kept with the orders.

Each day is summed up in a transaction of its own, which meets the orders of that moment at the
day's document: so nothing is lost or counted twice, even today.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storefront.database import Database, DuplicateKeyError, Transaction
from storefront.migrations.model import Migration, Progress

_DAY = "%Y-%m-%d"
_BATCH = 1_000
_ATTEMPTS = 5


@dataclass(slots=True)
class _Span:
    """The lowest and the highest number of a day's orders."""

    first: int
    last: int


async def run(database: Database, progress: Progress) -> None:
    """Set the sums of all days with orders."""
    spans = await _spans(database, progress)
    newest = max(spans, default="")
    for day, span in spans.items():
        await _sum_up(database, day, span, is_open=day == newest)


async def _spans(database: Database, progress: Progress) -> dict[str, _Span]:
    """Numbers follow time but for those who were placed at once, so spans may overlap a little."""
    spans: dict[str, _Span] = {}
    cursor = database["orders"].find({}, {"_id": 0, "number": 1, "created_at": 1})
    while batch := await cursor.to_list(_BATCH):
        for order in batch:
            number = order["number"]
            span = spans.setdefault(_day(order["created_at"]), _Span(number, number))
            span.first, span.last = min(span.first, number), max(span.last, number)
        progress(len(batch))
    return spans


async def _sum_up(database: Database, day: str, span: _Span, *, is_open: bool) -> None:
    numbers: dict[str, Any] = {"$gte": span.first}
    if not is_open:  # To the newest day orders are still added.
        numbers["$lte"] = span.last

    async def work(transaction: Transaction) -> None:
        found = database["orders"].find(
            {"number": numbers}, {"created_at": 1, "status": 1, "total": 1}, session=transaction
        )
        sold = [
            order["total"]
            async for order in found
            if _day(order["created_at"]) == day and order["status"] != "cancelled"
        ]
        await database["sales"].update_one(
            {"_id": day},
            {"$set": {"orders": len(sold), "total": sum(sold)}},
            upsert=True,
            session=transaction,
        )

    for _attempt in range(_ATTEMPTS - 1):
        try:
            return await database.in_transaction(work)
        except DuplicateKeyError:  # The day's first order came in this moment.
            continue
    return await database.in_transaction(work)


def _day(moment: datetime) -> str:
    return moment.strftime(_DAY)


MIGRATION = Migration(2, "sum up the sales of each day", run)
