"""Where staff must have a second factor, they are customers until they do."""

from typing import Any

import httpx
import pytest
from quart import Quart
from quart.testing import WebsocketResponseError

from storefront.shop import Shop
from tests.accounts.factors import HOME, api_login, set_up
from tests.accounts.people import registered, sign_in
from tests.conftest import PASSWORD, browser


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    return {"STOREFRONT_SESSION__STAFF_SECOND_FACTOR": "required"}


async def _newly_promoted(app: Quart, shop: Shop, role: str) -> tuple[httpx.AsyncClient, str]:
    _, email = await registered(app)
    await shop.database["users"].update_one({"email": email}, {"$set": {"role": role}})
    person = browser(app)
    await sign_in(person, email)
    return person, email


@pytest.mark.parametrize("role", ["staff", "admin"])
async def test_staff_without_one_are_led_to_set_it_up(app: Quart, shop: Shop, role: str) -> None:
    person, _ = await _newly_promoted(app, shop, role)
    for path in ("/staff", "/staff/orders", "/staff/users"):
        answer = await person.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, HOME)
    assert "Whoever works here needs a second factor" in (await person.get(HOME)).text
    assert 'href="/staff"' in (await person.get("/products")).text
    for path in ("/api/v1/config", "/api/v1/users", "/api/v1/conversations"):
        answer = await person.get(path)
        assert answer.status_code == 403
        assert "second factor" in answer.json()["detail"]
    made = await person.post("/api/v1/products", json={"name": "x"})
    assert made.status_code == 403

    await set_up(person)

    assert (await person.get("/staff")).status_code == 200
    opened = (await person.get("/api/v1/users")).status_code
    assert opened == (200 if role == "admin" else 403)


async def test_what_staff_share_with_customers_is_the_customers_part(
    app: Quart, shop: Shop
) -> None:
    person, _ = await _newly_promoted(app, shop, "admin")
    _, somebody = await registered(app)

    assert (await person.get("/api/v1/orders")).json()["items"] == []
    assert (await person.get(f"/chat/{somebody}")).status_code == 403
    async with app.test_client().websocket("/staff/chat", headers=_cookies(person)) as socket:
        with pytest.raises(WebsocketResponseError) as refused:
            await socket.receive()
    assert refused.value.response.status_code == 403


def _cookies(person: httpx.AsyncClient) -> Any:
    return {"Cookie": f"session={person.cookies['session']}"}


async def test_who_switches_it_off_is_out_again_in_every_session(app: Quart, shop: Shop) -> None:
    person, email = await _newly_promoted(app, shop, "staff")
    phone, codes = await set_up(person)
    async with browser(app) as program:
        token = (await api_login(program, email, codes[0])).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await program.get("/api/v1/config", headers=bearer)).status_code == 200

        form = {"current_password": PASSWORD, "code": phone.code(), "_method": "DELETE"}
        assert (await person.post(HOME, data=form)).headers["Location"] == "/account"

        assert (await program.get("/api/v1/config", headers=bearer)).status_code == 401
        assert (await person.get("/staff")).headers["Location"] == HOME


async def test_customers_need_none(app: Quart) -> None:
    person, _ = await registered(app)

    assert (await person.get("/products")).status_code == 200
    assert (await person.get("/staff")).status_code == 403
