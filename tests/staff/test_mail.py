"""The outbox in the back office: what failed and why, what it said, and once more."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId
from quart import Quart

from storefront.mail import service
from storefront.mail.model import State
from storefront.shop import Shop
from tests.accounts.people import registered
from tests.conftest import eventually
from tests.staff.people import HTMX, staff, words_of

REFUSED = "550 no such mailbox"


async def mail_to(shop: Shop, email: str, kind: str = "registration") -> Any:
    """The stored mail, once it was sent."""

    async def sent() -> Any:
        which = {"to": email, "kind": kind, "state": "sent"}
        return await shop.database["outbox"].find_one(which)

    return await eventually(sent)


async def failed_mail(app: Quart, shop: Shop, **changes: Any) -> tuple[str, str]:
    """The id of a welcome that failed, and whom it is to."""
    _, email = await registered(app)
    mail = await mail_to(shop, email)
    changes = {"state": "failed", "last_error": REFUSED, "attempts": 12, "sent_at": None} | changes
    await shop.database["outbox"].update_one({"_id": mail["_id"]}, {"$set": changes})
    return str(mail["_id"]), email


async def ids(client: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await client.get("/api/v1/mails", params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def test_a_failed_mail_is_seen_and_sent_again(app: Quart, shop: Shop) -> None:
    mail_id, email = await failed_mail(app, shop)
    async with await staff(app) as clerk:
        listed = await clerk.get("/staff/mail", params={"state": "failed"})
        assert email in listed.text
        assert REFUSED in listed.text
        page = words_of(await clerk.get(f"/staff/mail/{mail_id}"))
        assert f"Attempts 12 Last error {REFUSED}" in page
        assert "Subject Welcome to" in page

        answer = await clerk.post(f"/staff/mail/{mail_id}/resend")

        assert answer.headers["Location"] == f"/staff/mail/{mail_id}"
        assert "The mail is on its way again." in (await clerk.get(answer.headers["Location"])).text
        again = await mail_to(shop, email)
        assert str(again["_id"]) == mail_id
        assert again["attempts"] == 1
        assert again["last_error"] is None
        assert mail_id not in await ids(clerk, state="failed")


async def test_a_program_sends_it_again(app: Quart, shop: Shop) -> None:
    mail_id, email = await failed_mail(app, shop)
    async with await staff(app) as clerk:
        (shown,) = [
            each
            for each in (await clerk.get("/api/v1/mails?state=failed")).json()["items"]
            if each["id"] == mail_id
        ]
        assert (shown["to"], shown["kind"], shown["state"]) == (email, "registration", "failed")
        assert (shown["attempts"], shown["last_error"], shown["sent_at"]) == (12, REFUSED, None)
        assert "context" not in shown

        answer = await clerk.post(f"/api/v1/mails/{mail_id}/resend")

        assert answer.status_code == 200
        assert (answer.json()["id"], answer.json()["attempts"]) == (mail_id, 0)
        assert await mail_to(shop, email)


async def test_a_mail_that_waits_cannot_be_sent_again(app: Quart, shop: Shop) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    mail_id, _ = await failed_mail(app, shop, state="pending", next_attempt_at=later)
    async with await staff(app) as clerk:
        answer = await clerk.post(f"/api/v1/mails/{mail_id}/resend")
        assert answer.status_code == 409
        page = await clerk.get(f"/staff/mail/{mail_id}")
        assert "Send again" not in page.text
        assert "Next attempt" in page.text
        answer = await clerk.post(f"/staff/mail/{mail_id}/resend")
        assert answer.status_code == 303
        stored = await shop.database["outbox"].find_one({"_id": ObjectId(mail_id)})
        assert (stored["state"], stored["attempts"]) == ("pending", 12)
        for unknown in (str(ObjectId()), "x"):
            assert (await clerk.post(f"/api/v1/mails/{unknown}/resend")).status_code == 404
            assert (await clerk.get(f"/staff/mail/{unknown}")).status_code == 404
            assert (await clerk.get(f"/staff/mail/{unknown}/preview")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "path"),
    [("registration", "/auth/verify/"), ("password_reset", "/auth/password-reset/")],
)
async def test_previews_do_not_open_accounts(
    app: Quart, shop: Shop, client: httpx.AsyncClient, kind: str, path: str
) -> None:
    _, email = await registered(app)
    await client.post("/auth/password-reset", data={"email": email})
    mail = await mail_to(shop, email, kind)
    async with await staff(app) as clerk:
        page = await clerk.get(f"/staff/mail/{mail['_id']}")
        preview = await clerk.get(f"/staff/mail/{mail['_id']}/preview")
        for text in (page.text, preview.text):
            assert f"{path}…" in text
            assert text.count(path) == text.count(f"{path}…")


async def test_a_preview_can_do_nothing(app: Quart, shop: Shop) -> None:
    mail_id, _ = await failed_mail(app, shop)
    async with await staff(app) as clerk:
        page = await clerk.get(f"/staff/mail/{mail_id}")
        preview = await clerk.get(f"/staff/mail/{mail_id}/preview")
        policy = preview.headers["Content-Security-Policy"].split("; ")
        assert policy == [
            "sandbox",
            "default-src 'none'",
            "style-src 'unsafe-inline'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
        ]
        assert preview.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert preview.headers["Cache-Control"] == "private, no-store"
        assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        elsewhere = await clerk.get("/staff/mail")
        assert "frame-src" not in elsewhere.headers["Content-Security-Policy"]


async def test_a_mail_that_cannot_be_written_says_why(app: Quart, shop: Shop) -> None:
    mail_id, _ = await failed_mail(app, shop, kind="of_old")
    async with await staff(app) as clerk:
        page = await clerk.get(f"/staff/mail/{mail_id}")
        assert page.status_code == 200
        assert "This mail cannot be shown: TemplateNotFound" in words_of(page)
        assert "Send again" in page.text
        assert "<iframe" not in page.text
        assert (await clerk.get(f"/staff/mail/{mail_id}/preview")).status_code == 404


async def test_the_outbox_goes_on_page_by_page(app: Quart, shop: Shop) -> None:
    expected = [(await failed_mail(app, shop))[0] for _ in range(5)][::-1]
    async with await staff(app) as clerk:
        seen: list[str] = []
        after: str | None = ""
        while after is not None and len(seen) < 5:
            query = {"state": "failed", "limit": 2, "after": after}
            answer = (await clerk.get("/api/v1/mails", params=query)).json()
            seen += [each["id"] for each in answer["items"]]
            after = answer["next"]
        assert seen[:5] == expected
        assert (await clerk.get("/api/v1/mails?state=lost")).status_code == 422
        counts = await service.count_mails(shop)
        failed = await service.list_page(shop, state=State.FAILED, limit=100)
        assert counts[State.FAILED] == len(failed.items)


async def test_htmx_gets_the_fragment_and_is_led_to_the_mail(app: Quart, shop: Shop) -> None:
    mail_id, _ = await failed_mail(app, shop)
    async with await staff(app) as clerk:
        listed = await clerk.get("/staff/mail", headers=HTMX)
        assert 'id="mails"' in listed.text
        assert "<html" not in listed.text
        answer = await clerk.post(f"/staff/mail/{mail_id}/resend", headers=HTMX)
        assert answer.headers["HX-Redirect"] == f"/staff/mail/{mail_id}"
