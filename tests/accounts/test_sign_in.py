"""Signing in and out, and what a session is."""

import logging
import time

import httpx
import jwt
import pytest
from quart import Quart

from storefront.accounts import passwords
from storefront.shop import Shop
from tests.accounts.people import bearer, registered, registration, sign_in, who
from tests.conftest import PASSWORD, browser

SECRET = "test-only-this-secret-is-public-too"


async def test_signing_in_by_form_leads_to_the_shop(app: Quart, client: httpx.AsyncClient) -> None:
    _, email = await registered(app)

    answer = await sign_in(client, f" {email.upper()} ")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/products"
    assert await who(client) == email


async def test_the_session_cookie_is_a_jwt_out_of_reach_of_scripts(app: Quart) -> None:
    customer, email = await registered(app)

    answer = await sign_in(customer, email)

    cookie = next(
        each for each in answer.headers.get_list("Set-Cookie") if each.startswith("session=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    claims = jwt.decode(
        customer.cookies["session"], SECRET, ["HS256"], audience="storefront", issuer="storefront"
    )
    assert set(claims) == {"iss", "aud", "sub", "jti", "iat", "exp"}
    assert claims["exp"] - claims["iat"] == 20160 * 60


async def test_over_https_the_cookie_is_bound_to_the_host(app: Quart) -> None:
    _, email = await registered(app)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://shop.test") as guest:
        answer = await sign_in(guest, email)
        signed_in = await who(guest)
        out = await guest.post("/auth/logout")
        signed_out = await who(guest)

    cookie = next(
        each for each in answer.headers.get_list("Set-Cookie") if each.startswith("__Host-session=")
    )
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert signed_in == email
    assert "__Host-session=;" in " ".join(out.headers.get_list("Set-Cookie"))
    assert signed_out is None


@pytest.mark.parametrize("known", [True, False])
async def test_a_wrong_password_and_an_unknown_email_are_told_alike(
    app: Quart, known: bool
) -> None:
    _, email = await registered(app)
    typed = email if known else "nobody@example.com"

    async with browser(app) as guest:
        page = await sign_in(guest, typed, "not the password")
        answer = await guest.post(
            "/api/v1/auth/login", json={"email": typed, "password": "not the password"}
        )
        signed_in = await who(guest)

    assert page.status_code == 422
    assert "Email or password is wrong" in page.text
    assert 'id="sign-in-password-error"' in page.text
    assert "not the password" not in page.text
    assert answer.status_code == 401
    problem = answer.json()
    del problem["error_id"]
    assert problem == {
        "type": "/problems/bad-credentials",
        "title": "Email or password is wrong",
        "status": 401,
        "detail": "No account matches this email and password. Which of the two is wrong is not "
        "told, so that nobody can find out who has an account.",
        "instance": "/api/v1/auth/login",
    }
    assert signed_in is None


async def test_an_unknown_email_takes_as_long_as_a_wrong_password(
    app: Quart, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "ROUNDS_IN_TESTS", 9)
    _, email = await registered(app)
    seconds: dict[str, list[float]] = {email: [], "nobody@example.com": [], "no address": []}

    for _ in range(8):
        for typed, times in seconds.items():
            start = time.process_time()
            await client.post("/api/v1/auth/login", json={"email": typed, "password": "wrong"})
            times.append(time.process_time() - start)

    # Of the processor, which others on this machine do not change.
    of_known, *of_unknown = (min(times) for times in seconds.values())
    assert all(of_known / 2 < each < of_known * 2 for each in of_unknown)


@pytest.mark.parametrize("field", ["email", "password"])
async def test_an_operator_of_the_database_is_no_credential(
    app: Quart, client: httpx.AsyncClient, field: str
) -> None:
    _, email = await registered(app)
    body = {"email": email, "password": PASSWORD, field: {"$ne": None}}

    answer = await client.post("/api/v1/auth/login", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": field, "message": "This must be text."}]


async def test_text_that_is_no_unicode_is_no_credential(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/auth/login",
        content=b'{"email": "\\ud800@example.com", "password": "a \\ud800 b", "\\udfff": 1}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "email", "message": "This must be text."},
        {"field": "password", "message": "This must be text."},
        {"field": "", "message": "This must be text."},
    ]


async def test_signing_in_always_opens_a_new_session_and_ends_the_one_before(app: Quart) -> None:
    customer, email = await registered(app)
    before = customer.cookies["session"]

    await sign_in(customer, email)

    after = customer.cookies["session"]
    assert after != before
    async with browser(app) as thief:
        assert await who(thief, {"Authorization": f"Bearer {before}"}) is None
        assert await who(thief, {"Authorization": f"Bearer {after}"}) == email


async def test_signing_out_ends_the_session_for_every_copy_of_its_token(app: Quart) -> None:
    customer, email = await registered(app)
    token = customer.cookies["session"]
    async with browser(app) as copy:
        assert await who(copy, {"Authorization": f"Bearer {token}"}) == email

        answer = await customer.post("/auth/logout")

        assert answer.status_code == 303
        assert answer.headers["Location"] == "/products"
        assert "session" not in customer.cookies
        assert await who(copy, {"Authorization": f"Bearer {token}"}) is None


async def test_a_guest_may_sign_out_too(client: httpx.AsyncClient) -> None:
    assert (await client.post("/auth/logout")).status_code == 303


async def test_a_bad_bearer_token_wins_over_a_good_cookie(app: Quart) -> None:
    customer, _ = await registered(app)

    answer = await customer.get("/api/v1/account", headers={"Authorization": "Bearer nonsense"})

    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/unauthenticated"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="storefront"'


async def test_tokens_signed_by_others_or_by_nobody_are_a_guests(app: Quart) -> None:
    customer, _ = await registered(app)
    claims = jwt.decode(customer.cookies["session"], options={"verify_signature": False})
    forged = [
        jwt.encode(claims, "another secret, long enough for a key", "HS256"),
        jwt.encode(claims, None, "none"),
        jwt.encode({**claims, "aud": "elsewhere"}, SECRET, "HS256"),
        jwt.encode({**claims, "iss": "elsewhere"}, SECRET, "HS256"),
        jwt.encode({**claims, "exp": int(time.time()) - 1}, SECRET, "HS256"),
        jwt.encode({**claims, "sub": "0" * 24}, SECRET, "HS256"),
        jwt.encode({**claims, "jti": "0" * 24}, SECRET, "HS256"),
        jwt.encode({key: claims[key] for key in claims if key != "exp"}, SECRET, "HS256"),
        "a.b.c",
        "",
    ]

    async with browser(app) as guest:
        for token in forged:
            assert await who(guest, {"Authorization": f"Bearer {token}"}) is None


async def test_bearer_tokens_work_on_pages_and_cookies_on_the_api(app: Quart) -> None:
    customer, email = await registered(app)
    async with browser(app) as script:
        headers = await bearer(script, email)

        page = await script.get("/account", headers=headers)
        answer = await customer.get("/api/v1/account")

    assert page.status_code == 200
    assert answer.json()["email"] == email


async def test_a_guest_on_the_account_page_is_asked_to_sign_in(client: httpx.AsyncClient) -> None:
    answer = await client.get("/account")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/?next=/account"


async def test_signing_in_never_leads_to_another_site(app: Quart) -> None:
    _, email = await registered(app)
    async with browser(app) as guest:
        answer = await guest.post(
            "/auth/login",
            data={"email": email, "password": PASSWORD, "next": "//evil.example/"},
        )

    assert answer.headers["Location"] == "/products"


async def test_another_site_cannot_sign_a_visitor_in(app: Quart, shop: Shop) -> None:
    _, email = await registered(app)
    async with browser(app) as guest:
        answer = await guest.post(
            "/auth/login",
            data={"email": email, "password": PASSWORD},
            headers={"Sec-Fetch-Site": "cross-site"},
        )
        assert answer.status_code == 403
        assert await who(guest) is None


async def test_a_blocked_customer_with_the_right_password_is_told(app: Quart, shop: Shop) -> None:
    _, email = await registered(app)
    await shop.database["users"].update_one({"email": email}, {"$set": {"blocked": True}})

    async with browser(app) as guest:
        page = await sign_in(guest, email)
        answer = await guest.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
        stranger = await sign_in(guest, email, "not the password")

    assert page.status_code == 422
    assert "This account is blocked" in page.text
    assert answer.status_code == 403
    assert "This account is blocked" not in stranger.text


async def test_the_chosen_language_and_theme_go_with_the_account(app: Quart, shop: Shop) -> None:
    customer, email = await registered(app)

    await customer.post("/preferences", data={"language": "es", "theme": "dark"})

    stored = await shop.database["users"].find_one({"email": email})
    assert (stored["language"], stored["theme"]) == ("es", "dark")
    async with browser(app) as elsewhere:
        await sign_in(elsewhere, email)
        page = await elsewhere.get("/account")
    assert '<html lang="es" data-theme="dark">' in page.text


async def test_a_new_account_speaks_the_language_it_was_made_in(app: Quart, shop: Shop) -> None:
    form = registration()
    async with browser(app) as guest:
        await guest.post("/auth/register", data=form, headers={"Accept-Language": "es"})

    stored = await shop.database["users"].find_one({"email": form["email"]})
    assert stored["language"] == "es"


async def test_the_log_tells_of_sign_ins_without_who_or_where(
    app: Quart, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    _, email = await registered(app)
    account = await shop.database["users"].find_one({"email": email})
    unknown = "nobody-we-know@example.com"
    async with browser(app) as guest:
        with caplog.at_level(logging.INFO):
            await sign_in(guest, email, "not the password")
            await sign_in(guest, unknown, "not the password")
            await sign_in(guest, f" {unknown.upper()}", "another one")
            await sign_in(guest, email)

    told = [each.getMessage() for each in caplog.records if each.name.endswith(".trails")]
    wrong = "sign-in refused, wrong password: account "
    known, *others, success = told
    assert known.startswith(f"{wrong}{account['_id']}, from ")
    assert others[0].startswith(f"{wrong}unknown-")
    assert others[0] == others[1]
    assert success == f"signed in: account {account['_id']}"
    for private in (email, unknown, "not the password", "127.0.0.1"):
        assert private not in caplog.text
