"""Codes have six digits: how often one may guess, from everywhere and all at once."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from quart import Quart

from storefront.shop import Shop
from tests.accounts.factors import HOME, App, api_login, give_code, set_up
from tests.accounts.people import registration, sign_in
from tests.conftest import PASSWORD


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    return {"STOREFRONT_LIMITS__ENABLED": "true", "STOREFRONT_LIMITS__SIGN_IN": "4/minute"}


def at(app: Quart, address: str) -> httpx.AsyncClient:
    """A guest's browser at a network address."""
    transport = httpx.ASGITransport(app=app, client=(address, 1))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://shop.test")


async def owner_at(app: Quart, address: str) -> tuple[httpx.AsyncClient, str, App, list[str]]:
    browser, form = at(app, address), registration()
    assert (await browser.post("/auth/register", data=form)).status_code == 303
    return browser, form["email"], *(await set_up(browser))


async def _wait_is_over(shop: Shop) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    await shop.database["guesses"].update_many({}, {"$set": {"closed_until": past}})


async def test_codes_are_counted_at_the_account_wherever_they_come_from(
    app: Quart, shop: Shop
) -> None:
    _, email, phone, _ = await owner_at(app, "192.0.2.1")
    waits = []
    for turn in range(3):
        statuses = []
        for number in range(5):
            async with at(app, f"198.51.100.{turn * 10 + number}") as guest:
                answer = await api_login(guest, email, phone.wrong_code())
            statuses.append(answer.status_code)
        assert statuses == [401, 401, 401, 401, 429]
        waits.append(int(answer.headers["Retry-After"]))
        await _wait_is_over(shop)

    assert [round(wait / 60) for wait in waits] == [1, 2, 4]
    told = shop.database["outbox"].find({"to": email, "context.event": "wrong_codes"})
    assert len([mail async for mail in told]) == 1


async def test_while_it_is_closed_the_right_code_does_not_open_it(app: Quart, shop: Shop) -> None:
    _, email, phone, codes = await owner_at(app, "192.0.2.2")
    for number in range(4):
        async with at(app, f"198.51.100.{100 + number}") as guest:
            assert (await api_login(guest, email, phone.wrong_code())).status_code == 401

    async with at(app, "192.0.2.2") as guest:
        await sign_in(guest, email)
        assert (await give_code(guest, phone.code())).status_code == 429
        assert (await give_code(guest, codes[0])).status_code == 429
        await _wait_is_over(shop)
        assert (await give_code(guest, phone.used_code())).status_code == 303


async def test_guesses_all_at_once_are_no_more_than_one_by_one(app: Quart) -> None:
    _, email, phone, _ = await owner_at(app, "192.0.2.3")

    async def guess(number: int) -> int:
        async with at(app, f"198.51.100.{200 + number}") as guest:
            return (await api_login(guest, email, phone.wrong_code())).status_code

    tried = await asyncio.gather(*(guess(number) for number in range(16)))

    assert tried.count(401) <= 4
    assert tried.count(401) + tried.count(429) == 16


async def test_who_does_not_know_the_password_closes_nothing(app: Quart) -> None:
    _, email, phone, _ = await owner_at(app, "192.0.2.4")
    for number in range(6):
        async with at(app, f"203.0.113.{number}") as stranger:
            answer = await api_login(stranger, email, phone.wrong_code(), password="guessed")
            assert answer.json()["type"] == "/problems/bad-credentials"

    async with at(app, "192.0.2.4") as owner:
        assert (await api_login(owner, email, phone.code())).status_code == 200


async def test_knowing_the_password_gives_no_new_guesses(app: Quart) -> None:
    """Signing in half-way again and again does not begin the count anew."""
    _, email, phone, _ = await owner_at(app, "192.0.2.5")
    statuses = []
    async with at(app, "192.0.2.55") as guest:
        for _ in range(5):
            await sign_in(guest, email)
            statuses.append((await give_code(guest, phone.wrong_code())).status_code)

    assert statuses == [422, 422, 422, 422, 429]


async def test_a_right_code_forgets_the_wrong_ones(app: Quart, shop: Shop) -> None:
    _, email, phone, _ = await owner_at(app, "192.0.2.6")
    async with at(app, "198.51.100.90") as first, at(app, "198.51.100.91") as second:
        for guest in (first, second):
            await phone.rest(shop)
            tried = [
                (await api_login(guest, email, code)).status_code
                for code in (*[phone.wrong_code()] * 3, phone.code())
            ]
            assert tried == [401, 401, 401, 200]


async def test_guesses_at_switching_it_off_count_as_well(app: Quart, shop: Shop) -> None:
    browser, _, phone, _ = await owner_at(app, "192.0.2.7")
    form = {"current_password": PASSWORD, "code": phone.wrong_code()}

    answers = [await browser.request("DELETE", HOME, data=form) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 429]


async def test_an_ipv6_network_guesses_as_one(app: Quart) -> None:
    _, email, phone, _ = await owner_at(app, "192.0.2.8")
    statuses = []
    for number in range(5):
        async with at(app, f"2001:db8:1:2::{number}") as guest:
            answer = await api_login(guest, f"nobody{number}@example.com", password="wrong")
            statuses.append(answer.status_code)
    async with at(app, "2001:db8:1:2:ffff::1") as neighbour, at(app, "2001:db8:1:3::1") as other:
        assert (await api_login(neighbour, email, phone.code())).status_code == 429
        assert (await api_login(other, email, phone.used_code())).status_code == 200
    assert statuses == [401, 401, 401, 401, 429]
