"""What makes no sense is refused as such, whoever sends it: never a failure of ours."""

import base64
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from quart import Quart

from storefront.accounts.model import Role
from storefront.carts.model import Address
from storefront.shop import Shop
from tests.carts.shelves import customer
from tests.catalogue.goods import product, sell

DIGITS = "9" * 5_000
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("header", ["Origin", "Referer"])
@pytest.mark.parametrize("value", ["http://[", "http://[::1", "//", "http://user@shop.test"])
async def test_an_origin_that_is_no_address_is_another_site(
    client: httpx.AsyncClient, header: str, value: str
) -> None:
    answer = await client.post("/preferences", data={"theme": "dark"}, headers={header: value})

    assert answer.status_code == 403


async def test_numbers_beyond_all_bounds_are_no_numbers(
    app: Quart, shop: Shop, client: httpx.AsyncClient
) -> None:
    sold = product("Lantern")
    await sell(shop, sold)
    shopper, clerk = await customer(app), await customer(app, role=Role.STAFF)

    assert (await client.get(f"/images/{sold.id}?width={DIGITS}")).status_code in {200, 404}
    assert (await shopper.get(f"/orders/{DIGITS}")).status_code == 404
    for total in (int("9" * 30), 10**15 + 1, -1):
        answer = await shopper.post("/api/v1/orders", json={"total": total})
        assert answer.status_code == 422
        assert [each["field"] for each in answer.json()["errors"]] == ["total"]
    for version in ("9" * 30, DIGITS, "-1"):
        answer = await clerk.patch(
            f"/api/v1/products/{sold.id}",
            json={"name": "Stolen"},
            headers={"If-Match": f'"{version}"'},
        )
        assert answer.status_code == 412
    assert (await client.get(f"/api/v1/products/{sold.id}")).json()["name"] == "Lantern"


@pytest.mark.parametrize(
    "moment",
    ["9999-12-31T23:59:59.999999+00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00"],
)
async def test_a_place_outside_of_time_is_no_place_in_a_list(app: Quart, moment: str) -> None:
    admin = await customer(app, role=Role.ADMIN)
    place = base64.urlsafe_b64encode(json.dumps([moment, "x"]).encode()).decode().rstrip("=")

    for path in ("users", "errors", "mails"):
        answer = await admin.get(f"/api/v1/{path}", params={"after": place})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "after"


@pytest.mark.parametrize("path", ["/preferences", "/auth/login", "/cart", "/auth/password-reset"])
async def test_a_form_of_a_thousand_fields_is_too_large(
    client: httpx.AsyncClient, path: str
) -> None:
    many, long = "f=1&" * 1_000, f"email={'a' * 500_000}"

    async def in_pieces() -> AsyncIterator[bytes]:
        yield long.encode()

    for body in (many, long, in_pieces()):
        answer = await client.post(path, content=body, headers={"Content-Type": FORM})
        assert answer.status_code == 413


async def test_a_json_body_is_bounded_too(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/login", json={"email": "a" * 500_000})

    assert answer.status_code == 413
    assert answer.json()["type"] == "/problems/payload-too-large"


async def test_only_the_form_itself_names_another_method(app: Quart) -> None:
    shopper = await customer(app)
    address = {"recipient": "Ana", "line1": "1", "city": "Elx", "postal_code": "1", "country": "ES"}
    await shopper.post("/account/addresses", data=address)
    removal = f"/account/addresses/{Address(**address).key}"

    tried = [
        await shopper.get(removal, params={"_method": "DELETE"}),
        await shopper.post(removal, params={"_method": "DELETE"}),
        await shopper.post(removal, headers={"X-HTTP-Method-Override": "DELETE"}),
        await shopper.post(removal, json={"_method": "DELETE"}),
        await shopper.post(removal, data={"x_method": "DELETE"}),
        await shopper.post(removal, data={"_method": "TRACE"}),
    ]

    assert [answer.status_code for answer in tried] == [405] * 6
    assert "Elx" in (await shopper.get("/account")).text
    assert (await shopper.post(removal, data={"_method": "delete"})).status_code == 303
    assert "Elx" not in (await shopper.get("/account")).text
