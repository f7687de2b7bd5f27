"""Signing in with a second factor: a code besides the password, each of them once."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from quart import Quart

from storefront.accounts import second_factor, tokens
from storefront.shop import Shop
from tests.accounts.factors import api_login, give_code, set_up, with_factor
from tests.accounts.people import bearer, registered, sign_in, who
from tests.conftest import PASSWORD, browser

NEW = "another long enough password"
SECOND_STEP = "/auth/second-factor"
# RFC 6238, appendix B, for SHA-1; of its eight digits the last six, as apps show them.
KEY_OF_THE_RFC = base64.b32encode(b"12345678901234567890").decode()
CODES_OF_THE_RFC = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("at", "code"), CODES_OF_THE_RFC)
def test_codes_are_those_of_the_rfc(at: int, code: str) -> None:
    assert second_factor.matching_step(KEY_OF_THE_RFC, code, at=at) == at // 30


@pytest.mark.parametrize(("apart", "fits"), [(-60, 0), (-30, 1), (30, 1), (60, 0)])
def test_clocks_may_differ_by_one_step(apart: int, fits: int) -> None:
    at, code = CODES_OF_THE_RFC[3]

    step = second_factor.matching_step(KEY_OF_THE_RFC, code, at=at + apart)

    assert step == (at // 30 if fits else None)


async def test_the_password_alone_opens_no_session(app: Quart, shop: Shop) -> None:
    _, email, phone, _ = await with_factor(app)
    sessions = await shop.database["sessions"].count_documents({})
    async with browser(app) as guest:
        answer = await guest.post(
            "/auth/login", data={"email": email, "password": PASSWORD, "next": "/orders?after=1"}
        )
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"{SECOND_STEP}?next=%2Forders%3Fafter%3D1"
        assert "session" not in guest.cookies
        assert await who(guest) is None
        assert await shop.database["sessions"].count_documents({}) == sessions

        page = await guest.get(answer.headers["Location"])
        assert page.status_code == 200
        assert 'name="next" value="/orders?after=1"' in page.text
        assert page.headers["Cache-Control"] == "private, no-store"

        answer = await guest.post(
            SECOND_STEP, data={"code": phone.code(), "next": "/orders?after=1"}
        )
        assert (answer.status_code, answer.headers["Location"]) == (303, "/orders?after=1")
        assert await who(guest) == email
        assert "halfway" not in guest.cookies


async def test_over_https_no_other_host_can_bring_the_first_step(app: Quart) -> None:
    _, email, phone, _ = await with_factor(app)
    async with browser(app) as guest:
        guest.base_url = httpx.URL("https://shop.test")
        cookie = (await sign_in(guest, email)).headers["Set-Cookie"]
        assert cookie.startswith("__Host-halfway=")
        assert all(words in cookie for words in ("; Secure", "; HttpOnly", "Path=/;", "SameSite"))
        assert (await give_code(guest, phone.code())).status_code == 303
        assert "__Host-halfway" not in guest.cookies


async def test_a_code_has_its_own_page(app: Quart) -> None:
    """So that a form has somewhere to show that it was wrong."""
    _, email, phone, _ = await with_factor(app)
    async with browser(app) as guest:
        form = {"email": email, "password": PASSWORD, "code": phone.code()}
        answer = await guest.post("/auth/login", data=form)
        assert answer.headers["Location"] == SECOND_STEP
        assert (await give_code(guest, phone.used_code())).headers["Location"] == "/products"


async def test_with_htmx_the_second_step_is_a_part_of_the_page(app: Quart) -> None:
    _, email, phone, _ = await with_factor(app)
    async with browser(app, headers={"HX-Request": "true", "HX-Request-Type": "partial"}) as guest:
        answer = await sign_in(guest, email)
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, SECOND_STEP)
        page = await guest.get(SECOND_STEP)
        assert "<html" not in page.text
        assert 'name="code"' in page.text

        answer = await give_code(guest, phone.code())
        assert answer.headers["HX-Redirect"] == "/products"
        assert await who(guest) == email


async def test_a_wrong_code_shows_the_form_again_and_not_the_code(app: Quart) -> None:
    _, email, phone, _ = await with_factor(app)
    async with browser(app) as guest:
        await sign_in(guest, email)
        wrong = phone.wrong_code()

        answers = [await give_code(guest, code) for code in (wrong, "", "x" * 101, "nonsense")]

        assert [answer.status_code for answer in answers] == [422] * 4
        assert "This code is wrong" in answers[0].text
        assert wrong not in answers[0].text
        assert await who(guest) is None
        assert (await give_code(guest, f" {phone.code()[:3]} {phone.used_code()[3:]} ")).is_redirect


async def test_each_code_signs_in_once(app: Quart, shop: Shop) -> None:
    _, email, phone, _ = await with_factor(app)
    async with browser(app) as guest, browser(app) as thief:
        assert (await api_login(guest, email, phone.used_code())).status_code == 401
        assert (await api_login(guest, email, phone.code())).status_code == 200

        await sign_in(thief, email)
        assert (await give_code(thief, phone.used_code())).status_code == 422
        assert await who(thief) is None


async def test_a_code_from_before_the_last_one_is_not_taken_either(app: Quart, shop: Shop) -> None:
    _, email, phone, _ = await with_factor(app)
    await phone.rest(shop)
    earlier, later = phone.code(), phone.code()
    async with browser(app) as guest:
        assert (await api_login(guest, email, later)).status_code == 200
        assert (await api_login(guest, email, earlier)).status_code == 401


@pytest.mark.parametrize("kind", ["app", "recovery"])
async def test_of_many_who_give_one_code_at_once_one_comes_in(
    app: Quart, shop: Shop, kind: str
) -> None:
    _, email, phone, codes = await with_factor(app)
    code = phone.code() if kind == "app" else codes[0]

    async with browser(app) as guest:
        answers = await asyncio.gather(*(api_login(guest, email, code) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5
    factor = await shop.database["second_factors"].find_one({"last_step": phone.last_step})
    assert factor is not None
    assert len(factor["recovery_hashes"]) == (10 if kind == "app" else 9)


async def test_a_recovery_code_signs_in_once_however_it_is_typed(app: Quart, shop: Shop) -> None:
    _, email, _, codes = await with_factor(app)
    assert len(set(codes)) == 10
    async with browser(app) as guest:
        await sign_in(guest, email)
        typed = f" {codes[2].replace('-', ' ').upper().replace('0', 'O').replace('1', 'l')}"
        answer = await give_code(guest, typed)
        assert answer.status_code == 303
        assert "a recovery code; 9 are left" in (await guest.get("/account")).text
    async with browser(app) as guest:
        assert (await api_login(guest, email, codes[2])).status_code == 401
        assert (await api_login(guest, email, codes[3])).status_code == 200
    mails = shop.database["outbox"].find({"to": email, "kind": "second_factor"})
    events = [(m["context"]["event"], m["context"]["codes_left"]) async for m in mails]
    assert sorted(events) == [("on", 0), ("recovery_code", 8), ("recovery_code", 9)]


async def test_programs_give_the_code_with_the_password(app: Quart) -> None:
    _, email, phone, _ = await with_factor(app)
    async with browser(app) as program:
        asked = await api_login(program, email)
        wrong = await api_login(program, email, phone.wrong_code())
        signed_in = await api_login(program, email, phone.code())

    assert asked.status_code == 401
    assert asked.headers["Content-Type"] == "application/problem+json"
    problem = asked.json()
    assert problem["type"] == "/problems/second-factor"
    assert problem["errors"] == [
        {"field": "code", "message": "Please give the code that your app shows."}
    ]
    assert wrong.status_code == 401
    assert wrong.json()["type"] == "/problems/second-factor"
    assert wrong.json()["errors"][0]["field"] == "code"
    assert wrong.json()["errors"] != problem["errors"]
    assert signed_in.json().keys() == {"access_token", "token_type", "expires_at"}


async def test_who_does_not_know_the_password_learns_nothing_of_a_second_factor(
    app: Quart,
) -> None:
    _, email, phone, _ = await with_factor(app)
    _, plain = await registered(app)
    async with browser(app) as guest:
        answers = [
            (await api_login(guest, who_, code, password="not the password")).json()
            for who_ in (email, plain, "nobody@example.com")
            for code in (None, phone.code() if who_ == email else "123456")
        ]
        for answer in answers:
            del answer["error_id"]
        assert answers == [answers[0]] * 6
        assert answers[0]["type"] == "/problems/bad-credentials"
        # Nor was the code used up by it.
        assert (await api_login(guest, email, phone.used_code())).status_code == 200


async def test_who_has_none_is_never_asked(app: Quart) -> None:
    _, email = await registered(app)
    async with browser(app) as guest:
        assert (await api_login(guest, email)).status_code == 200
        assert (await api_login(guest, email, "123456")).status_code == 200
        assert (await sign_in(guest, email)).headers["Location"] == "/products"
        assert "halfway" not in guest.cookies


async def test_the_second_step_needs_the_first(app: Quart) -> None:
    _, _, phone, _ = await with_factor(app)
    async with browser(app) as guest:
        for answer in (
            await guest.get(f"{SECOND_STEP}?next=/orders"),
            await guest.post(SECOND_STEP, data={"code": phone.code(), "next": "/orders"}),
        ):
            assert (answer.status_code, answer.headers["Location"]) == (303, "/?next=%2Forders")
        assert "Please sign in again." in (await guest.get("/")).text
        assert await who(guest) is None


async def _halfway(guest: httpx.AsyncClient, email: str) -> str:
    await sign_in(guest, email)
    return guest.cookies["halfway"]


async def test_what_stands_between_the_steps_opens_nothing_else(app: Quart) -> None:
    _, email, _, _ = await with_factor(app)
    async with browser(app) as guest:
        halfway = await _halfway(guest, email)
        guest.cookies.set("session", halfway)
        assert await who(guest) is None
        assert await who(guest, {"Authorization": f"Bearer {halfway}"}) is None
        assert (await guest.get(f"/auth/verify/{halfway}")).status_code == 404
        assert (await guest.get(f"/auth/password-reset/{halfway}")).status_code == 404


async def test_between_the_steps_there_are_five_minutes(
    app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, email, phone, _ = await with_factor(app)
    async with browser(app) as guest:
        assert second_factor.HALFWAY_SECONDS == 5 * 60
        answer = await sign_in(guest, email)
        assert "Max-Age=300" in answer.headers["Set-Cookie"]
        monkeypatch.setattr(second_factor, "HALFWAY_SECONDS", -1)
        assert (await give_code(guest, phone.code())).headers["Location"] == "/"
        assert await who(guest) is None


@pytest.mark.parametrize("change", ["password", "block", "removal"])
async def test_the_second_step_ends_with_what_the_first_relied_on(
    app: Quart, shop: Shop, change: str
) -> None:
    owner, email, phone, _ = await with_factor(app)
    await phone.rest(shop)
    users = shop.database["users"]
    async with browser(app) as guest:
        await _halfway(guest, email)
        if change == "password":
            form = {
                "current_password": PASSWORD,
                "password": NEW,
                "password_confirmation": NEW,
            }
            assert (await owner.post("/account/password", data=form)).is_redirect
        elif change == "block":
            await users.update_one({"email": email}, {"$set": {"blocked": True}})
        else:
            user = await users.find_one({"email": email})
            await shop.database["second_factors"].delete_one({"_id": user["_id"]})

        answer = await give_code(guest, phone.code())
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        assert await who(guest) is None


async def test_a_blocked_account_is_told_so_without_a_code(app: Quart, shop: Shop) -> None:
    _, email, phone, _ = await with_factor(app)
    await shop.database["users"].update_one({"email": email}, {"$set": {"blocked": True}})
    async with browser(app) as guest:
        for code in (None, phone.code()):
            answer = await api_login(guest, email, code)
            assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")


async def test_a_new_password_by_mail_does_not_go_past_the_second_factor(
    app: Quart, shop: Shop
) -> None:
    _, email, phone, _ = await with_factor(app)
    async with browser(app) as guest:
        await guest.post("/auth/password-reset", data={"email": email})
        user = await shop.database["users"].find_one({"email": email})
        reset = await shop.database["password_resets"].find_one({"user_id": str(user["_id"])})
        link = f"/auth/password-reset/{tokens.sign_reset(shop, reset['_id'])}"
        form = {"password": NEW, "password_confirmation": NEW}
        assert (await guest.post(link, data=form)).headers["Location"] == "/"
        assert await who(guest) is None

        answer = await sign_in(guest, email, NEW)
        assert answer.headers["Location"] == SECOND_STEP
        assert await who(guest) is None
        await give_code(guest, phone.code())
        assert await who(guest) == email


async def test_following_the_verification_link_signs_nobody_in(app: Quart, shop: Shop) -> None:
    _, email, _, _ = await with_factor(app)
    user = await shop.database["users"].find_one({"email": email})
    token = tokens.sign_verification(shop, str(user["_id"]), email)
    async with browser(app) as guest:
        assert (await guest.get(f"/auth/verify/{token}")).status_code == 200
        assert await who(guest) is None


async def test_a_session_is_renewed_without_a_code(app: Quart) -> None:
    owner, email = await registered(app)
    await set_up(owner)
    answer = await owner.post("/api/v1/auth/refresh")

    assert answer.status_code == 200
    assert await who(owner) == email


async def test_switching_it_on_signs_the_other_devices_out(app: Quart) -> None:
    owner, email = await registered(app)
    async with browser(app) as other:
        token = await bearer(other, email)
        await set_up(owner)

        assert await who(other, token) is None
        assert await who(owner) == email


async def test_the_time_of_the_last_code_is_all_that_a_sign_in_changes(
    app: Quart, shop: Shop
) -> None:
    _, email, phone, _ = await with_factor(app)
    user = await shop.database["users"].find_one({"email": email})
    before = await shop.database["second_factors"].find_one({"_id": user["_id"]})
    async with browser(app) as guest:
        await api_login(guest, email, phone.code())

    after = await shop.database["second_factors"].find_one({"_id": user["_id"]})
    assert after == before | {"last_step": phone.last_step}
    assert datetime.now(UTC) - after["since"] < timedelta(minutes=2)
