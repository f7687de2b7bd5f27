"""Accounts and sessions as scripts see them."""

import re

import httpx
import pytest
from quart import Quart

from storefront.shop import Shop
from tests.conftest import PASSWORD, browser

REGISTRATION = {
    "full_name": "Ana García",
    "phone": "600123456",
    "password": PASSWORD,
    "password_confirmation": PASSWORD,
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


async def signed_in(client: httpx.AsyncClient, email: str) -> dict[str, str]:
    await client.post("/api/v1/auth/register", json={**REGISTRATION, "email": email})
    answer = await client.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_registering_answers_with_the_user_and_signs_nobody_in(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    answer = await client.post(
        "/api/v1/auth/register", json={**REGISTRATION, "email": "First@example.com"}
    )

    assert answer.status_code == 201
    user = answer.json()
    assert re.fullmatch(r"[0-9a-f]{24}", user.pop("id"))
    assert TIME.fullmatch(user.pop("created_at"))
    assert user == {
        "email": "first@example.com",
        "full_name": "Ana García",
        "phone": "+34600123456",
        "role": "customer",
        "verified": False,
        "blocked": False,
    }
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-store"
    kinds = [mail["kind"] async for mail in shop.database["outbox"].find({})]
    assert sorted(kinds) == ["registration", "registration_notice"]


async def test_a_taken_email_is_a_conflict(client: httpx.AsyncClient) -> None:
    await client.post("/api/v1/auth/register", json={**REGISTRATION, "email": "twice@example.com"})

    answer = await client.post(
        "/api/v1/auth/register", json={**REGISTRATION, "email": "TWICE@example.com"}
    )

    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/email-taken"


async def test_every_field_at_fault_is_named(client: httpx.AsyncClient, shop: Shop) -> None:
    users = await shop.database["users"].count_documents({})

    answer = await client.post(
        "/api/v1/auth/register",
        json={
            "full_name": {"$gt": ""},
            "phone": "1",
            "email": None,
            "password": "password",
            "password_confirmation": 5,
        },
    )

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/validation"
    assert answer.json()["errors"] == [
        {"field": "full_name", "message": "This must be text."},
        {
            "field": "phone",
            "message": "Please give a phone number, with +34 or the like if from abroad.",
        },
        {"field": "email", "message": "This must be text."},
        {
            "field": "password",
            "message": "This password is on every list of common ones. Please choose another.",
        },
        {"field": "password_confirmation", "message": "This must be text."},
    ]
    assert await shop.database["users"].count_documents({}) == users


@pytest.mark.parametrize("body", ["", "[]", "{", '"x"', "null", "[" * 100_000])
async def test_what_is_no_object_is_refused(client: httpx.AsyncClient, body: str) -> None:
    answer = await client.post(
        "/api/v1/auth/login", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422


async def test_another_content_type_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/login", data={"email": "a@example.com"})

    assert answer.status_code == 415


async def test_signing_in_gives_a_bearer_token(client: httpx.AsyncClient) -> None:
    await signed_in(client, "second@example.com")

    answer = await client.post(
        "/api/v1/auth/login", json={"email": "second@example.com", "password": PASSWORD}
    )

    assert answer.status_code == 200
    token = answer.json()
    assert set(token) == {"access_token", "token_type", "expires_at"}
    assert token["token_type"] == "Bearer"
    assert TIME.fullmatch(token["expires_at"])
    assert "Set-Cookie" not in answer.headers
    session = await client.get(
        "/api/v1/auth/session", headers={"Authorization": f"bearer {token['access_token']}"}
    )
    assert session.json()["expires_at"] == token["expires_at"]
    assert session.json()["user"]["email"] == "second@example.com"


async def test_signing_out_ends_the_token(client: httpx.AsyncClient) -> None:
    headers = await signed_in(client, "third@example.com")

    answer = await client.post("/api/v1/auth/logout", headers=headers)

    assert answer.status_code == 204
    assert answer.content == b""
    for path in ("/api/v1/auth/session", "/api/v1/account"):
        assert (await client.get(path, headers=headers)).status_code == 401
    assert (await client.post("/api/v1/auth/logout", headers=headers)).status_code == 401


async def test_refresh_by_cookie_renews_the_cookie(app: Quart) -> None:
    async with browser(app) as customer:
        await customer.post("/auth/register", data={**REGISTRATION, "email": "c@example.com"})
        before = customer.cookies["session"]

        answer = await customer.post("/api/v1/auth/refresh")

        assert answer.json()["access_token"] == customer.cookies["session"] != before
        assert (await customer.get("/api/v1/account")).status_code == 200


async def test_the_account_is_changed_in_parts(client: httpx.AsyncClient) -> None:
    headers = await signed_in(client, "fourth@example.com")
    before = (await client.get("/api/v1/account", headers=headers)).json()

    answer = await client.patch("/api/v1/account", json={"full_name": "Eva"}, headers=headers)

    assert answer.status_code == 200
    assert answer.json() == {**before, "full_name": "Eva"}
    assert (await client.get("/api/v1/account", headers=headers)).json() == answer.json()


@pytest.mark.parametrize(
    "body", [{"phone": "1"}, {"full_name": ""}, {"language": "fr"}, {"theme": "pink"}]
)
async def test_a_rejected_change_changes_nothing(
    client: httpx.AsyncClient, body: dict[str, str]
) -> None:
    headers = await signed_in(client, "fifth@example.com")
    before = (await client.get("/api/v1/account", headers=headers)).json()

    answer = await client.patch("/api/v1/account", json=body, headers=headers)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == list(body)
    assert (await client.get("/api/v1/account", headers=headers)).json() == before


async def test_sessions_are_listed_and_ended(client: httpx.AsyncClient) -> None:
    first = await signed_in(client, "sixth@example.com")
    second = await signed_in(client, "sixth@example.com")

    listed = (await client.get("/api/v1/account/sessions", headers=second)).json()

    assert [set(each) for each in listed] == [
        {"id", "device", "current", "created_at", "last_seen_at", "expires_at"}
    ] * 2
    (other,) = [each for each in listed if not each["current"]]
    ended = await client.delete(f"/api/v1/account/sessions/{other['id']}", headers=second)
    assert ended.status_code == 204
    assert (await client.get("/api/v1/account", headers=first)).status_code == 401
    assert len((await client.get("/api/v1/account/sessions", headers=second)).json()) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/auth/logout"),
        ("POST", "/auth/refresh"),
        ("GET", "/auth/session"),
        ("GET", "/account"),
        ("PATCH", "/account"),
        ("PUT", "/account/password"),
        ("GET", "/account/sessions"),
        ("DELETE", "/account/sessions/nonsense"),
    ],
)
async def test_a_guest_is_refused_before_anything_else(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await client.request(method, f"/api/v1{path}", content=b"nonsense")

    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/unauthenticated"


async def test_the_calls_are_described(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/api/v1/openapi.json")).json()["paths"]

    assert {path for path in paths if "/auth/" in path or "/account" in path} == {
        "/api/v1/auth/register",
        "/api/v1/auth/login",
        "/api/v1/auth/logout",
        "/api/v1/auth/refresh",
        "/api/v1/auth/session",
        "/api/v1/auth/password-reset",
        "/api/v1/account",
        "/api/v1/account/data",
        "/api/v1/account/password",
        "/api/v1/account/second-factor",
        "/api/v1/account/second-factor/key",
        "/api/v1/account/second-factor/recovery-codes",
        "/api/v1/account/sessions",
        "/api/v1/account/sessions/{session_id}",
    }
    assert paths["/api/v1/account"]["get"]["summary"] == "Show the own account."
    assert paths["/api/v1/account"]["get"]["security"] == [{"bearer": []}]
