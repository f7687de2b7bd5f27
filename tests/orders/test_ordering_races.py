"""Many at once: the last pieces, the numbers, the double click, the two who disagree."""

import asyncio

import httpx
import pytest
from quart import Quart

from storefront.accounts.model import Role
from storefront.app import create_app
from storefront.mail import outbox
from storefront.shop import Shop
from tests.carts.shelves import ADDRESS, add, cart_of, customer, put_on_shelf, stock_of
from tests.conftest import browser


async def order(client: httpx.AsyncClient, key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post("/api/v1/orders", json={"delivery_address": ADDRESS}, headers=headers)


async def all_numbers(shop: Shop) -> list[int]:
    found = shop.database["orders"].find({}, {"number": 1}, sort=[("number", 1)])
    return [each["number"] async for each in found]


async def test_fifty_customers_for_the_last_ten_pieces(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=10)
    shoppers = [await customer(app) for _ in range(50)]
    for shopper in shoppers:
        assert (await add(shopper, product)).status_code == 201

    answers = await asyncio.gather(*(order(shopper) for shopper in shoppers))

    placed = [answer.json()["number"] for answer in answers if answer.status_code == 201]
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    first = min(placed)
    assert sorted(placed) == list(range(first, first + 10))
    assert len(refused) == 40
    assert {problem["type"] for problem in refused} == {"/problems/out-of-stock"}
    assert {problem["items"][0]["available"] for problem in refused} == {0}
    assert await stock_of(shop, product) == [0]
    losers = [shop for shop, answer in zip(shoppers, answers, strict=True) if answer.is_error]
    assert all([len((await cart_of(loser))["items"]) == 1 for loser in losers])
    for shopper in shoppers:
        await shopper.aclose()


async def test_a_double_submit_with_one_key_is_one_order(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop)
    async with await customer(app) as shopper:
        await add(shopper, product, 2)

        answers = await asyncio.gather(*(order(shopper, "double") for _ in range(5)))

        assert [answer.status_code for answer in answers] == [201] * 5
        assert len({answer.json()["number"] for answer in answers}) == 1
    assert await stock_of(shop, product) == [8]
    assert await shop.database["outbox"].count_documents({"to": shopper.email}) == 1


async def test_numbers_have_no_gap_when_transactions_abort(
    app: Quart, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = await put_on_shelf(shop, stock=30)
    shoppers = [await customer(app) for _ in range(8)]
    for shopper in shoppers:
        await add(shopper, product)
    write = outbox.write
    calls = 0

    async def write_or_break(*args: object) -> None:
        """Every third mail cannot be written, which is after the number was given."""
        nonlocal calls
        calls += 1
        if calls % 3 == 0:
            raise RuntimeError("no ink")
        await write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "write", write_or_break)
    answers = await asyncio.gather(*(order(shopper) for shopper in shoppers))
    monkeypatch.undo()

    statuses = [answer.status_code for answer in answers]
    placed = statuses.count(201)
    assert set(statuses) == {201, 500}
    numbers = await all_numbers(shop)
    assert numbers == list(range(1, len(numbers) + 1))
    assert await stock_of(shop, product) == [30 - placed]
    for shopper, status in zip(shoppers, statuses, strict=True):
        assert len((await cart_of(shopper))["items"]) == (0 if status == 201 else 1)
        await shopper.aclose()


async def test_either_the_customer_cancels_or_the_shop_ships(app: Quart, shop: Shop) -> None:
    async with await customer(app, role=Role.STAFF) as staff:
        for _ in range(5):
            product = await put_on_shelf(shop, stock=1)
            async with await customer(app) as shopper:
                await add(shopper, product)
                number = (await order(shopper)).json()["number"]
                await staff.patch(f"/api/v1/orders/{number}", json={"status": "paid"})

                cancelled, shipped = await asyncio.gather(
                    shopper.post(f"/api/v1/orders/{number}/cancel"),
                    staff.patch(f"/api/v1/orders/{number}", json={"status": "shipped"}),
                )

                assert {cancelled.status_code, shipped.status_code} == {200, 409}
                is_cancelled = cancelled.status_code == 200
                shown = (await shopper.get(f"/api/v1/orders/{number}")).json()
                assert shown["status"] == ("cancelled" if is_cancelled else "shipped")
                assert await stock_of(shop, product) == [1 if is_cancelled else 0]


async def test_a_cancellation_counts_once_however_often_it_is_sent(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=3)
    async with await customer(app) as shopper:
        await add(shopper, product, 3)
        number = (await order(shopper)).json()["number"]

        answers = await asyncio.gather(
            *(shopper.post(f"/api/v1/orders/{number}/cancel") for _ in range(4))
        )

        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert await stock_of(shop, product) == [3]


async def test_two_processes_share_the_last_pieces_and_the_numbers(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=6)
    second = create_app(shop.settings)
    async with second.test_app():
        shoppers = [await customer(each) for each in (app, second) for _ in range(6)]
        for shopper in shoppers:
            assert (await add(shopper, product)).status_code == 201

        answers = await asyncio.gather(*(order(shopper) for shopper in shoppers))

        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [201] * 6 + [409] * 6
        numbers = await all_numbers(shop)
        assert numbers == list(range(1, len(numbers) + 1))
        assert await stock_of(shop, product) == [0]
        for shopper in shoppers:
            await shopper.aclose()


async def test_one_key_in_two_processes_is_one_order(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop)
    second = create_app(shop.settings)
    async with (
        second.test_app(),
        await customer(app) as here,
        browser(second, headers=dict(here.headers)) as there,
    ):
        await add(here, product)

        answers = await asyncio.gather(*(order(tab, "both") for tab in (here, there) * 3))

        assert [answer.status_code for answer in answers] == [201] * 6
        assert len({answer.json()["number"] for answer in answers}) == 1
    assert await stock_of(shop, product) == [9]
