"""The cart as programs see it."""

import asyncio

import httpx
import pytest
from quart import Quart

from storefront.shop import Shop
from tests.carts.shelves import (
    ADDRESS,
    WHOLE_ADDRESS,
    add,
    cart_of,
    customer,
    put_on_shelf,
    set_stock,
    withdraw,
)
from tests.conftest import browser


async def test_a_guest_without_a_cookie_has_an_empty_cart(client: httpx.AsyncClient) -> None:
    assert await cart_of(client) == {
        "email": None,
        "items": [],
        "subtotal": 0,
        "shipping": 0,
        "total": 0,
        "currency": "EUR",
        "delivery_address": None,
        "created_at": None,
        "updated_at": None,
    }


async def test_adding_answers_201_with_the_whole_cart_and_sets_the_cookie(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Cup", price=1500, sizes="SM")

    answer = await client.post(
        "/api/v1/cart",
        json={"product_id": product.id, "sku": product.variants[1].sku, "quantity": 2},
    )

    assert answer.status_code == 201
    assert "cart=" in answer.headers["Set-Cookie"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    cart = answer.json()
    (item,) = cart["items"]
    assert len(item["id"]) == 24
    assert item == {
        "id": item["id"],
        "product_id": product.id,
        "sku": product.variants[1].sku,
        "options": {"size": "M"},
        "name": "Cup",
        "photo": None,
        "unit_price": 1500,
        "quantity": 2,
        "line_total": 3000,
        "available": 10,
    }
    assert (cart["subtotal"], cart["shipping"], cart["total"]) == (3000, 490, 3490)
    assert cart["created_at"].endswith("Z")
    assert await cart_of(client) == cart


async def test_adding_the_same_again_raises_the_line(client: httpx.AsyncClient, shop: Shop) -> None:
    product = await put_on_shelf(shop)
    first = (await add(client, product, 2)).json()
    second = (await add(client, product, 3)).json()

    assert [item["quantity"] for item in second["items"]] == [5]
    assert second["items"][0]["id"] == first["items"][0]["id"]


async def test_variants_have_lines_of_their_own(client: httpx.AsyncClient, shop: Shop) -> None:
    product = await put_on_shelf(shop, sizes="SM")
    for variant in product.variants:
        await client.post(
            "/api/v1/cart", json={"product_id": product.id, "sku": variant.sku, "quantity": 1}
        )

    items = (await cart_of(client))["items"]
    assert [item["options"] for item in items] == [{"size": "S"}, {"size": "M"}]


async def test_adding_more_than_the_stock_leaves_the_cart_unchanged(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Map", stock=3)
    await add(client, product, 2)
    before = await cart_of(client)

    answer = await add(client, product, 2)

    assert answer.status_code == 409
    problem = answer.json()
    assert problem["type"] == "/problems/out-of-stock"
    assert problem["detail"] == "Only 3 pieces of Map are left. 2 are in the cart already."
    assert problem["items"] == [
        {
            "product_id": product.id,
            "sku": product.variants[0].sku,
            "name": "Map",
            "quantity": 4,
            "available": 3,
        }
    ]
    assert await cart_of(client) == before


@pytest.mark.parametrize("quantity", [0, -1, 1.5, 2.0, "2", True, None, [], 10**30])
async def test_a_quantity_that_is_no_whole_number_from_1_or_beyond_all_stock_is_refused(
    client: httpx.AsyncClient, shop: Shop, quantity: object
) -> None:
    product = await put_on_shelf(shop)
    line = (await add(client, product)).json()["items"][0]["id"]
    before = await cart_of(client)

    added = await client.post("/api/v1/cart", json={"product_id": product.id, "quantity": quantity})
    changed = await client.put(f"/api/v1/cart/{line}", json={"quantity": quantity})

    expected = 409 if quantity == 10**30 else 422
    assert (added.status_code, changed.status_code) == (expected, expected)
    if expected == 422:
        assert [each["field"] for each in added.json()["errors"]] == ["quantity"]
        assert [each["field"] for each in changed.json()["errors"]] == ["quantity"]
    assert await cart_of(client) == before


async def test_a_product_with_options_needs_a_sku_of_its_own(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    product = await put_on_shelf(shop, sizes="SM")
    for body in ({}, {"sku": ""}, {"sku": None}, {"sku": "unknown"}, {"sku": 5}):
        answer = await client.post(
            "/api/v1/cart", json={"product_id": product.id, "quantity": 1, **body}
        )
        assert answer.status_code == 422, body
        assert [each["field"] for each in answer.json()["errors"]] == ["sku"]
    assert (await cart_of(client))["items"] == []


async def test_a_product_without_options_needs_none(client: httpx.AsyncClient, shop: Shop) -> None:
    product = await put_on_shelf(shop)
    answer = await client.post("/api/v1/cart", json={"product_id": product.id, "quantity": 1})

    assert answer.status_code == 201
    assert answer.json()["items"][0]["sku"] == product.variants[0].sku


@pytest.mark.parametrize("product_id", ["f" * 24, "no-id", "", "F" * 24, "../x"])
async def test_an_unknown_product_is_product_not_found(
    client: httpx.AsyncClient, product_id: str
) -> None:
    answer = await client.post("/api/v1/cart", json={"product_id": product_id, "quantity": 1})

    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/product-not-found"


async def test_bodies_that_are_no_json_object_are_refused(client: httpx.AsyncClient) -> None:
    json = {"Content-Type": "application/json"}
    broken = await client.post("/api/v1/cart", content=b"{", headers=json)
    listed = await client.post("/api/v1/cart", json=[1])
    form = await client.post("/api/v1/cart", data={"quantity": "1"})

    assert (broken.status_code, listed.status_code, form.status_code) == (422, 422, 415)


async def test_a_line_is_changed_by_its_id(client: httpx.AsyncClient, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=4)
    line = (await add(client, product)).json()["items"][0]["id"]

    changed = await client.put(f"/api/v1/cart/{line}", json={"quantity": 4})
    refused = await client.put(f"/api/v1/cart/{line}", json={"quantity": 5})

    assert changed.status_code == 200
    assert changed.json()["items"][0]["quantity"] == 4
    assert refused.status_code == 409
    assert refused.json()["items"][0]["available"] == 4
    assert (await cart_of(client))["items"][0]["quantity"] == 4


async def test_lines_go_one_by_one_or_all_together(client: httpx.AsyncClient, shop: Shop) -> None:
    first, second = await put_on_shelf(shop), await put_on_shelf(shop)
    await add(client, first)
    items = (await add(client, second)).json()["items"]

    gone = await client.delete(f"/api/v1/cart/{items[0]['id']}")
    left = await cart_of(client)
    cleared = await client.delete("/api/v1/cart")

    assert (gone.status_code, gone.content) == (204, b"")
    assert [item["product_id"] for item in left["items"]] == [second.id]
    assert (cleared.status_code, cleared.content) == (204, b"")
    assert (await cart_of(client))["items"] == []


async def test_an_unknown_line_is_not_found(
    app: Quart, client: httpx.AsyncClient, shop: Shop
) -> None:
    product = await put_on_shelf(shop)
    async with browser(app) as other:
        foreign = (await add(other, product)).json()["items"][0]["id"]
        await add(client, product)
        for line in ("f" * 24, "x", foreign):
            for answer in (
                await client.put(f"/api/v1/cart/{line}", json={"quantity": 2}),
                await client.delete(f"/api/v1/cart/{line}"),
            ):
                assert answer.status_code == 404
                assert answer.json()["type"] == "/problems/not-found"
        assert (await cart_of(other))["items"][0]["quantity"] == 1
    assert (await cart_of(client))["items"][0]["quantity"] == 1


async def test_a_forged_cookie_opens_nobodys_cart(
    app: Quart, client: httpx.AsyncClient, shop: Shop
) -> None:
    await add(client, await put_on_shelf(shop))
    (stored,) = await shop.database["cart"].find({"items.0.quantity": 1}).to_list(1)
    async with browser(app, cookies={"cart": str(stored["_id"])}) as thief:
        assert (await cart_of(thief))["items"] == []


async def test_what_is_sold_out_or_gone_stays_visible_with_nothing_available(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    scarce, withdrawn = await put_on_shelf(shop, name="Globe"), await put_on_shelf(shop, name="Pin")
    await add(client, scarce, 2)
    await add(client, withdrawn, 3)
    await set_stock(shop, scarce, 1)
    await withdraw(shop, withdrawn)

    short, gone = (await cart_of(client))["items"]

    assert (short["name"], short["quantity"], short["available"]) == ("Globe", 2, 1)
    assert (gone["name"], gone["unit_price"], gone["available"]) == ("Pin", 1999, 0)
    refused = await client.put(f"/api/v1/cart/{gone['id']}", json={"quantity": 1})
    assert refused.status_code == 409
    assert (await client.delete(f"/api/v1/cart/{gone['id']}")).status_code == 204


async def test_at_most_a_hundred_lines(client: httpx.AsyncClient, shop: Shop) -> None:
    sizes = [chr(ord("a") + number) for number in range(26)]
    products = [await put_on_shelf(shop, sizes="".join(sizes)) for _ in range(4)]
    lines = [(product.id, variant.sku) for product in products for variant in product.variants]
    statuses = [
        (
            await client.post(
                "/api/v1/cart", json={"product_id": product_id, "sku": sku, "quantity": 1}
            )
        ).status_code
        for product_id, sku in lines[:101]
    ]

    assert statuses == [201] * 100 + [409]
    again = await client.post(
        "/api/v1/cart", json={"product_id": lines[0][0], "sku": lines[0][1], "quantity": 1}
    )
    assert again.status_code == 201
    assert len(again.json()["items"]) == 100


async def test_ten_simultaneous_adds_from_two_tabs_all_count(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=100)
    async with await customer(app) as first_tab:
        async with browser(app, headers=dict(first_tab.headers)) as second_tab:
            answers = await asyncio.gather(
                *(add(tab, product) for tab in (first_tab, second_tab) for _ in range(5))
            )

        assert [answer.status_code for answer in answers] == [201] * 10
        assert [item["quantity"] for item in (await cart_of(first_tab))["items"]] == [10]


async def test_simultaneous_adds_stop_at_the_stock(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=7)
    async with await customer(app) as shopper:
        answers = await asyncio.gather(*(add(shopper, product) for _ in range(10)))

        assert sorted(answer.status_code for answer in answers) == [201] * 7 + [409] * 3
        assert [item["quantity"] for item in (await cart_of(shopper))["items"]] == [7]


async def test_a_customer_sets_the_delivery_address(app: Quart, shop: Shop) -> None:
    async with await customer(app) as shopper:
        answer = await shopper.put(
            "/api/v1/cart/delivery-address",
            json={**ADDRESS, "recipient": "  Ana   García ", "country": "es", "phone": None},
        )

        assert answer.status_code == 200
        assert answer.json()["delivery_address"] == WHOLE_ADDRESS
        assert answer.json()["email"] == shopper.email
        await add(shopper, await put_on_shelf(shop))
        await shopper.delete("/api/v1/cart")
        assert (await cart_of(shopper))["delivery_address"] == WHOLE_ADDRESS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipient", ""),
        ("recipient", "x" * 101),
        ("line1", "   "),
        ("city", None),
        ("postal_code", "1" * 21),
        ("country", "XX"),
        ("country", "Spain"),
        ("country", ""),
        ("phone", "call me"),
        ("line2", 5),
    ],
)
async def test_an_address_that_cannot_be_right_is_refused_at_its_field(
    app: Quart, field: str, value: object
) -> None:
    async with await customer(app) as shopper:
        answer = await shopper.put("/api/v1/cart/delivery-address", json={**ADDRESS, field: value})

        assert answer.status_code == 422
        assert [each["field"] for each in answer.json()["errors"]] == [field]
        assert (await cart_of(shopper))["delivery_address"] is None


async def test_a_guest_may_not_set_an_address_whatever_it_is(client: httpx.AsyncClient) -> None:
    answer = await client.put("/api/v1/cart/delivery-address", json={"recipient": 5})

    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/unauthenticated"


async def test_the_cart_speaks_the_requests_language(client: httpx.AsyncClient, shop: Shop) -> None:
    await add(client, await put_on_shelf(shop, name="Taza"))

    answer = await client.get("/api/v1/cart", headers={"Accept-Language": "es"})

    assert answer.json()["items"][0]["name"] == "Taza (es)"
