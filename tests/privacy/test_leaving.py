"""Data of one's own, and the end of an account."""

from typing import Any

import httpx
import pytest
from quart import Quart

from storefront.accounts.model import Role
from storefront.shop import Shop
from tests.accounts.people import registered, sign_in, who
from tests.carts.shelves import ADDRESS, add, put_on_shelf
from tests.conftest import PASSWORD, browser
from tests.staff.people import staff, words_of

WRONG = "another long password"


async def shopper_with_everything(
    app: Quart, shop: Shop, *, status: str = "delivered"
) -> tuple[httpx.AsyncClient, str, int]:
    """A customer with an order, a cart, an address, a question and an answer."""
    product = await put_on_shelf(shop)
    shopper, email = await registered(app)
    await add(shopper, product)
    placed = await shopper.post("/api/v1/orders", json={"delivery_address": ADDRESS})
    number = placed.json()["number"]
    async with await staff(app) as office:
        for step in ("paid", "shipped", "delivered"):
            if status == "generated":
                break
            await office.patch(f"/api/v1/orders/{number}", json={"status": step})
        await shopper.post(f"/api/v1/chat/{email}", json={"body": "Where is Ana's parcel?"})
        await shopper.post("/api/v1/chat", json={"body": "I am Ana, by the way"})
        await office.post(f"/api/v1/chat/{email}", json={"body": "Dear Ana, on its way."})
    await add(shopper, product)
    await shopper.post("/account/addresses", data=ADDRESS)
    return shopper, email, number


async def everything(shop: Shop) -> dict[str, list[Any]]:
    names = await shop.database.collection_names()
    return {name: [each async for each in shop.database[name].find({})] for name in names}


@pytest.mark.parametrize("path", ["/account/data", "/api/v1/account/data"])
async def test_the_data_holds_all_parts(app: Quart, shop: Shop, path: str) -> None:
    shopper, email, number = await shopper_with_everything(app, shop)

    answer = await shopper.get(path)

    data = answer.json()
    assert answer.status_code == 200
    assert data["account"]["email"] == email
    assert [each["city"] for each in data["account"]["addresses"]] == ["Madrid"]
    assert [each["number"] for each in data["orders"]] == [number]
    assert data["orders"][0]["delivery_address"]["recipient"] == "Ana García"
    assert len(data["cart"]["items"]) == 1
    assert [each["body"] for each in data["messages"]] == [
        "Where is Ana's parcel?",
        "I am Ana, by the way",
        "Dear Ana, on its way.",
    ]
    assert "password" not in answer.text
    assert answer.headers["cache-control"] == "private, no-store"


async def test_the_page_gives_the_data_as_a_file(app: Quart, shop: Shop) -> None:
    shopper, _email = await registered(app)

    answer = await shopper.get("/account/data")

    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'


async def test_nothing_is_left_that_tells_who_it_was(app: Quart, shop: Shop) -> None:
    shopper, email, number = await shopper_with_everything(app, shop)
    user = await shop.database["users"].find_one({"email": email})
    said = [each["seq"] async for each in shop.database["messages"].find({"email": email})]

    answer = await shopper.request("DELETE", "/api/v1/account", json={"password": PASSWORD})

    assert answer.status_code == 204
    assert await who(shopper) is None
    left = await everything(shop)
    personal = {
        name: [each for each in documents if email in repr(each)]
        for name, documents in left.items()
        # Notices to the shop's own mailbox expire with the other mails.
        if name not in {"outbox", "sessions"}
    }
    assert {name: found for name, found in personal.items() if found} == {}
    assert not [each for each in left["outbox"] if each["to"] == email]
    kept = {name: found for name, found in left.items() if name not in {"sessions", "outbox"}}
    assert str(user["_id"]) not in repr(kept)
    messages = [each for each in left["messages"] if each["seq"] in said]
    assert len(messages) == 3
    assert [each["body"] for each in messages] == ["–"] * 3  # noqa: RUF001  (a dash)
    asked = [each for each in messages if each["type"] == "user"]
    assert "Ana" not in repr(asked)
    assert "Ana" not in repr([each["full_name"] for each in messages])
    order = await shop.database["orders"].find_one({"number": number})
    assert (order["total"], order["status"], len(order["items"])) == (2489, "delivered", 1)
    assert order["delivery_address"]["country"] == "ES"
    assert "Ana" not in repr(order)


