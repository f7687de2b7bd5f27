"""The record of who changed what: written with the change, read newest first."""

import asyncio

import pytest
from quart import Quart

from storefront import history
from storefront.database import Transaction
from storefront.history import By, Change
from storefront.shop import Shop
from storefront.staff import history as shown
from tests.carts.shelves import customer
from tests.staff.people import staff

ANA = By("0123456789abcdef01234567", "Ana García")


async def test_entries_stand_newest_first_and_apart_by_subject(shop: Shop) -> None:
    for stock in (1, 2):
        await history.record(
            shop, ("product", "a"), by=ANA, what=[Change("stock", stock - 1, stock, "MUG-S")]
        )
        await asyncio.sleep(0.002)
    await history.record(shop, ("product", "b"), by=ANA, what=[Change("name", "Mug", "Cup")])
    await history.record(shop, ("product", "c"), by=ANA, what=[])

    entries = await history.list_entries(shop, ("product", "a"))

    assert [each.what for each in entries] == [
        (Change("stock", 1, 2, "MUG-S"),),
        (Change("stock", 0, 1, "MUG-S"),),
    ]
    assert {(each.by_id, each.by_name) for each in entries} == {(ANA.user_id, ANA.full_name)}
    assert await history.list_entries(shop, ("product", "c")) == []
    assert len(await history.list_entries(shop, ("product", "a"), limit=1)) == 1


async def test_what_is_not_committed_is_not_remembered(shop: Shop) -> None:
    async def work(transaction: Transaction) -> None:
        what = [Change("stock", 1, 2)]
        await history.record(shop, ("product", "d"), by=ANA, what=what, transaction=transaction)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await shop.database.in_transaction(work)

    assert await history.list_entries(shop, ("product", "d")) == []


async def test_staff_read_words_money_and_names(app: Quart, shop: Shop) -> None:
    async with await customer(app) as person:
        by_id_only = By(person.user_id)  # type: ignore[attr-defined]
    await history.record(
        shop,
        ("product", "e"),
        by=by_id_only,
        what=[
            Change("unit_price", 1999, 2500, "MUG-S"),
            Change("deleted", False, True),
            Change("photo", None, "/images/1"),
            Change("of_tomorrow", "x", ""),
        ],
    )
    await asyncio.sleep(0.002)
    await history.record(shop, ("product", "e"), by=By(), what=[Change("role", after="admin")])

    latest, first = await shown.list_rows(shop, ("product", "e"))

    assert latest.by == "The shop"
    assert first.by == "Ana García"
    assert [(each.label, each.part, each.before, each.after) for each in first.lines] == [
        ("Price", "MUG-S", "€19.99", "€25.00"),
        ("In the bin", "", "no", "yes"),
        ("Photo", "", "", "another"),
        ("of_tomorrow", "", "x", "nothing"),
    ]
    assert latest.lines[0].after == "Admin"


def test_differences_are_the_fields_that_differ() -> None:
    before = {"name": "Mug", "stock": 3, "photo": None}
    after = {"name": "Cup", "stock": 3, "category": "cups"}
    assert history.differences(before, after) == [
        Change("name", "Mug", "Cup"),
        Change("category", None, "cups"),
    ]


async def test_a_product_remembers_who_changed_what(app: Quart, shop: Shop) -> None:
    async with await staff(app) as clerk:
        variants = [
            {"options": {"size": size}, "unit_price": 1000, "stock": 5, "sku": f"OAR-{size}"}
            for size in "SM"
        ]
        body = {"name": "Oar", "description": "x" * 400, "category": "oars", "variants": variants}
        made = (await clerk.post("/api/v1/products", json=body)).json()
        path = f"/api/v1/products/{made['id']}"
        variants[0] |= {"stock": 4, "unit_price": 1200}
        await clerk.patch(path, json={"variants": variants})
        longer = {"es": {"name": "Remo", "description": "y"}}
        await clerk.patch(path, json={"description": "x" * 401, "translations": longer})
        await clerk.patch(path, json={"variants": variants[:1]})
        refused = await clerk.patch(path, json={"name": "Ore"}, headers={"If-Match": '"1"'})
        assert refused.status_code == 412
        await clerk.delete(path)

        entries = await history.list_entries(shop, ("product", made["id"]))

        assert {entry.by_id for entry in entries} == {clerk.user_id}  # type: ignore[attr-defined]
        clipped = "x" * 300 + "…"
        assert [entry.what for entry in reversed(entries)] == [
            (Change("created", None, "Oar"),),
            (Change("unit_price", 1000, 1200, "OAR-S"), Change("stock", 5, 4, "OAR-S")),
            (
                Change("description", clipped, clipped),
                Change("name", None, "Remo", "es"),
                Change("description", None, "y", "es"),
            ),
            (Change("variant", "OAR-M", None),),
            (Change("deleted", False, True),),
        ]
        (row, *_) = await shown.list_rows(shop, ("product", made["id"]))
        assert row.by == "Ana García"
