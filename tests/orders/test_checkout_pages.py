"""Checkout and orders in a browser without JavaScript."""

import re

import httpx
from quart import Quart

from storefront.accounts.model import Role
from storefront.shop import Shop
from tests.carts.shelves import (
    ADDRESS,
    WHOLE_ADDRESS,
    add,
    cart_of,
    customer,
    put_on_shelf,
    reprice,
    set_stock,
    stock_of,
)


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, name
    return found[1]


async def checkout(client: httpx.AsyncClient) -> dict[str, str]:
    """The fields of the review's form as a browser would send them."""
    page = await client.get("/checkout")
    assert page.status_code == 200, page.text
    return {name: hidden(page, name) for name in ("idempotency_key", "total")}


async def test_a_guest_signs_in_before_checking_out(client: httpx.AsyncClient) -> None:
    answer = await client.get("/checkout")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/?next=/checkout"
    for path in ("/orders", "/orders/1"):
        assert (await client.get(path)).status_code == 303
    assert (await client.post("/orders")).status_code == 303


async def test_nothing_to_order_leads_to_the_cart(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=2)
    async with await customer(app) as shopper:
        assert (await shopper.get("/checkout")).headers["Location"] == "/cart"
        await add(shopper, product, 2)
        await set_stock(shop, product, 1)
        assert (await shopper.get("/checkout")).headers["Location"] == "/cart"


