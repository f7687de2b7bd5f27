"""Orders as programs see them."""

from typing import Any

import httpx
import pytest
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


async def order(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.post("/api/v1/orders", json={"delivery_address": ADDRESS, **body})


async def last_number(shop: Shop) -> int:
    counter = await shop.database["counters"].find_one({"_id": "orders"})
    return int(counter["last"]) if counter else 0


async def test_an_order_copies_the_cart_takes_the_stock_and_empties_the_cart(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Kite", price=2500, stock=5, sizes="SM")
    before = await last_number(shop)
    async with await customer(app) as shopper:
        await add(shopper, product, 2)

        answer = await order(shopper, total=5490)

        assert answer.status_code == 201
        number = before + 1
        assert answer.headers["Location"] == f"/api/v1/orders/{number}"
        placed = answer.json()
        assert placed == {
            "number": number,
            "email": shopper.email,
            "status": "generated",
            "items": [
                {
                    "product_id": product.id,
                    "sku": product.variants[0].sku,
                    "options": {"size": "S"},
                    "name": "Kite",
                    "description": "A kite to keep.",
                    "photo": None,
                    "unit_price": 2500,
                    "quantity": 2,
                    "line_total": 5000,
                }
            ],
            "subtotal": 5000,
            "shipping": 490,
            "tax_included": 953,
            "total": 5490,
            "currency": "EUR",
            "delivery_address": WHOLE_ADDRESS,
            "payment_instructions": shop.settings.shop.payment_instructions_in("en"),
            "created_at": placed["created_at"],
            "history": [{"status": "generated", "at": placed["created_at"], "by": "Ana García"}],
        }
        assert await stock_of(shop, product) == [3, 5]
        shown = (await shopper.get(f"/api/v1/orders/{number}")).json()
        assert shown == placed
        cart = await cart_of(shopper)
        assert (cart["items"], cart["delivery_address"]) == ([], WHOLE_ADDRESS)


async def test_the_order_speaks_the_shoppers_language_and_stays_as_it_was(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Taza")
    async with await customer(app) as shopper:
        await add(shopper, product)
        placed = await shopper.post(
            "/api/v1/orders",
            json={"delivery_address": ADDRESS},
            headers={"Accept-Language": "es"},
        )
        await reprice(shop, product, 1)

        shown = (await shopper.get(f"/api/v1/orders/{placed.json()['number']}")).json()
        assert shown["items"][0]["name"] == "Taza (es)"
        assert shown["items"][0]["description"] == "Para quedársela."
        assert shown["items"][0]["unit_price"] == 1999


async def test_an_order_writes_one_mail_to_the_customer_and_one_to_the_shop(
    app: Quart, shop: Shop
) -> None:
    async with await customer(app) as shopper:
        await add(shopper, await put_on_shelf(shop, name="Oar"))
        number = (await order(shopper)).json()["number"]

    mails = await shop.database["outbox"].find({"context.order.number": number}).to_list(9)
    assert {(mail["kind"], mail["to"]) for mail in mails} == {
        ("order", shopper.email),
        ("order_notice", shop.settings.mail.notify),
    }
    assert mails[0]["context"]["order"]["items"] == [
        {"name": "Oar", "options": {}, "unit_price": 1999, "quantity": 1, "line_total": 1999}
    ]


async def test_without_a_body_the_carts_address_is_taken(app: Quart, shop: Shop) -> None:
    async with await customer(app) as shopper:
        await add(shopper, await put_on_shelf(shop))
        await shopper.put("/api/v1/cart/delivery-address", json=ADDRESS)

        answer = await shopper.post("/api/v1/orders")

        assert answer.status_code == 201
        assert answer.json()["delivery_address"] == WHOLE_ADDRESS


async def test_refusals_have_names_and_leave_everything_as_it_was(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Bell", price=1000, stock=3)
    number = await last_number(shop)
    async with await customer(app) as shopper:
        empty = await order(shopper)
        await add(shopper, product, 3)
        homeless = await shopper.post("/api/v1/orders")
        surprised = await order(shopper, total=3000)
        await set_stock(shop, product, 2)
        short = await order(shopper)
        before = await cart_of(shopper)

        assert [
            (each.status_code, each.json()["type"]) for each in (empty, homeless, surprised, short)
        ] == [
            (409, "/problems/empty-cart"),
            (409, "/problems/no-address"),
            (409, "/problems/price-changed"),
            (409, "/problems/out-of-stock"),
        ]
        assert surprised.json()["detail"] == (
            "The total is €34.90 now; it was €30.00 when you saw it. Nothing was ordered."
        )
        assert short.json()["items"] == [
            {
                "product_id": product.id,
                "sku": product.variants[0].sku,
                "name": "Bell",
                "quantity": 3,
                "available": 2,
            }
        ]
        assert [item["quantity"] for item in before["items"]] == [3]
    assert await stock_of(shop, product) == [2]
    assert await last_number(shop) == number
    assert await shop.database["outbox"].count_documents({"to": shopper.email}) == 0


async def test_the_same_key_again_gives_the_same_order(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=9)
    async with await customer(app) as shopper, await customer(app) as other:
        key = {"Idempotency-Key": "once"}
        await add(shopper, product)
        first = await shopper.post(
            "/api/v1/orders", json={"delivery_address": ADDRESS}, headers=key
        )
        again = await shopper.post("/api/v1/orders", headers=key)
        await add(shopper, product)
        later = await shopper.post("/api/v1/orders", headers=key)
        await add(other, product)
        others = await other.post("/api/v1/orders", json={"delivery_address": ADDRESS}, headers=key)

        assert first.status_code == again.status_code == later.status_code == 201
        assert first.json() == again.json() == later.json()
        assert others.json()["number"] == first.json()["number"] + 1
        assert len((await cart_of(shopper))["items"]) == 1
    assert await stock_of(shop, product) == [7]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"total": "5"}, "total"),
        ({"total": -1}, "total"),
        ({"total": True}, "total"),
        ({"delivery_address": {**ADDRESS, "city": ""}}, "delivery_address.city"),
        ({"delivery_address": "home"}, "delivery_address"),
    ],
)
async def test_a_body_that_cannot_be_right_is_refused_at_its_field(
    app: Quart, shop: Shop, body: dict[str, object], field: str
) -> None:
    async with await customer(app) as shopper:
        answer = await shopper.post("/api/v1/orders", json=body)

        assert answer.status_code == 422
        assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_a_key_of_more_than_200_characters_is_refused(app: Quart) -> None:
    async with await customer(app) as shopper:
        answer = await shopper.post("/api/v1/orders", headers={"Idempotency-Key": "k" * 201})

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_guests_have_no_orders_and_customers_no_staff_rights(
    app: Quart, client: httpx.AsyncClient
) -> None:
    for method, path in (
        ("POST", "/api/v1/orders"),
        ("GET", "/api/v1/orders?limit=x"),
        ("GET", "/api/v1/orders/x"),
        ("POST", "/api/v1/orders/1/cancel"),
        ("PATCH", "/api/v1/orders/x"),
    ):
        assert (await client.request(method, path, content=b"{")).status_code == 401, path
    async with await customer(app) as shopper:
        answer = await shopper.patch("/api/v1/orders/1", content=b"{")
        assert answer.json()["type"] == "/problems/forbidden"


