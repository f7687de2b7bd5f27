"""Sessions that slide, end everywhere within a second, and outlive a new secret."""

import asyncio
import secrets as random
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import jwt
import pytest
from bson import ObjectId
from pymongo.errors import ConnectionFailure
from quart import Quart

from storefront import settings
from storefront.accounts import store, tokens
from storefront.accounts.session_cache import SessionCache
from storefront.app import create_app
from storefront.shop import Shop
from tests.accounts.people import bearer, registered, sign_in, who
from tests.conftest import PASSWORD, browser, eventually

SECOND = 1.0
NEWS_SECONDS = 0.3
ALPHA, BETA, GAMMA = (letter * 4 + "-secret-of-more-than-32-characters" for letter in "abc")


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    return {"STOREFRONT_SESSION__SECRET": f"{BETA},{ALPHA}"}


@pytest.fixture(scope="module")
async def other_process(app: Quart, database_url: str, mail_folder: Path) -> AsyncIterator[Quart]:
    """The same shop served a second time, from the same database."""
    shop: Shop = app.extensions["shop"]
    values = settings.load(
        {
            "STOREFRONT_ENV": "test",
            "STOREFRONT_DATABASE__URL": database_url,
            "STOREFRONT_DATABASE__NAME": shop.settings.database.name,
            "STOREFRONT_MAIL__FOLDER": str(mail_folder),
            "STOREFRONT_SERVER__ALLOWED_HOSTS": "localhost,shop.test",
            "STOREFRONT_SESSION__SECRET": f"{BETA},{ALPHA}",
        }
    )
    application = create_app(values)
    async with application.test_app():
        yield application


