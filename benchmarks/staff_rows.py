"""Fills a shop with so many products, orders, users, mails, errors and conversations."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo.errors import BulkWriteError

from storefront.accounts import finding
from storefront.app import INDEXES
from storefront.carts.model import Address
from storefront.catalogue import store as catalogue_store
from storefront.demo import loader
from storefront.demo.generator import generate
from storefront.orders import store as orders_store
from storefront.orders.model import Order, OrderItem, Status, Step
from storefront.shop import Shop

YEAR = timedelta(days=365)
BATCH = 250
DUPLICATE_KEY = 11000
ADDRESS = Address("Ana García", "Calle Mayor 1", "", "Madrid", "", "28013", "ES", "+34600123456")
GIVEN = ("Ana", "María", "Lucía", "Javier", "Hugo", "Noa", "Iker", "Olga", "Pau", "Rita", "Unai")
FAMILY = ("García", "López", "Sánchez", "Ruiz", "Torres", "Vidal", "Soler", "Prat", "Mora", "Gil")


@dataclass(frozen=True)
class Amounts:
    """How many there are; ``waiting`` in each status in which an order waits for somebody."""

    rows: int
    binned: int
    waiting: int
    conversations: int

    @classmethod
    def of(cls, rows: int) -> "Amounts":
        return cls(rows, max(100, rows // 10), max(20, rows // 100), max(100, rows // 10))


async def fill(shop: Shop, amounts: Amounts) -> None:
    """Once for each database; the embedded engine makes indexes faster before than after."""
    db, start = shop.database, time.monotonic()
    if await db["filled"].find_one({}):
        return
    await db.drop()
    await db.ensure_indexes(INDEXES)
    await loader.load_generated_catalogue(shop, amounts.rows)
    for name, documents in (
        ("products", binned(amounts)),
        ("users", users(amounts)),
        ("orders", orders(amounts)),
        ("outbox", mails(amounts)),
        ("errors", errors(amounts)),
        ("error_kinds", error_kinds(amounts)),
        ("conversations", conversations(amounts)),
    ):
        await insert_all(shop, name, documents)
        print(f"  {name} of {amounts.rows}: {time.monotonic() - start:.0f} s", flush=True)
    await db["counters"].insert_one({"_id": "orders", "last": amounts.rows})
    highest = {"seq": amounts.conversations, "general": 0}
    await db["counters"].insert_one({"_id": "messages", **highest})
    await db["filled"].insert_one({})


async def insert_all(shop: Shop, name: str, documents: Iterator[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for document in documents:
        batch.append(document)
        if len(batch) == BATCH:
            await insert(shop, name, batch)
            batch = []
    if batch:
        await insert(shop, name, batch)


async def insert(shop: Shop, name: str, batch: list[dict[str, Any]]) -> None:
    """Whatever of them is not there yet: a busy machine may answer after the driver asks again."""
    try:
        await shop.database[name].insert_many(batch, ordered=False)
    except BulkWriteError as error:
        if any(each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]):
            raise


def binned(amounts: Amounts) -> Iterator[dict[str, Any]]:
    """Products that were deleted over the last month, every so many minutes one."""
    step, now = timedelta(days=29) / amounts.binned, datetime.now(UTC)
    for place, product in enumerate(generate(amounts.binned, seed=2)):
        yield catalogue_store.to_document(product) | {"deleted_at": now - step * place}


def moments(count: int) -> Iterator[tuple[int, datetime]]:
    """Numbers from 1 with times evenly over the last year."""
    now = datetime.now(UTC)
    for number in range(1, count + 1):
        yield number, now - YEAR * ((count - number) / count)


def users(amounts: Amounts) -> Iterator[dict[str, Any]]:
    chance = random.Random(1)  # noqa: S311  (no secret: it must repeat)
    for number, at in moments(amounts.rows):
        full_name = f"{chance.choice(GIVEN)} {chance.choice(FAMILY)} {chance.choice(FAMILY)}"
        email = f"customer{number}@example.com"
        yield {
            "_id": ObjectId(f"{number:024x}"),
            "email": email,
            "full_name": full_name,
            "phone": "+34600123456",
            "role": "staff" if number % 1_000 == 0 else "customer",
            "verified": True,
            "blocked": False,
            "language": "en",
            "theme": None,
            "addresses": [],
            "created_at": at,
            "updated_at": at,
            "found_by": finding.beginnings(email, full_name),
            "password_hash": "",
        }


def orders(amounts: Amounts) -> Iterator[dict[str, Any]]:
    """Most are delivered; the newest wait; of each product there are few, of some many."""
    chance = random.Random(2)  # noqa: S311  (no secret: it must repeat)
    products = list(generate(min(amounts.rows, 5_000)))
    last_done = amounts.rows - 3 * amounts.waiting
    waiting = (Status.GENERATED, Status.PAID, Status.SHIPPED)
    for number, at in moments(amounts.rows):
        status = Status.DELIVERED if chance.random() > 0.03 else Status.CANCELLED
        if number > last_done:
            status = waiting[number % 3]
        chosen = [
            products[min(int(chance.expovariate(1 / 200)), len(products) - 1)]
            for _ in range(chance.choice((1, 1, 2, 3)))
        ]
        items = tuple(
            OrderItem(
                product_id=product.id,
                sku=product.variants[0].sku,
                options=product.variants[0].options,
                name=product.name,
                description=product.description,
                photo=None,
                unit_price=product.variants[0].unit_price,
                quantity=1,
            )
            for product in chosen
        )
        total = sum(item.line_total for item in items)
        order = Order(
            number=number,
            user_id=f"{number % 5_000 + 1:024x}",
            email=f"customer{number % 5_000 + 1}@example.com",
            status=status,
            items=items,
            subtotal=total,
            shipping=0,
            tax_included=0,
            tax_percent=21,
            total=total,
            currency="EUR",
            delivery_address=ADDRESS,
            payment_instructions="Please pay.",
            language="en",
            created_at=at,
            history=(Step(Status.GENERATED, at, "Ana García"),),
        )
        yield orders_store.to_document(order, idempotency_key=f"key {number}")


def mails(amounts: Amounts) -> Iterator[dict[str, Any]]:
    """A failed one in a thousand; those that wait do so for a day."""
    for number, at in moments(amounts.rows * 2):
        state = "failed" if number % (amounts.rows // 50) == 0 else "sent"
        if number > amounts.rows * 2 - 20:
            state = "pending"
        yield {
            "kind": "password_changed",
            "to": f"customer{number}@example.com",
            "language": "en",
            "context": {"full_name": "Ana García"},
            "state": state,
            "attempts": 1,
            "message_id": f"<{number}@example.com>",
            "created_at": at,
            "next_attempt_at": datetime.now(UTC) + timedelta(days=1),
            "sent_at": at,
            "last_error": "no such mailbox" if state == "failed" else None,
            "lease_by": None,
            "lease_until": None,
        }


def errors(amounts: Amounts) -> Iterator[dict[str, Any]]:
    for number, at in moments(amounts.rows):
        yield {
            "_id": f"{number:032x}",
            "at": at,
            "status": 500,
            "name": "internal",
            "detail": "Something went wrong.",
            "kind": "ValueError",
            "method": "GET",
            "path": "/products",
            "route": "/products",
            "frame": "catalogue/pages.py:1 show",
            "group": f"{number % kinds_of(amounts):016x}",
            "user_id": None,
            "context": {},
            "traceback": "Traceback (most recent call last):\nValueError: of no importance",
        }


def kinds_of(amounts: Amounts) -> int:
    return max(10, amounts.rows // 100)


def error_kinds(amounts: Amounts) -> Iterator[dict[str, Any]]:
    for number, at in moments(kinds_of(amounts)):
        yield {
            "_id": f"{number - 1:016x}",
            "kind": "ValueError",
            "route": "/products",
            "frame": f"catalogue/pages.py:{number} show",
            "name": "internal",
            "count": amounts.rows // kinds_of(amounts),
            "first_at": at,
            "last_at": at,
            "last_error_id": f"{number:032x}",
        }


def conversations(amounts: Amounts) -> Iterator[dict[str, Any]]:
    """One question of each person; one in a hundred is open."""
    for number, at in moments(amounts.conversations):
        key = f"{number:024x}"
        tally = {"questions": 1, "private_answers": 0, "general_answers": 0}
        message = {
            "_id": ObjectId(),
            "seq": number,
            "general": 0,
            "place": 1,
            "user_id": key,
            "email": f"customer{number}@example.com",
            "full_name": "Ana García",
            "type": "user",
            "channel": "private",
            "body": "Is it waterproof?",
            "author": "Ana",
            "author_id": key,
            "client_id": key,
            "so_far": tally,
            "created_at": at,
        }
        yield {
            "_id": key,
            "email": message["email"],
            "full_name": "Ana García",
            "count": 1,
            "so_far": tally,
            "last": message,
            "state": "open" if number > amounts.conversations - 40 else "answered",
            "asked_seq": number,
            "seen_by_staff": 0,
        }