async def test_anothers_order_is_not_found(app: Quart, shop: Shop) -> None:
    async with await customer(app) as owner, await customer(app) as other:
        await add(owner, await put_on_shelf(shop))
        number = (await order(owner)).json()["number"]

        for text in (number, 10**9, 0, "01", "x", "9" * 40):
            shown = await other.get(f"/api/v1/orders/{text}")
            cancelled = await other.post(f"/api/v1/orders/{text}/cancel")
            assert (shown.status_code, cancelled.status_code) == (404, 404)
            assert shown.json()["type"] == "/problems/not-found"
        assert (await owner.get(f"/api/v1/orders/{number}")).json()["status"] == "generated"


async def test_cancelling_puts_the_stock_back_and_tells_the_customer_once(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, stock=5)
    async with await customer(app) as shopper:
        await add(shopper, product, 2)
        number = (await order(shopper)).json()["number"]

        first = await shopper.post(f"/api/v1/orders/{number}/cancel")
        second = await shopper.post(f"/api/v1/orders/{number}/cancel")

        assert first.status_code == 200
        assert [step["status"] for step in first.json()["history"]] == ["generated", "cancelled"]
        assert first.json()["history"][1]["by"] == "Ana García"
        assert (second.status_code, second.json()["type"]) == (409, "/problems/conflict")
    assert await stock_of(shop, product) == [5]
    kinds = [
        mail["kind"]
        async for mail in shop.database["outbox"].find({"to": shopper.email}, {"kind": 1})
    ]
    assert sorted(kinds) == ["order", "order_cancelled"]


