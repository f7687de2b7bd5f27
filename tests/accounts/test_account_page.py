"""The account page: profile, password and saved addresses."""

import asyncio
import re

import httpx
import pytest
from quart import Quart

from storefront.shop import Shop
from tests.accounts.people import registered, sign_in
from tests.conftest import PASSWORD, browser

ADDRESS = {
    "recipient": "Ana García",
    "line1": "Calle Mayor 1",
    "city": "Madrid",
    "postal_code": "28013",
    "country": "ES",
}


async def test_name_and_phone_are_changed(app: Quart) -> None:
    customer, email = await registered(app)

    answer = await customer.post(
        "/account",
        data={"_method": "PATCH", "full_name": "Ana Pérez", "phone": "+49 30 901820"},
    )

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/account"
    account = (await customer.get("/api/v1/account")).json()
    assert account["full_name"] == "Ana Pérez"
    assert account["phone"] == "+4930901820"
    assert account["email"] == email
    page = (await customer.get("/account")).text
    assert "Saved." in page
    assert "<strong>Ana Pérez</strong>" in page


@pytest.mark.parametrize("changes", [{"phone": "12"}, {"full_name": " "}])
async def test_a_rejected_profile_changes_nothing(app: Quart, changes: dict[str, str]) -> None:
    customer, _ = await registered(app)
    before = (await customer.get("/api/v1/account")).json()

    answer = await customer.post(
        "/account", data={"_method": "PATCH", "full_name": "Eva", "phone": "600123456", **changes}
    )

    assert answer.status_code == 422
    (field,) = changes
    assert f'id="profile-{field}-error"' in answer.text
    assert (await customer.get("/api/v1/account")).json() == before


async def test_nobody_makes_themselves_staff(app: Quart) -> None:
    customer, _ = await registered(app)

    await customer.post(
        "/account",
        data={"_method": "PATCH", "full_name": "Eva", "phone": "600123456", "role": "admin"},
    )
    await customer.patch("/api/v1/account", json={"role": "admin", "verified": True})

    account = (await customer.get("/api/v1/account")).json()
    assert (account["role"], account["verified"]) == ("customer", False)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("current_password", {"current_password": "not mine at all"}),
        ("current_password", {"current_password": ""}),
        ("password", {"password": "short", "password_confirmation": "short"}),
        ("password", {"password": "Ana García", "password_confirmation": "Ana García"}),
        ("password_confirmation", {"password_confirmation": "something else"}),
    ],
)
async def test_a_rejected_password_change_changes_nothing(
    app: Quart, field: str, changes: dict[str, str]
) -> None:
    customer, email = await registered(app)
    form = {
        "current_password": PASSWORD,
        "password": "a brand new password",
        "password_confirmation": "a brand new password",
        **changes,
    }

    answer = await customer.post("/account/password", data=form)

    assert answer.status_code == 422
    assert f'id="password-{field}-error"' in answer.text
    assert PASSWORD not in answer.text
    async with browser(app) as guest:
        assert (await sign_in(guest, email, PASSWORD)).status_code == 303


async def test_addresses_are_kept_and_removed(app: Quart, shop: Shop) -> None:
    customer, email = await registered(app)

    for city in ("Madrid", "Sevilla", "Bilbao"):
        answer = await customer.post("/account/addresses", data={**ADDRESS, "city": city})
        assert answer.status_code == 303
    removal = removals(await customer.get("/account"))[1]
    for _click in range(2):
        assert (await customer.post(removal, data={"_method": "DELETE"})).status_code == 303

    stored = await shop.database["users"].find_one({"email": email})
    assert [address["city"] for address in stored["addresses"]] == ["Madrid", "Bilbao"]
    page = (await customer.get("/account")).text
    assert "28013 Bilbao" in page
    assert "Sevilla" not in page


async def test_an_address_that_is_saved_twice_is_kept_once(app: Quart, shop: Shop) -> None:
    customer, email = await registered(app)

    for _click in range(2):
        assert (await customer.post("/account/addresses", data=ADDRESS)).status_code == 303

    stored = await shop.database["users"].find_one({"email": email})
    assert len(stored["addresses"]) == 1


def removals(page: httpx.Response) -> list[str]:
    """Where each saved address is removed, in their order."""
    return re.findall(r'action="(/account/addresses/\w+)"', page.text)


async def test_a_rejected_address_is_shown_again(app: Quart, shop: Shop) -> None:
    customer, email = await registered(app)

    answer = await customer.post("/account/addresses", data={**ADDRESS, "country": "XX"})

    assert answer.status_code == 422
    assert 'id="a-country-error"' in answer.text
    assert 'value="Calle Mayor 1"' in answer.text
    stored = await shop.database["users"].find_one({"email": email})
    assert stored["addresses"] == []


async def test_ten_addresses_are_the_most_also_when_they_come_at_once(
    app: Quart, shop: Shop
) -> None:
    customer, email = await registered(app)

    answers = await asyncio.gather(
        *(
            customer.post("/account/addresses", data={**ADDRESS, "line1": f"Calle {number}"})
            for number in range(14)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [303] * 10 + [409] * 4
    stored = await shop.database["users"].find_one({"email": email})
    assert len(stored["addresses"]) == 10