async def is_refused_within_a_second(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    async def is_refused() -> bool:
        return await who(client, headers) is None

    return bool(await eventually(is_refused, within_seconds=SECOND))


def of_age(shop: Shop, token: str, *, age: timedelta) -> str:
    """The same session's token as it would be had it been handed out ``age`` ago."""
    claims = jwt.decode(token, options={"verify_signature": False})
    issued_at = datetime.now(UTC) - age
    lifetime = timedelta(minutes=shop.settings.session.lifetime_minutes)
    return tokens.sign_session(
        shop,
        user_id=claims["sub"],
        session_id=claims["jti"],
        issued_at=issued_at,
        expires_at=issued_at + lifetime,
    ).text


async def test_a_cookie_in_the_second_half_of_its_life_is_renewed(app: Quart, shop: Shop) -> None:
    customer, email = await registered(app)
    token = customer.cookies["session"]
    session_id = jwt.decode(token, options={"verify_signature": False})["jti"]
    old = of_age(shop, token, age=timedelta(days=8))
    before = await shop.database["sessions"].find_one({"_id": session_id})
    await shop.database["sessions"].update_one(
        {"_id": session_id}, {"$set": {"expires_at": datetime.now(UTC) + timedelta(days=6)}}
    )
    customer.cookies.clear()

    answer = await customer.get("/account", headers={"Cookie": f"session={old}"})

    assert answer.status_code == 200
    claims = jwt.decode(customer.cookies["session"], options={"verify_signature": False})
    assert claims["jti"] == session_id
    assert time.time() - 5 <= claims["iat"] <= time.time()
    assert claims["exp"] == claims["iat"] + 20160 * 60
    after = await shop.database["sessions"].find_one({"_id": session_id})
    assert after["expires_at"] == datetime.fromtimestamp(claims["exp"], UTC)
    assert after["created_at"] == before["created_at"]
    assert await who(customer) == email


async def test_a_cookie_in_the_first_half_of_its_life_stays(app: Quart, shop: Shop) -> None:
    customer, _ = await registered(app)
    young = of_age(shop, customer.cookies["session"], age=timedelta(days=6))
    customer.cookies.clear()

    answer = await customer.get("/account", headers={"Cookie": f"session={young}"})

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


async def test_a_bearer_token_is_renewed_by_nothing_but_refresh(app: Quart, shop: Shop) -> None:
    customer, email = await registered(app)
    old = of_age(shop, customer.cookies["session"], age=timedelta(days=13))
    async with browser(app) as script:
        answer = await script.get("/account", headers={"Authorization": f"Bearer {old}"})
        assert "Set-Cookie" not in answer.headers

        fresh = await script.post(
            "/api/v1/auth/refresh", headers={"Authorization": f"Bearer {old}"}
        )

        assert fresh.status_code == 200
        assert fresh.json()["token_type"] == "Bearer"
        token = fresh.json()["access_token"]
        assert await who(script, {"Authorization": f"Bearer {token}"}) == email
        assert await who(script, {"Authorization": f"Bearer {old}"}) is None


async def test_signing_out_while_the_cookie_is_old_leaves_none(app: Quart, shop: Shop) -> None:
    customer, _ = await registered(app)
    old = of_age(shop, customer.cookies["session"], age=timedelta(days=13))
    customer.cookies.clear()
    customer.cookies.set("session", old, domain="shop.test")

    await customer.post("/auth/logout")

    assert "session" not in customer.cookies
    assert await who(customer, {"Authorization": f"Bearer {old}"}) is None


async def test_an_expired_token_is_a_guests(app: Quart, shop: Shop) -> None:
    customer, _ = await registered(app)
    over = of_age(shop, customer.cookies["session"], age=timedelta(days=15))

    async with browser(app) as guest:
        assert await who(guest, {"Authorization": f"Bearer {over}"}) is None


async def test_another_process_refuses_a_session_within_a_second_of_its_end(
    app: Quart, other_process: Quart
) -> None:
    customer, email = await registered(app)
    async with browser(other_process) as elsewhere:
        headers = {"Authorization": f"Bearer {customer.cookies['session']}"}
        assert await who(elsewhere, headers) == email

        await customer.post("/auth/logout")

        assert await is_refused_within_a_second(elsewhere, headers)


async def test_another_process_refuses_a_blocked_user_within_a_second(
    app: Quart, other_process: Quart, shop: Shop
) -> None:
    _, email = await registered(app)
    async with browser(other_process) as elsewhere:
        headers = await bearer(elsewhere, email)
        assert await who(elsewhere, headers) == email

        await shop.database["users"].update_one({"email": email}, {"$set": {"blocked": True}})

        assert await is_refused_within_a_second(elsewhere, headers)

        await shop.database["users"].update_one({"email": email}, {"$set": {"blocked": False}})

        async def is_back() -> bool:
            return await who(elsewhere, headers) == email

        assert await eventually(is_back, within_seconds=SECOND)


async def test_a_new_role_holds_everywhere_within_a_second(
    app: Quart, other_process: Quart, shop: Shop
) -> None:
    _, email = await registered(app)
    async with browser(other_process) as elsewhere:
        headers = await bearer(elsewhere, email)
        assert (await elsewhere.get("/api/v1/auth/session", headers=headers)).status_code == 200

        await shop.database["users"].update_one({"email": email}, {"$set": {"role": "staff"}})

        async def is_staff() -> bool:
            claims = jwt.decode(headers["Authorization"][7:], options={"verify_signature": False})
            cache = other_process.extensions["shop"].part(SessionCache)
            identity = await cache.identity(claims["sub"], claims["jti"])
            return bool(identity and identity.is_staff)

        assert await eventually(is_staff, within_seconds=SECOND)


async def test_a_deleted_user_is_a_guest_everywhere(
    app: Quart, other_process: Quart, shop: Shop
) -> None:
    _, email = await registered(app)
    async with browser(other_process) as elsewhere:
        headers = await bearer(elsewhere, email)
        assert await who(elsewhere, headers) == email

        await shop.database["users"].delete_one({"email": email})

        assert await is_refused_within_a_second(elsewhere, headers)


async def test_a_known_session_costs_no_query(
    app: Quart, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, email = await registered(app)
    claims = jwt.decode(customer.cookies["session"], options={"verify_signature": False})
    queries = []

    async def counted(*arguments: Any) -> Any:
        queries.append(arguments)
        return await find_session(*arguments)

    find_session = store.find_session
    monkeypatch.setattr(store, "find_session", counted)

    async def is_known() -> bool:
        before = len(queries)
        identity = await shop.part(SessionCache).identity(claims["sub"], claims["jti"])
        assert identity is not None
        assert identity.email == email
        return len(queries) == before

    assert await eventually(is_known)
    await shop.database["sessions"].update_one(
        {"_id": claims["jti"]}, {"$set": {"last_seen_at": datetime.now(UTC)}}
    )
    await asyncio.sleep(NEWS_SECONDS)

    assert await is_known()


async def test_without_the_change_feed_a_session_is_read_again_after_a_second(
    app: Quart, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, email = await registered(app)
    claims = jwt.decode(customer.cookies["session"], options={"verify_signature": False})
    assert await who(customer) == email

    async def deaf(*_: object) -> None:
        pass

    monkeypatch.setattr(shop.changes, "_deliver", deaf)
    monkeypatch.setattr(shop, "changes", SimpleNamespace(is_live=False))
    await shop.database["sessions"].update_one(
        {"_id": claims["jti"]}, {"$set": {"ended_at": datetime.now(UTC)}}
    )
    await asyncio.sleep(SECOND)

    assert await shop.part(SessionCache).identity(claims["sub"], claims["jti"]) is None


async def test_without_the_database_the_shop_says_so_and_nobody_is_signed_out(
    app: Quart, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, email = await registered(app)

    async def away(*_: object) -> None:
        raise ConnectionFailure("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr(store, "find_session", away)
        await shop.part(SessionCache).reload()
        page = await customer.get("/account", headers={"Accept-Language": "es"})
        answer = await customer.get("/api/v1/account")
        live = await customer.get("/health/live")

    assert page.status_code == 503
    assert '<html lang="es"' in page.text
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert live.status_code == 200
    assert await who(customer) == email


async def test_the_first_secret_signs_and_all_verify(app: Quart, shop: Shop) -> None:
    customer, email = await registered(app)
    claims = jwt.decode(customer.cookies["session"], BETA, ["HS256"], audience="storefront")
    by_old_secret = jwt.encode(claims, ALPHA, "HS256")
    by_unknown_secret = jwt.encode(claims, GAMMA, "HS256")

    async with browser(app) as guest:
        assert await who(guest, {"Authorization": f"Bearer {by_old_secret}"}) == email
        assert await who(guest, {"Authorization": f"Bearer {by_unknown_secret}"}) is None


async def test_the_account_page_lists_devices_and_ends_one(app: Quart) -> None:
    customer, email = await registered(app)
    async with browser(app) as phone:
        await phone.post(
            "/auth/login",
            data={"email": email, "password": PASSWORD},
            headers={"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Safari/604.1"},
        )
        page = await customer.get("/account")
        assert "Safari, iPhone" in page.text
        listed = (await phone.get("/api/v1/account/sessions")).json()
        there = next(each for each in listed if each["current"])
        assert there["device"] == "Safari, iPhone"

        answer = await customer.post(f"/account/sessions/{there['id']}", data={"_method": "DELETE"})

        assert answer.headers["Location"] == "/account"
        assert await who(phone) is None
        assert await who(customer) == email


async def test_signing_out_everywhere_ends_all_sessions(app: Quart) -> None:
    customer, email = await registered(app)
    async with browser(app) as phone:
        await sign_in(phone, email)

        answer = await customer.post("/account/sessions", data={"_method": "DELETE"})

        assert answer.headers["Location"] == "/"
        assert await who(phone) is None
        assert await who(customer) is None


async def test_nobody_ends_the_session_of_another(app: Quart) -> None:
    customer, email = await registered(app)
    other, _ = await registered(app)
    theirs = (await customer.get("/api/v1/account/sessions")).json()[0]["id"]

    for path in (theirs, random.token_hex(12), "x", str(ObjectId())):
        answer = await other.delete(f"/api/v1/account/sessions/{path}")
        assert answer.status_code == 404

    assert await who(customer) == email


async def test_a_new_password_ends_the_other_sessions_only(app: Quart) -> None:
    customer, email = await registered(app)
    async with browser(app) as phone:
        await sign_in(phone, email)
        form = {
            "current_password": PASSWORD,
            "password": "quite another password",
            "password_confirmation": "quite another password",
        }

        answer = await customer.post("/account/password", data=form)

        assert answer.status_code == 303
        assert await who(customer) == email
        assert await who(phone) is None
        assert (await sign_in(phone, email)).status_code == 422
        assert (await sign_in(phone, email, "quite another password")).status_code == 303