async def test_staff_take_an_order_step_by_step_and_no_other_way(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop)
    async with await customer(app) as shopper, await customer(app, role=Role.STAFF) as staff:
        await add(shopper, product)
        number = (await order(shopper)).json()["number"]

        async def step(status: object) -> int:
            answer = await staff.patch(f"/api/v1/orders/{number}", json={"status": status})
            return answer.status_code

        steps = ["shipped", "generated", "paid", "delivered", "shipped", "cancelled", "delivered"]
        assert [await step(each) for each in steps] == [409, 409, 200, 409, 200, 409, 200]
        assert [await step(each) for each in ("lost", None, 1)] == [422] * 3
        shown = (await shopper.get(f"/api/v1/orders/{number}")).json()
        assert [each["status"] for each in shown["history"]] == [
            *("generated", "paid", "shipped", "delivered")
        ]
        assert (
            await staff.patch("/api/v1/orders/999999", json={"status": "paid"})
        ).status_code == (404)
    assert await stock_of(shop, product) == [9]


async def test_customers_list_their_own_orders_page_by_page(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=50)
    numbers = []
    async with await customer(app) as shopper, await customer(app) as other:
        for client in (shopper, other, shopper, shopper):
            await add(client, product)
            placed = (await order(client)).json()
            if client is shopper:
                numbers.insert(0, placed["number"])

        first = (await shopper.get("/api/v1/orders?limit=2")).json()
        rest = (await shopper.get(f"/api/v1/orders?limit=2&after={first['next']}")).json()
        foreign = (await shopper.get(f"/api/v1/orders?email={other.email}")).json()

        assert [each["number"] for each in first["items"] + rest["items"]] == numbers
        assert first["next"] == str(numbers[1])
        assert rest["next"] is None
        assert [each["number"] for each in foreign["items"]] == numbers
        for query in ("limit=0", "limit=101", "limit=x", "after=x", "status=lost"):
            assert (await shopper.get(f"/api/v1/orders?{query}")).status_code == 422, query


async def test_staff_list_everybodys_orders_by_customer_and_status(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=50)
    async with await customer(app) as shopper, await customer(app, role=Role.ADMIN) as staff:
        numbers = []
        for _ in range(5):
            await add(shopper, product)
            numbers.insert(0, (await order(shopper)).json()["number"])
        await shopper.post(f"/api/v1/orders/{numbers[3]}/cancel")

        async def listed(query: str) -> list[int]:
            answer = await staff.get(f"/api/v1/orders?{query}")
            assert answer.status_code == 200
            return [each["number"] for each in answer.json()["items"]]

        assert await listed("limit=3") == numbers[:3]
        assert await listed(f"limit=2&after={numbers[2]}") == numbers[3:]
        assert await listed(f"email={shopper.email.upper()}&status=cancelled") == [numbers[3]]
        assert (await listed("status=cancelled"))[0] == numbers[3]
        assert await listed("email=nobody@example.com") == []
        assert len(await listed("limit=100")) == min(100, await last_number(shop))
        assert (await staff.get(f"/api/v1/orders/{numbers[0]}")).status_code == 200
