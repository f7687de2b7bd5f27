"""A guest's cart and its customer's become one."""

import asyncio

from quart import Quart

from storefront.carts import service
from storefront.shop import Shop
from tests.carts.shelves import add, cart_of, customer, guest_cart_id, put_on_shelf, set_stock
from tests.conftest import PASSWORD, browser


async def test_signing_in_brings_the_guests_lines_along_once(app: Quart, shop: Shop) -> None:
    both, only_guest = await put_on_shelf(shop, stock=10), await put_on_shelf(shop)
    async with await customer(app) as known, browser(app) as guest:
        await add(known, both, 2)
        await add(guest, both, 3)
        await add(guest, only_guest, 1)

        answer = await guest.post(
            "/api/v1/auth/login", json={"email": known.email, "password": PASSWORD}
        )
        assert answer.status_code == 200

        assert {
            item["product_id"]: item["quantity"] for item in (await cart_of(known))["items"]
        } == {both.id: 5, only_guest.id: 1}
        assert "cart" not in guest.cookies


async def test_joining_twice_is_joining_once(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop)
    async with await customer(app) as known, browser(app) as guest:
        await add(guest, product, 2)
        cart_id = guest_cart_id(shop, guest)

        outcomes = await asyncio.gather(
            *(
                service.join_guest_cart(shop, cart_id, user_id=known.user_id, email=known.email)
                for _ in range(4)
            )
        )

        assert sorted(outcome.joined for outcome in outcomes) == [False, False, False, True]
        assert [item["quantity"] for item in (await cart_of(known))["items"]] == [2]
        assert (await cart_of(guest))["items"] == []


async def test_the_joined_cart_never_exceeds_the_stock_and_says_what_was_cut(
    app: Quart, shop: Shop
) -> None:
    scarce = await put_on_shelf(shop, name="Lamp", stock=4)
    sold_out = await put_on_shelf(shop, name="Rope", stock=4)
    async with await customer(app) as known, browser(app) as guest:
        await add(known, scarce, 3)
        await add(guest, scarce, 3)
        await add(guest, sold_out, 1)
        await set_stock(shop, sold_out, 0)

        joined = await service.join_guest_cart(
            shop, guest_cart_id(shop, guest), user_id=known.user_id, email=known.email
        )

        assert joined == service.Joined(joined=True, reduced=("Lamp", "Rope"))
        assert [
            (item["product_id"], item["quantity"]) for item in (await cart_of(known))["items"]
        ] == [(scarce.id, 4)]


async def test_an_unknown_guest_cart_changes_nothing(app: Quart, shop: Shop) -> None:
    async with await customer(app) as known:
        await add(known, await put_on_shelf(shop))
        before = await cart_of(known)

        for cart_id in ("f" * 24, "no id", known.user_id):
            joined = await service.join_guest_cart(
                shop, cart_id, user_id=known.user_id, email=known.email
            )
            assert joined == service.Joined(joined=False)
        assert await cart_of(known) == before
