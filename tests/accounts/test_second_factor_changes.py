"""Setting a second factor up, new recovery codes, its end, and what is kept of it."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from quart import Quart

from storefront.accounts import second_factor_setup
from storefront.shop import Shop
from tests.accounts.factors import (
    CODES,
    HOME,
    App,
    api_login,
    offered,
    recovery_codes,
    set_up,
    with_factor,
)
from tests.accounts.letters import mails_to, part
from tests.accounts.people import bearer, registered, who
from tests.conftest import PASSWORD, browser

STOREFRONT = Path(sys.executable).with_name("storefront")


async def _factor(shop: Shop, email: str) -> Any:
    user = await shop.database["users"].find_one({"email": email})
    return await shop.database["second_factors"].find_one({"_id": user["_id"]})


async def _events(shop: Shop, email: str) -> list[str]:
    found = shop.database["outbox"].find({"to": email, "kind": "second_factor"})
    return [mail["context"]["event"] async for mail in found]


async def _history(shop: Shop, email: str) -> list[tuple[str, Any, Any]]:
    user = await shop.database["users"].find_one({"email": email})
    found = shop.database["history"].find({"subject": f"user:{user['_id']}"})
    entries = [entry async for entry in found]
    return [
        (entry["by"]["full_name"], change["before"], change["after"])
        for entry in entries
        for change in entry["what"]
        if change["field"] == "second_factor"
    ]


def _proof(code: str, password: str = PASSWORD, **others: str) -> dict[str, str]:
    return {"code": code, "current_password": password, **others}


async def test_an_app_takes_the_key_from_a_picture_a_link_or_typed(app: Quart) -> None:
    owner, email = await registered(app)
    page = await owner.get(HOME)
    phone, _ = offered(page)

    link = page.text.partition('href="otpauth:')[2].partition('"')[0].replace("&amp;", "&")
    parts = urlsplit(f"otpauth:{link}")
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parts.path.partition(":")[2].replace("%40", "@") == email
    query = parse_qs(parts.query)
    assert (query["secret"], query["issuer"]) == ([phone.key], ["Meridian"])
    assert len(phone.key) == 32
    assert 'src="data:image/svg+xml' in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert offered(await owner.get(HOME))[0].key != phone.key


async def test_nothing_is_kept_before_the_app_gave_a_right_code_and_one_the_password(
    app: Quart, shop: Shop
) -> None:
    owner, email = await registered(app)
    phone, setup = offered(await owner.get(HOME))
    code = phone.code()
    for form, words in (
        (_proof(phone.wrong_code(), setup=setup), "This is not the code of this key now."),
        (_proof(code, "not the password", setup=setup), "This is not your password."),
        (_proof("", setup=setup), "Please fill this in."),
        (_proof(code), "Please look at the marked fields."),
        (_proof(code, setup=setup[:-4] + "AAAA"), "please begin with the new key"),
    ):
        answer = await owner.post(HOME, data=form)
        assert answer.status_code == 422
        assert words in answer.text.replace("&#39;", "'")
        assert PASSWORD not in answer.text
        assert await _factor(shop, email) is None
        if form.get("setup") == setup:
            assert offered(answer)[0].key == phone.key

    assert (await owner.post(HOME, data=_proof(code, setup=setup))).is_redirect
    assert await _events(shop, email) == ["on"]


async def test_a_key_that_was_offered_to_somebody_else_is_not_taken(app: Quart) -> None:
    owner, _ = await registered(app)
    other, _ = await registered(app)
    phone, setup = offered(await other.get(HOME))

    assert (await owner.post(HOME, data=_proof(phone.code(), setup=setup))).status_code == 422


async def test_an_offer_is_good_for_half_an_hour(
    app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert second_factor_setup.OFFER_SECONDS == 30 * 60
    owner, _ = await registered(app)
    phone, setup = offered(await owner.get(HOME))
    monkeypatch.setattr(second_factor_setup, "OFFER_SECONDS", -1)

    answer = await owner.post(HOME, data=_proof(phone.code(), setup=setup))

    assert answer.status_code == 422
    assert offered(answer)[0].key != phone.key


async def test_recovery_codes_are_shown_once(app: Quart) -> None:
    owner, _, phone, codes = await with_factor(app)

    assert len(codes) == 10
    again = await owner.get(CODES)
    assert (again.status_code, again.headers["Location"]) == (303, HOME)
    for path in ("/account", HOME, "/account/data", "/api/v1/account"):
        text = (await owner.get(path)).text
        assert phone.key not in text.replace(" ", "")
        assert not [code for code in codes if code in text]


async def test_somebody_else_at_this_browser_is_shown_no_codes(app: Quart) -> None:
    owner, _ = await registered(app)
    phone, setup = offered(await owner.get(HOME))
    await owner.post(HOME, data=_proof(phone.code(), setup=setup))
    other, _ = await registered(app)
    other.cookies.set("recovery-codes", owner.cookies["recovery-codes"])

    assert (await other.get(CODES)).headers["Location"] == HOME
    assert len(recovery_codes(await owner.get(CODES))) == 10


async def test_it_cannot_be_switched_on_twice(app: Quart, shop: Shop) -> None:
    owner, email = await registered(app)
    first, setup = offered(await owner.get(HOME))
    second, other_setup = offered(await owner.get(HOME))
    forms = [_proof(first.code(), setup=setup), _proof(second.code(), setup=other_setup)]

    answers = await asyncio.gather(*(owner.post(HOME, data=form) for form in forms))

    assert sorted(answer.headers["Location"] for answer in answers) == [HOME, CODES]
    assert await _events(shop, email) == ["on"]
    assert len(await _history(shop, email)) == 1


async def test_new_recovery_codes_take_the_place_of_the_old(app: Quart, shop: Shop) -> None:
    owner, email, phone, old = await with_factor(app)
    for form in (_proof(phone.wrong_code()), _proof(phone.code(), "not the password")):
        assert (await owner.post(CODES, data=form)).status_code == 422

    answer = await owner.post(CODES, data=_proof(phone.used_code()))
    new = recovery_codes(await owner.get(CODES))

    assert (answer.status_code, answer.headers["Location"]) == (303, CODES)
    assert (len(new), set(new) & set(old)) == (10, set())
    async with browser(app) as guest:
        assert (await api_login(guest, email, old[0])).status_code == 401
        assert (await api_login(guest, email, new[0])).status_code == 200
    assert sorted(await _events(shop, email)) == ["on", "recovery_code", "recovery_codes"]


async def test_switching_it_off_takes_password_and_code(app: Quart, shop: Shop) -> None:
    owner, email, phone, codes = await with_factor(app)
    async with browser(app) as other:
        token = {
            "Authorization": "Bearer "
            + (await api_login(other, email, codes[0])).json()["access_token"]
        }
        for form in (
            _proof(phone.used_code()),
            _proof(phone.wrong_code()),
            _proof(codes[0]),
            _proof(codes[1], "not the password"),
            _proof(""),
        ):
            answer = await owner.post(HOME, data=form | {"_method": "DELETE"})
            assert answer.status_code == 422
            assert await _factor(shop, email) is not None

        answer = await owner.post(HOME, data=_proof(phone.code(), _method="DELETE"))
        assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
        assert await _factor(shop, email) is None
        assert await who(owner) == email
        assert await who(other, token) is None
        assert (await api_login(other, email)).status_code == 200
    assert (await _events(shop, email))[-1] == "off"
    assert sorted(await _history(shop, email)) == [
        ("Ana García", False, True),
        ("Ana García", True, False),
    ]


async def test_where_there_is_none_nothing_ends_and_no_codes_are_made(app: Quart) -> None:
    owner, _ = await registered(app)
    for path, method in ((HOME, "DELETE"), (CODES, "POST")):
        form = _proof("123456", _method=method)
        answer = await owner.post(path, data=form)
        assert (answer.status_code, answer.headers["Location"]) == (303, HOME)


async def test_programs_set_it_up_and_end_it(app: Quart, shop: Shop) -> None:
    person, email = await registered(app)
    path = "/api/v1/account/second-factor"
    assert (await person.get(path)).json() == {"since": None, "recovery_codes_left": 0}

    offer = (await person.post(f"{path}/key")).json()
    phone = App(offer["key"])
    assert offer["uri"].startswith("otpauth://totp/Meridian:")
    wrong = _proof(phone.wrong_code(), setup=offer["setup"])
    refused = await person.post(path, json=wrong)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "code")
    wanted = _proof(phone.code(), setup=offer["setup"])
    made = await person.post(path, json=wanted)
    assert (made.status_code, len(made.json()["recovery_codes"])) == (201, 10)
    assert made.headers["Cache-Control"] == "private, no-store"
    assert (await person.post(path, json=wanted)).status_code == 409
    kept = (await person.get(path)).json()
    assert kept["recovery_codes_left"] == 10
    assert kept["since"].endswith("Z")

    renewed = await person.post(f"{path}/recovery-codes", json=_proof(phone.code()))
    codes = renewed.json()["recovery_codes"]
    assert (renewed.status_code, len(codes)) == (201, 10)
    assert (await person.request("DELETE", path, json=_proof("x"))).status_code == 422
    assert (await person.request("DELETE", path, json=_proof(codes[0]))).status_code == 204
    assert (await person.request("DELETE", path, json=_proof(codes[1]))).status_code == 404
    assert await _factor(shop, email) is None


async def test_mails_tell_what_became_of_it(app: Quart, mail_folder: Path) -> None:
    owner, email, phone, _ = await with_factor(app)
    await owner.post(CODES, data=_proof(phone.code()))

    for words in ("was switched on", "new recovery codes were made"):
        mail = (await mails_to(mail_folder, email, about=words))[0]
        assert mail["Subject"] == "The second factor of your account at Meridian"
        assert words in part(mail, "html")
        assert "/auth/password-reset" in part(mail, "plain")


async def _staff(app: Quart, shop: Shop, role: str) -> tuple[httpx.AsyncClient, str]:
    person, email = await registered(app, full_name=f"The {role}")
    await shop.database["users"].update_one({"email": email}, {"$set": {"role": role}})
    token = await bearer(person, email)
    person.headers.update(token)
    return person, email


async def _id(shop: Shop, email: str) -> str:
    return str((await shop.database["users"].find_one({"email": email}))["_id"])


@pytest.mark.parametrize("door", ["page", "api"])
async def test_admins_take_it_off_somebody_who_lost_it(app: Quart, shop: Shop, door: str) -> None:
    owner, email, _, _ = await with_factor(app)
    admin, _ = await _staff(app, shop, "admin")
    user_id = await _id(shop, email)
    page = await admin.get(f"/staff/users/{user_id}")
    assert "Remove the second factor" in page.text

    if door == "page":
        path = f"/staff/users/{user_id}/second-factor"
        answer = await admin.post(path, data={"_method": "DELETE"})
        assert answer.headers["Location"] == f"/staff/users/{user_id}"
        again = await admin.post(path, data={"_method": "DELETE"})
        assert again.status_code == 303
    else:
        path = f"/api/v1/users/{user_id}/second-factor"
        assert (await admin.delete(path)).status_code == 204
        assert (await admin.delete(path)).status_code == 404

    assert await _factor(shop, email) is None
    assert await who(owner) is None
    assert (await api_login(owner, email)).status_code == 200
    assert await _events(shop, email) == ["on", "removed"]
    assert ("The admin", True, False) in await _history(shop, email)
    words = (await admin.get(f"/staff/users/{user_id}")).text
    assert "Second factor" in words
    assert "Remove the second factor" not in words


async def test_nobody_takes_off_their_own_without_a_code(app: Quart, shop: Shop) -> None:
    admin, email = await _staff(app, shop, "admin")
    await set_up(admin)
    user_id = await _id(shop, email)

    assert "Remove the second factor" not in (await admin.get(f"/staff/users/{user_id}")).text
    for path in (f"/staff/users/{user_id}", f"/api/v1/users/{user_id}"):
        answer = await admin.delete(f"{path}/second-factor")
        assert answer.status_code == 403
    assert await _factor(shop, email) is not None


async def test_the_owner_takes_it_off_at_the_terminal(app: Quart, shop: Shop) -> None:
    owner, email, _, _ = await with_factor(app)
    values = shop.settings
    environment = os.environ | {
        "STOREFRONT_ENV": "test",
        "STOREFRONT_DATABASE__URL": values.database.url.get_secret_value(),
        "STOREFRONT_DATABASE__NAME": values.database.name,
    }

    async def remove(address: str) -> subprocess.CompletedProcess[str]:
        command = [STOREFRONT, "remove-second-factor", address]
        return await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, check=False
        )

    done, again, nobody = await remove(email), await remove(email), await remove("x@example.com")

    assert (done.returncode, done.stderr) == (0, "")
    assert "can sign in with the password alone" in done.stdout
    assert again.returncode == 1
    assert "has no second factor" in again.stderr
    assert nobody.returncode == 1
    assert await _factor(shop, email) is None
    assert await _events(shop, email) == ["on", "removed"]
    assert ("", True, False) in await _history(shop, email)
    assert (await api_login(owner, email)).status_code == 200


async def test_the_database_holds_neither_key_nor_codes(app: Quart, shop: Shop) -> None:
    _, email, phone, codes = await with_factor(app)
    kept = str(await _factor(shop, email))

    assert phone.key not in kept
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]
    names = await shop.database.collection_names()
    for name in names:
        everything = str([each async for each in shop.database[name].find({})])
        assert phone.key not in everything, name
        assert codes[0] not in everything, name


async def test_ones_data_tells_of_it_and_holds_no_secret(app: Quart, shop: Shop) -> None:
    owner, email, phone, _ = await with_factor(app)
    plain, _ = await registered(app)

    data = json.loads((await owner.get("/account/data")).text)

    factor = await _factor(shop, email)
    since = factor["since"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert data["account"]["second_factor_since"] == since
    assert factor["sealed_key"] not in json.dumps(data)
    assert phone.key not in json.dumps(data)
    data = json.loads((await plain.get("/account/data")).text)
    assert data["account"]["second_factor_since"] is None


async def test_it_goes_with_the_account(app: Quart, shop: Shop) -> None:
    owner, email, _, _ = await with_factor(app)
    key = (await _factor(shop, email))["_id"]

    answer = await owner.request("DELETE", "/api/v1/account", json={"password": PASSWORD})

    assert answer.status_code == 204
    assert await shop.database["second_factors"].find_one({"_id": key}) is None


def test_an_app_of_the_tests_never_repeats_itself() -> None:
    phone = App("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    assert phone.code() != phone.code()