async def test_the_books_are_as_before(app: Quart, shop: Shop) -> None:
    shopper, _email, number = await shopper_with_everything(app, shop)
    sales = [each async for each in shop.database["sales"].find({})]

    await shopper.request("DELETE", "/api/v1/account", json={"password": PASSWORD})

    assert [each async for each in shop.database["sales"].find({})] == sales
    async with await staff(app) as office:
        page = await office.get(f"/staff/orders/{number}")
        listed = await office.get("/api/v1/orders")
        chat = await office.get("/staff/chat")
    assert page.status_code == 200
    assert number in [each["number"] for each in listed.json()["items"]]
    assert chat.status_code == 200


async def test_a_wrong_password_changes_nothing(app: Quart, shop: Shop) -> None:
    shopper, email, _number = await shopper_with_everything(app, shop)

    by_api = await shopper.request("DELETE", "/api/v1/account", json={"password": WRONG})
    by_page = await shopper.post("/account", data={"_method": "DELETE", "password": WRONG})

    assert by_api.status_code == 422
    assert by_api.json()["errors"][0]["field"] == "password"
    assert by_page.status_code == 422
    assert "This is not your password." in words_of(by_page)
    assert WRONG not in by_page.text
    assert await who(shopper) == email


async def test_an_order_under_way_comes_first(app: Quart, shop: Shop) -> None:
    shopper, email, number = await shopper_with_everything(app, shop, status="generated")

    by_api = await shopper.request("DELETE", "/api/v1/account", json={"password": PASSWORD})
    by_page = await shopper.post("/account", data={"_method": "DELETE", "password": PASSWORD})

    assert by_api.status_code == 409
    assert f"Order {number} is under way" in words_of(by_page)
    assert await who(shopper) == email
    assert (await shop.database["orders"].find_one({"number": number}))["email"] == email
    assert len((await shopper.get("/api/v1/cart")).json()["items"]) == 1


async def test_who_registers_with_the_address_again_inherits_nothing(
    app: Quart, shop: Shop
) -> None:
    shopper, email, number = await shopper_with_everything(app, shop)
    page = await shopper.get("/account/leave")
    left = await shopper.post("/account", data={"_method": "DELETE", "password": PASSWORD})
    assert page.status_code == 200
    assert left.status_code == 303

    heir, _same = await registered(app, email=email)

    data = (await heir.get("/api/v1/account/data")).json()
    assert (data["orders"], data["messages"], data["cart"]["items"]) == ([], [], [])
    assert data["account"]["addresses"] == []
    assert (await heir.get(f"/api/v1/orders/{number}")).status_code == 404
    assert (await heir.get(f"/api/v1/chat/{email}")).json()["items"] == []


async def test_other_devices_are_signed_out(app: Quart, shop: Shop) -> None:
    shopper, email = await registered(app)
    async with browser(app) as phone:
        await sign_in(phone, email)
        await shopper.request("DELETE", "/api/v1/account", json={"password": PASSWORD})

        assert await who(phone) is None
        assert (await sign_in(phone, email)).status_code == 422


async def test_the_last_admin_stays(app: Quart, shop: Shop) -> None:
    await shop.database["users"].update_many({"role": "admin"}, {"$set": {"blocked": True}})
    admin, email = await registered(app)
    await shop.database["users"].update_one({"email": email}, {"$set": {"role": Role.ADMIN.value}})

    answer = await admin.request("DELETE", "/api/v1/account", json={"password": PASSWORD})

    assert answer.status_code == 409
    assert await who(admin) == email


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/account/data"),
        ("DELETE", "/api/v1/account"),
        ("GET", "/account/data"),
        ("GET", "/account/leave"),
    ],
)
async def test_guests_are_asked_to_sign_in(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == (401 if path.startswith("/api") else 303)
