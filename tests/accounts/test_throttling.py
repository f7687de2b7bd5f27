"""How often one may guess, and that guessing locks nobody out."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from quart import Quart

from storefront.accounts import passwords
from tests.accounts.people import registration
from tests.conftest import PASSWORD


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    return {
        "STOREFRONT_LIMITS__ENABLED": "true",
        "STOREFRONT_LIMITS__SIGN_IN": "3/day",
        "STOREFRONT_LIMITS__REGISTRATION": "2/day",
    }


WRONG = "not the password"


def at(app: Quart, address: str) -> httpx.AsyncClient:
    """A guest's browser at a network address."""
    transport = httpx.ASGITransport(app=app, client=(address, 1))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://shop.test")


async def guess(guest: httpx.AsyncClient, email: str, password: str = WRONG) -> int:
    answer = await guest.post("/api/v1/auth/login", json={"email": email, "password": password})
    return answer.status_code


async def customer_at(app: Quart, address: str) -> str:
    form = registration()
    async with at(app, address) as guest:
        answer = await guest.post("/auth/register", data=form)
    assert answer.status_code == 303
    return form["email"]


async def test_guessing_is_refused_after_the_rate_and_tells_when_to_come_back(app: Quart) -> None:
    email = await customer_at(app, "192.0.2.1")
    async with at(app, "192.0.2.1") as guest:
        assert [await guess(guest, email) for _ in range(3)] == [401, 401, 401]

        page = await guest.post("/auth/login", data={"email": email, "password": PASSWORD})
        answer = await guest.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})

    assert page.status_code == 429
    assert answer.status_code == 429
    assert answer.json()["type"] == "/problems/too-many-requests"
    assert 0 < int(answer.headers["Retry-After"]) <= 86400


async def test_a_stranger_cannot_lock_an_account(app: Quart) -> None:
    email = await customer_at(app, "192.0.2.2")
    async with at(app, "192.0.2.66") as stranger:
        assert [await guess(stranger, email) for _ in range(4)] == [401, 401, 401, 429]

    async with at(app, "192.0.2.2") as owner:
        assert await guess(owner, email, PASSWORD) == 200


async def test_one_address_cannot_try_many_accounts(app: Quart) -> None:
    async with at(app, "192.0.2.3") as guest:
        tried = [await guess(guest, f"nobody{number}@example.com") for number in range(4)]

    assert tried == [401, 401, 401, 429]


async def test_guesses_all_at_once_count_as_well(
    app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = await customer_at(app, "192.0.2.4")
    # Nearly at the real cost: all of them are there before the first one is judged.
    monkeypatch.setattr(passwords, "ROUNDS_IN_TESTS", passwords.ROUNDS - 2)
    stored = await passwords.hash_password(PASSWORD, app.extensions["shop"].settings)
    await (
        app.extensions["shop"]
        .database["users"]
        .update_one({"email": email}, {"$set": {"password_hash": stored}})
    )

    async with at(app, "192.0.2.4") as guest:
        tried = await asyncio.gather(*(guess(guest, email) for _ in range(14)))

    assert sorted(tried) == [401] * 3 + [429] * 11


async def test_signing_in_rightly_never_counts(app: Quart) -> None:
    email = await customer_at(app, "192.0.2.5")
    async with at(app, "192.0.2.5") as owner:
        assert [await guess(owner, email, PASSWORD) for _ in range(6)] == [200] * 6


async def test_an_address_registers_so_many_accounts_and_no_more(app: Quart) -> None:
    async with at(app, "192.0.2.6") as guest:
        answers = [await guest.post("/api/v1/auth/register", json=registration()) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]


async def test_wrong_present_passwords_are_counted_too(app: Quart) -> None:
    form = registration()
    async with at(app, "192.0.2.7") as customer:
        await customer.post("/auth/register", data=form)
        change = {
            "current_password": "wrong",
            "password": "a brand new password",
            "password_confirmation": "a brand new password",
        }
        answers = [await customer.put("/api/v1/account/password", json=change) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 429]


async def test_the_wait_begins_with_the_last_guess_and_then_one_may_guess_anew(app: Quart) -> None:
    """Not with the clock's minute or day: guesses around its turn would count half."""
    guesses = app.extensions["shop"].database["guesses"]
    email = await customer_at(app, "192.0.2.8")
    async with at(app, "192.0.2.8") as guest:
        known = {each["_id"] async for each in guesses.find({})}
        before = datetime.now(UTC)
        assert [await guess(guest, email) for _ in range(4)] == [401, 401, 401, 429]
        closed = [each async for each in guesses.find({}) if each["_id"] not in known]

        assert len(closed) == 2  # The address, and from there the account.
        for each in closed:
            assert timedelta(days=1) - timedelta(seconds=1) < each["closed_until"] - before
            over = {"$set": {"closed_until": datetime.now(UTC)}}
            await guesses.update_one({"_id": each["_id"]}, over)
        assert [await guess(guest, email) for _ in range(4)] == [401, 401, 401, 429]
