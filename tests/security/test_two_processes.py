"""What one process knows of sign-ins and sessions, the other knows within a second."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from quart import Quart

from storefront.accounts.model import Role
from storefront.app import create_app
from storefront.shop import Shop
from tests.accounts.people import bearer, registered
from tests.carts.shelves import customer
from tests.conftest import PASSWORD, browser, eventually

WITHIN_SECONDS = 1.0
WRONG = "not the password"


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    return {"STOREFRONT_LIMITS__ENABLED": "true", "STOREFRONT_LIMITS__SIGN_IN": "4/minute"}


@pytest.fixture(scope="module")
async def other_app(app: Quart) -> AsyncIterator[Quart]:
    """A second process of the same shop, as far as one process can be two."""
    application = create_app(app.extensions["shop"].settings)
    async with application.test_app():
        yield application


async def _is_known(app: Quart, token: dict[str, str]) -> bool:
    async with browser(app, headers=token) as client:
        return (await client.get("/api/v1/auth/session")).status_code == 200


@pytest.mark.parametrize("ending", ["sign out", "refresh", "password", "block", "end one"])
async def test_a_session_ends_everywhere_within_a_second(
    app: Quart, other_app: Quart, ending: str
) -> None:
    person, email = await registered(app)
    here, there = await bearer(person, email), await bearer(person, email)
    assert await _is_known(other_app, here)
    assert await _is_known(other_app, there)
    person.headers.update(there)
    admin = await customer(app, role=Role.ADMIN)
    new = {"password": "another long password", "password_confirmation": "another long password"}
    me = (await person.get("/api/v1/auth/session")).json()["user"]["id"]
    sessions = (await person.get("/api/v1/account/sessions")).json()
    current = next(each["id"] for each in sessions if each["current"])

    ended, answer = {
        "sign out": lambda: (there, person.post("/api/v1/auth/logout")),
        "refresh": lambda: (there, person.post("/api/v1/auth/refresh")),
        "password": lambda: (
            here,
            person.put("/api/v1/account/password", json={"current_password": PASSWORD, **new}),
        ),
        "block": lambda: (there, admin.patch(f"/api/v1/users/{me}", json={"blocked": True})),
        "end one": lambda: (there, person.delete(f"/api/v1/account/sessions/{current}")),
    }[ending]()
    assert (await answer).status_code in {200, 204}
    started = time.monotonic()

    async def is_over() -> bool:
        return not await _is_known(other_app, ended)

    assert await eventually(is_over)
    # Twice as long as promised, for a machine that does much else.
    assert time.monotonic() - started < 2 * WITHIN_SECONDS


def _at(app: Quart, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 1))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://shop.test")


async def _guess(app: Quart, address: str, email: str, password: str = WRONG) -> httpx.Response:
    async with _at(app, address) as client:
        return await client.post("/api/v1/auth/login", json={"email": email, "password": password})


async def test_guesses_count_whichever_process_is_asked(app: Quart, other_app: Quart) -> None:
    _, email = await registered(app)

    tried = [
        (await _guess(each, "203.0.113.1", email)).status_code
        for each in (app, other_app, app, other_app, app, other_app)
    ]

    assert tried == [401, 401, 401, 401, 429, 429]
    assert (await _guess(other_app, "203.0.113.2", email, PASSWORD)).status_code == 200


async def test_who_goes_on_guessing_waits_twice_as_long_each_time(app: Quart, shop: Shop) -> None:
    waits = []
    for _ in range(3):
        for _ in range(4):
            answer = await _guess(app, "203.0.113.3", "nobody@example.com")
            assert answer.status_code == 401
        refused = await _guess(app, "203.0.113.3", "nobody@example.com")
        waits.append(int(refused.headers["Retry-After"]))
        past = datetime.now(UTC) - timedelta(seconds=1)
        await shop.database["guesses"].update_many({}, {"$set": {"closed_until": past}})

    assert [round(wait / 60) for wait in waits] == [1, 2, 4]


async def test_a_whole_ipv6_network_is_one_guesser(app: Quart) -> None:
    tried = [
        (await _guess(app, f"2001:db8::{number}", f"nobody{number}@example.com")).status_code
        for number in range(1, 6)
    ]

    assert tried == [401, 401, 401, 401, 429]
