"""The orders that wait: known in memory, the same as in the database."""

from types import SimpleNamespace

import pytest
from quart import Quart

from storefront.database import ObjectId
from storefront.orders.model import Status
from storefront.orders.waiting import WAITING, WaitingOrders
from storefront.shop import Shop
from tests.carts.shelves import put_on_shelf
from tests.conftest import eventually
from tests.staff import people


async def stored(shop: Shop) -> dict[Status, list[int]]:
    orders = [each async for each in shop.database["orders"].find({})]
    return {
        status: sorted(each["number"] for each in orders if each["status"] == status.value)
        for status in WAITING
    }


async def known(waiting: WaitingOrders) -> dict[Status, list[int]]:
    return {status: list(await waiting.numbers(status)) for status in WAITING}


async def orders_in_every_status(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=100)
    async with await people.staff(app) as staff:
        for steps in (
            (),
            ("paid",),
            ("paid", "shipped"),
            ("paid", "shipped", "delivered"),
            ("cancelled",),
        ):
            number, _email = await people.order(app, product)
            for status in steps:
                answer = await staff.patch(f"/api/v1/orders/{number}", json={"status": status})
                assert answer.status_code == 200


async def test_a_process_knows_what_it_did_itself_at_once(app: Quart, shop: Shop) -> None:
    await orders_in_every_status(app, shop)

    assert await known(shop.part(WaitingOrders)) == await stored(shop)
    assert all((await stored(shop)).values())


async def test_a_process_learns_what_others_did(app: Quart, shop: Shop) -> None:
    await orders_in_every_status(app, shop)
    number = (await stored(shop))[Status.PAID][0]
    step = {"status": "shipped", "at": None, "by": "another process"}
    await shop.database["orders"].update_one(
        {"number": number}, {"$set": {"status": "shipped"}, "$push": {"history": step}}
    )

    async def has_heard() -> bool:
        return await known(shop.part(WaitingOrders)) == await stored(shop)

    assert await eventually(has_heard)
    assert number in (await stored(shop))[Status.SHIPPED]


async def test_a_new_process_reads_what_waits(app: Quart, shop: Shop) -> None:
    await orders_in_every_status(app, shop)
    waiting = WaitingOrders(shop)
    await waiting.reload()

    assert await known(waiting) == await stored(shop)


async def test_late_news_change_nothing(app: Quart, shop: Shop) -> None:
    await orders_in_every_status(app, shop)
    waiting = shop.part(WaitingOrders)
    before = await known(waiting)
    delivered = await shop.database["orders"].find_one({"status": "delivered"})

    await waiting.changed(
        ObjectId(), {**delivered, "status": "generated", "history": delivered["history"][:1]}
    )

    assert await known(waiting) == before


async def test_without_the_feed_the_database_is_asked(
    app: Quart, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await orders_in_every_status(app, shop)
    waiting = WaitingOrders(shop)
    monkeypatch.setattr(shop, "changes", SimpleNamespace(is_live=False))

    assert await known(waiting) == await stored(shop)


async def test_lists_of_a_status_are_whole_whatever_lies_between(app: Quart, shop: Shop) -> None:
    """More orders wait than a page shows, before and after those that are done."""
    product = await put_on_shelf(shop, stock=100)
    for _turn in range(3):
        await orders_in_every_status(app, shop)
        for _more in range(3):
            await people.order(app, product)

    everything = [each async for each in shop.database["orders"].find({})]
    async with await people.staff(app) as staff:
        for status in Status:
            numbers: list[int] = []
            address = f"/api/v1/orders?status={status}&limit=2"
            while True:
                page = (await staff.get(address)).json()
                numbers += [each["number"] for each in page["items"]]
                if page["next"] is None:
                    break
                address = f"/api/v1/orders?status={status}&limit=2&after={page['next']}"
            wanted = [each["number"] for each in everything if each["status"] == status.value]
            assert numbers == sorted(wanted, reverse=True)
