"""What makes no sense is refused as such, whoever sends it: never a failure of ours."""

import base64
import json

import httpx
import pytest
from quart import Quart

from storefront.accounts.model import Role
from storefront.shop import Shop
from tests.carts.shelves import customer
from tests.catalogue.goods import product, sell

DIGITS = "9" * 5_000


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
    assert (await shopper.delete(f"/account/addresses/{DIGITS}")).status_code == 404
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