async def test_from_review_to_thanks_and_the_list(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Compass", price=3000, stock=2)
    async with await customer(app) as shopper:
        await add(shopper, product, 2)
        fields = await checkout(shopper)
        assert fields["total"] == "6000"

        placed = await shopper.post("/orders", data={**fields, **ADDRESS})

        assert placed.status_code == 303
        order = await shopper.get(placed.headers["Location"])
        number = placed.headers["Location"].removeprefix("/orders/")
        assert order.status_code == 200
        assert "Thank you. It is noted." in order.text
        assert "Compass" in order.text
        assert "Calle Mayor 1" in order.text
        again = await shopper.get(placed.headers["Location"])
        assert "Thank you. It is noted." not in again.text
        assert f"Order {number}" in (await shopper.get("/orders")).text
        assert (await cart_of(shopper))["delivery_address"] == WHOLE_ADDRESS
    assert await stock_of(shop, product) == [0]


async def test_a_double_click_is_one_order(app: Quart, shop: Shop) -> None:
    async with await customer(app) as shopper:
        await add(shopper, await put_on_shelf(shop))
        fields = {**await checkout(shopper), **ADDRESS}

        first, second = [await shopper.post("/orders", data=fields) for _ in range(2)]

        assert first.status_code == second.status_code == 303
        assert first.headers["Location"] == second.headers["Location"]


async def test_a_missing_address_is_asked_for_at_each_field(app: Quart, shop: Shop) -> None:
    async with await customer(app) as shopper:
        await add(shopper, await put_on_shelf(shop))
        fields = await checkout(shopper)

        nothing = await shopper.post("/orders", data={**fields, "country": "ES"})
        half = await shopper.post("/orders", data={**fields, **ADDRESS, "city": "", "line2": "3 B"})

        assert nothing.status_code == half.status_code == 422
        assert nothing.text.count("Please fill this in.</p>") == 4
        assert half.text.count("Please fill this in.</p>") == 1
        assert 'value="3 B"' in half.text
        assert hidden(half, "idempotency_key") == fields["idempotency_key"]
        assert len((await cart_of(shopper))["items"]) == 1
        assert "No order" in (await shopper.get("/orders")).text


async def test_the_first_parcel_is_for_who_orders(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=2)
    async with await customer(app) as shopper:
        await add(shopper, product)
        name = (await shopper.get("/api/v1/account")).json()["full_name"]
        recipient = re.compile(rf'<input[^>]*name="recipient"[^>]*value="{name}"')
        assert recipient.search((await shopper.get("/checkout")).text)
        await shopper.put("/api/v1/cart/delivery-address", json={**ADDRESS, "recipient": "Eva Luz"})
        assert not recipient.search((await shopper.get("/checkout")).text)


async def test_a_typed_address_goes_before_the_carts(app: Quart, shop: Shop) -> None:
    async with await customer(app) as shopper:
        await shopper.put("/api/v1/cart/delivery-address", json=ADDRESS)
        await add(shopper, await put_on_shelf(shop))
        fields = await checkout(shopper)

        placed = await shopper.post("/orders", data={**fields, **ADDRESS, "line1": "Gran Vía 5"})

        order = await shopper.get(f"/api/v1{placed.headers['Location']}")
        assert order.json()["delivery_address"]["line1"] == "Gran Vía 5"


async def test_a_changed_price_leads_back_to_the_cart_with_nothing_lost(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Sextant", price=1000)
    async with await customer(app) as shopper:
        await add(shopper, product)
        fields = await checkout(shopper)
        await reprice(shop, product, 1200)

        answer = await shopper.post("/orders", data={**fields, **ADDRESS})

        assert answer.status_code == 409
        assert "The total is €16.90 now; it was €14.90" in answer.text
        assert "Sextant costs €12.00 now; it was €10.00." in answer.text
        cart = await cart_of(shopper)
        assert (len(cart["items"]), cart["delivery_address"]) == (1, WHOLE_ADDRESS)
        assert (await shopper.post("/orders", data=await checkout(shopper))).status_code == 303


async def test_too_few_left_leads_back_to_the_cart_with_nothing_lost(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Anchor", stock=3)
    async with await customer(app) as shopper:
        await add(shopper, product, 3)
        fields = await checkout(shopper)
        await set_stock(shop, product, 2)

        answer = await shopper.post("/orders", data={**fields, **ADDRESS})

        assert answer.status_code == 409
        assert "Only 2 pieces of Anchor are left." in answer.text
        assert [item["quantity"] for item in (await cart_of(shopper))["items"]] == [3]


async def test_ordering_an_empty_cart_shows_it(app: Quart) -> None:
    async with await customer(app) as shopper:
        answer = await shopper.post("/orders", data={"idempotency_key": "x", **ADDRESS})

        assert answer.status_code == 409
        assert "Nothing in it yet" in answer.text


async def test_cancelling_shows_so_and_the_second_time_that_it_is_too_late(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, stock=1)
    async with await customer(app) as shopper:
        await add(shopper, product)
        placed = await shopper.post("/orders", data={**await checkout(shopper), **ADDRESS})
        path = placed.headers["Location"]

        cancelled = await shopper.post(f"{path}/cancel")
        shown = await shopper.get(path)
        late = await shopper.post(f"{path}/cancel")

        assert (cancelled.status_code, cancelled.headers["Location"]) == (303, path)
        assert "is cancelled." in shown.text
        assert late.status_code == 409
        assert "cannot take this step any more" in late.text
    assert await stock_of(shop, product) == [1]


async def test_the_same_again_as_far_as_there_is_stock(app: Quart, shop: Shop) -> None:
    plenty, scarce = await put_on_shelf(shop), await put_on_shelf(shop, name="Chart", stock=3)
    async with await customer(app) as shopper:
        await add(shopper, plenty, 2)
        await add(shopper, scarce, 2)
        placed = await shopper.post("/orders", data={**await checkout(shopper), **ADDRESS})

        again = await shopper.post(f"{placed.headers['Location']}/again")

        assert (again.status_code, again.headers["Location"]) == (303, "/cart")
        assert [
            (item["product_id"], item["quantity"]) for item in (await cart_of(shopper))["items"]
        ] == [(plenty.id, 2), (scarce.id, 1)]
        assert "Chart" in (await shopper.get("/orders")).text


async def test_pages_show_own_orders_only_to_staff_as_well(app: Quart, shop: Shop) -> None:
    async with await customer(app) as shopper, await customer(app, role=Role.STAFF) as staff:
        await add(shopper, await put_on_shelf(shop))
        placed = await shopper.post("/orders", data={**await checkout(shopper), **ADDRESS})
        path = placed.headers["Location"]

        assert (await staff.get(path)).status_code == 404
        assert (await staff.post(f"{path}/cancel")).status_code == 404
        assert (await staff.post(f"{path}/again")).status_code == 404
        assert (await shopper.get("/orders/999999")).status_code == 404
        assert "No order" in (await staff.get("/orders")).text
