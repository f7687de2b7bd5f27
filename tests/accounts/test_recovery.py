"""Links in mails: verifying an address, and a new password for a forgotten one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from quart import Quart

from storefront.accounts import tokens
from storefront.shop import Shop
from tests.accounts.letters import link, mails_to, part
from tests.accounts.people import registered, registration, sign_in, who
from tests.conftest import PASSWORD, browser

NEW = {"password": "a brand new password", "password_confirmation": "a brand new password"}


async def test_the_link_in_the_welcome_mail_verifies_the_address(
    app: Quart, mail_folder: Path
) -> None:
    customer, email = await registered(app)
    assert "Please follow the link that we sent to" in (await customer.get("/account")).text
    (welcome,) = await mails_to(mail_folder, email)

    async with browser(app) as mail_program:
        answer = await mail_program.get(link(welcome, "/auth/verify/"))
        again = await mail_program.get(link(welcome, "/auth/verify/"))

    assert answer.status_code == 200
    assert again.status_code == 200
    assert (await customer.get("/api/v1/account")).json()["verified"] is True
    assert "Please follow the link that we sent to" not in (await customer.get("/account")).text


async def test_a_forged_verification_link_verifies_nobody(
    app: Quart, client: httpx.AsyncClient, shop: Shop
) -> None:
    customer, email = await registered(app)
    user = await shop.database["users"].find_one({"email": email})
    tokens_for_others = [
        "nonsense",
        tokens.sign_verification(shop, str(user["_id"]), "another@example.com"),
        tokens.sign_verification(shop, "0" * 24, email),
        tokens.sign_reset(shop, "x"),
    ]

    for token in tokens_for_others:
        assert (await client.get(f"/auth/verify/{token}")).status_code == 404

    assert (await customer.get("/api/v1/account")).json()["verified"] is False


async def test_the_verification_link_can_be_sent_again(app: Quart, mail_folder: Path) -> None:
    customer, email = await registered(app)

    answer = await customer.post("/account/verification")

    assert answer.status_code == 303
    _, again = await mails_to(mail_folder, email, count=2)
    assert link(again, "/auth/verify/")


async def test_a_forgotten_password_is_replaced_once(
    app: Quart, client: httpx.AsyncClient, mail_folder: Path
) -> None:
    customer, email = await registered(app)

    sent = await client.post("/auth/password-reset", data={"email": email.upper()})
    assert sent.status_code == 303
    assert "f-email" not in (await client.get(sent.headers["Location"])).text
    _, mail = await mails_to(mail_folder, email, count=2)
    path = link(mail, "/auth/password-reset/")
    form = await client.get(path)
    assert form.status_code == 200
    assert f'action="{path}"' in form.text
    done = await client.post(path, data=NEW)

    assert done.status_code == 303
    assert done.headers["Location"] == "/"
    assert await who(customer) is None
    assert (await sign_in(client, email, PASSWORD)).status_code == 422
    assert (await sign_in(client, email, NEW["password"])).status_code == 303
    told = (await mails_to(mail_folder, email, count=3))[-1]
    assert "was changed" in told["Subject"]

    for again in (await client.get(path), await client.post(path, data=NEW)):
        assert again.status_code == 404
        assert "This link was used before" in again.text


async def test_a_rejected_new_password_leaves_the_link_usable(
    app: Quart, client: httpx.AsyncClient, mail_folder: Path
) -> None:
    _, email = await registered(app)
    await client.post("/api/v1/auth/password-reset", json={"email": email})
    _, mail = await mails_to(mail_folder, email, count=2)
    path = link(mail, "/auth/password-reset/")

    for bad in ("short", email, "Ana García", "password1"):
        answer = await client.post(path, data={"password": bad, "password_confirmation": bad})
        assert answer.status_code == 422
        assert 'id="f-password-error"' in answer.text

    assert (await client.post(path, data=NEW)).status_code == 303


async def test_a_reset_link_is_good_for_thirty_minutes(
    app: Quart, client: httpx.AsyncClient, shop: Shop, mail_folder: Path
) -> None:
    _, email = await registered(app)
    await client.post("/auth/password-reset", data={"email": email})
    _, mail = await mails_to(mail_folder, email, count=2)
    user = await shop.database["users"].find_one({"email": email})
    reset = await shop.database["password_resets"].find_one({"user_id": str(user["_id"])})
    assert reset["expires_at"] - reset["created_at"] == timedelta(minutes=30)

    await shop.database["password_resets"].update_one(
        {"_id": reset["_id"]}, {"$set": {"expires_at": datetime.now(UTC)}}
    )

    assert (await client.post(link(mail, "/auth/password-reset/"), data=NEW)).status_code == 404
    assert (await sign_in(client, email, PASSWORD)).status_code == 303


async def test_what_is_stored_of_a_reset_opens_nothing(
    app: Quart, client: httpx.AsyncClient, shop: Shop, mail_folder: Path
) -> None:
    _, email = await registered(app)
    await client.post("/auth/password-reset", data={"email": email})
    _, mail = await mails_to(mail_folder, email, count=2)
    token = link(mail, "/auth/password-reset/").rpartition("/")[2]
    stored = [
        str(document)
        for collection in ("password_resets", "outbox")
        async for document in shop.database[collection].find({})
    ]
    reset = await shop.database["password_resets"].find_one({})

    assert not any(token in text for text in stored)
    assert (await client.get(f"/auth/password-reset/{reset['_id']}")).status_code == 404


async def test_resets_of_one_account_do_not_fill_its_mailbox(
    app: Quart, client: httpx.AsyncClient, shop: Shop
) -> None:
    _, email = await registered(app)

    for _ in range(7):
        answer = await client.post("/auth/password-reset", data={"email": email})
        assert answer.status_code == 303

    written = await shop.database["outbox"].count_documents({"to": email, "kind": "password_reset"})
    assert written == 5


async def test_an_unknown_email_is_answered_like_a_known_one(app: Quart, shop: Shop) -> None:
    _, email = await registered(app)
    mails = await shop.database["outbox"].count_documents({})

    answers = []
    for typed in ("nobody@example.com", email):
        async with browser(app) as guest:
            page = await guest.post("/auth/password-reset", data={"email": typed})
            api = await guest.post("/api/v1/auth/password-reset", json={"email": typed})
        answers.append((page.status_code, page.headers["Location"], api.status_code, api.content))

    assert answers[0] == answers[1]
    assert await shop.database["outbox"].count_documents({}) == mails + 2


@pytest.mark.parametrize("typed", ["", "nonsense"])
async def test_what_is_no_email_is_told_at_the_field(client: httpx.AsyncClient, typed: str) -> None:
    answer = await client.post("/auth/password-reset", data={"email": typed})

    assert answer.status_code == 422
    assert 'id="f-email-error"' in answer.text


async def test_mails_of_a_registration_are_text_and_html_in_the_customers_language(
    client: httpx.AsyncClient, mail_folder: Path, shop: Shop
) -> None:
    form = registration(full_name="Ana\nBcc: eve@example.com <script>")
    await client.post("/auth/register", data=form, headers={"Accept-Language": "es"})

    (welcome,) = await mails_to(mail_folder, form["email"])
    (notice,) = await mails_to(mail_folder, "orders@storefront.example", about=form["email"])

    assert welcome.get_content_type() == "multipart/alternative"
    assert str(welcome["From"]) == "Meridian <shop@storefront.example>"
    assert welcome["Content-Language"] == "es"
    assert welcome["Auto-Submitted"] == "auto-generated"
    assert welcome["Message-ID"].endswith("@storefront.example>")
    assert '<html lang="es">' in part(welcome, "html")
    assert notice["Content-Language"] == "es"
    assert notice["Subject"] == "Cliente nuevo: Ana Bcc: eve@example.com <script>"
    assert notice["Bcc"] is None
    assert "+34600123456" in part(notice, "plain")
    assert "&lt;script&gt;" in part(notice, "html")
    assert "<script>" not in part(notice, "html")
