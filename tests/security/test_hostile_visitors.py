"""Visitors who try what a browser would not: more fields, other headers, script in every field."""

import logging
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from quart import Quart

from storefront.accounts.model import Role
from storefront.database import ObjectId
from storefront.shop import Shop
from tests.accounts.people import registered, registration
from tests.carts.shelves import add, customer, put_on_shelf
from tests.catalogue.goods import product, sell
from tests.conftest import browser
from tests.security.test_permissions import REQUESTS
from tests.security.world import ADDRESS

SCRIPT = "\"'><svg/onload=alert(1)>{{7*7}}"
BREAKS = [
    "\r\nX-Evil: 1",
    "%0d%0aX-Evil:1",
    "\nX-Evil: 1",
    "\u560d\u560aX-Evil: 1",
    "\r\n\r\n<svg>",
]
NO_PAGES = ("/api/", "/health", "/metrics", "/static", "/images/")


async def test_nobody_gives_themselves_what_only_the_shop_gives(app: Quart, shop: Shop) -> None:
    more = {"role": "admin", "verified": "true", "blocked": "false", "_id": "1", "is_admin": "1"}
    person, email = await registered(app, **more)
    before = await shop.database["users"].find_one({"email": email})
    assert (before["role"], before["verified"]) == ("customer", False)
    await person.post("/account", data={"full_name": "Ada", "phone": "600123456", **more})
    for call, body in (
        ("/api/v1/account", {"full_name": "Ada", "role": "admin"}),
        ("/api/v1/account", {"verified": True}),
        ("/api/v1/account", {"email": "other@example.com"}),
        ("/api/v1/account", {"password_hash": "x"}),
    ):
        assert (await person.patch(call, json=body)).status_code in {200, 422}
    after = await shop.database["users"].find_one({"email": email})
    for name in ("role", "verified", "email", "password_hash"):
        assert after[name] == before[name]


async def test_nobody_sets_a_price_an_owner_or_a_number(app: Quart, shop: Shop) -> None:
    mug = await put_on_shelf(shop, price=1999)
    shopper = await customer(app)
    line = {"product_id": mug.id, "quantity": 1}
    extra = {"unit_price": 1, "user_id": str(ObjectId()), "line_total": 0, "name": "Gift"}
    assert (await shopper.post("/api/v1/cart", json={**line, **extra})).status_code == 201
    form = {**line, "sku": mug.variants[0].sku, "unit_price": "1", "user_id": str(ObjectId())}
    assert (await shopper.post("/cart", data=form)).status_code == 303
    body = {"delivery_address": ADDRESS, "number": 77, "status": "paid", "email": "x@example.com"}
    placed = await shopper.post("/api/v1/orders", json={**body, "items": [], "subtotal": 1})
    order = placed.json()
    assert (placed.status_code, order["status"], order["number"]) == (201, "generated", 1)
    assert [(each["unit_price"], each["quantity"]) for each in order["items"]] == [(1999, 2)]
    assert order["items"][0]["name"] == "Mug"
    assert order["email"] == shopper.email  # type: ignore[attr-defined]


async def test_nobody_writes_in_anothers_name(app: Quart) -> None:
    shopper, other = await customer(app), await customer(app)
    forged = {"type": "system", "author": "The shop", "seq": 1, "user_id": other.user_id}  # type: ignore[attr-defined]
    answer = await shopper.post("/api/v1/chat", json={"body": "Hello", "channel": "x", **forged})
    message = answer.json()
    assert (answer.status_code, message["type"], message["channel"]) == (201, "user", "general")
    assert (message["author"], message["email"]) != ("The shop", other.email)  # type: ignore[attr-defined]
    assert message["email"] == shopper.email  # type: ignore[attr-defined]
    named = {"body": "Hello", "email": other.email}  # type: ignore[attr-defined]
    answer = await shopper.post("/api/v1/chat", json=named)
    assert answer.status_code in {201, 403, 422}
    if answer.status_code == 201:
        assert answer.json()["email"] == shopper.email  # type: ignore[attr-defined]


async def _leave_script_everywhere(app: Quart, shop: Shop, staff: httpx.AsyncClient) -> Any:
    """A customer whose every text is script; returns them and what addresses name."""
    shopper, email = await registered(app, full_name=SCRIPT)
    mug = product(SCRIPT, description=SCRIPT)
    await sell(shop, mug)
    address = {
        **ADDRESS,
        **dict.fromkeys(("recipient", "line1", "line2", "city", "region"), SCRIPT),
    }
    await shopper.post("/account/addresses", data=address)
    await add(shopper, mug)
    await shopper.put("/api/v1/cart/delivery-address", json=address)
    placed = await shopper.post("/api/v1/orders", json={"delivery_address": address})
    assert placed.status_code == 201, placed.text
    number = placed.json()["number"]
    await add(shopper, mug)
    for path in ("/api/v1/chat", f"/api/v1/chat/{email}"):
        assert (await shopper.post(path, json={"body": SCRIPT})).status_code == 201
    await staff.post(f"/staff/orders/{number}/notes", data={"note": SCRIPT, "body": SCRIPT})
    await staff.post("/staff/chat/canned", data={"title": SCRIPT, "body": SCRIPT})
    user = await shop.database["users"].find_one({"email": email})
    mail = await shop.database["outbox"].find_one({"to": email})
    things = {
        "number": str(number),
        "product_id": mug.id,
        "name": mug.id,
        "email": email,
        "user_id": str(user["_id"]),
        "mail_id": str(mail["_id"]),
    }
    return shopper, things


async def test_script_in_any_field_is_text_on_every_page(app: Quart, shop: Shop) -> None:
    admin = await customer(app, role=Role.ADMIN)
    shopper, things = await _leave_script_everywhere(app, shop, admin)
    query = {"q": SCRIPT, "email": SCRIPT, "next": SCRIPT, "status": SCRIPT, "search": SCRIPT}
    seen = 0
    for method, rule in REQUESTS:
        if method != "GET" or rule.startswith(NO_PAGES):
            continue
        path = "/".join(
            things.get(part.strip("<>").rpartition(":")[2], quote(SCRIPT, safe=""))
            if part.startswith("<")
            else part
            for part in rule.split("/")
        )
        for client in (admin, shopper):
            for params in ({}, query):
                for headers in ({}, {"HX-Request": "true", "HX-Request-Type": "partial"}):
                    answer = await client.get(path, params=params, headers=headers)
                    if "html" in answer.headers.get("Content-Type", ""):
                        assert "<svg/onload" not in answer.text, path
                        assert "49}" not in answer.text, path
                        seen += "&lt;svg/onload" in answer.text
    assert seen > 20


@pytest.mark.parametrize("text", BREAKS)
async def test_no_line_break_gets_into_a_header(app: Quart, text: str) -> None:
    async with browser(app) as guest:
        answers = [
            await guest.get(f"/productos/{quote(text)}"),
            await guest.get("/carrito", params={"a": text}),
            await guest.get("/account", params={"x": text}),
            await guest.get("/", params={"next": f"/{text}"}),
            await guest.post("/auth/register", data=registration(next=f"/products{text}")),
            await guest.post("/preferences", data={"language": text, "theme": text, "next": text}),
            await guest.get("/products", params={"lang": text}),
        ]
    for answer in answers:
        assert "x-evil" not in answer.headers
        for value in answer.headers.values():
            assert not set(value) & set("\r\n\u560d\u560a"), (answer.url, value)


async def test_an_email_that_only_looks_like_anothers_opens_nothing(app: Quart, shop: Shop) -> None:
    _, email = await registered(app, email="kiosk@example.com")
    before = await shop.database["users"].count_documents({})
    async with browser(app) as guest:
        for same in ("KIOSK@example.com", "kios\u212a@example.com", "kiosk@EXAMPLE.com"):
            answer = await guest.post("/auth/register", data=registration(email=same))
            assert answer.status_code == 422, same
        # A Cyrillic letter makes another mailbox, of somebody else: an account of its own.
        strangers = "ki\u043esk@example.com"
        other = await guest.post("/auth/register", data=registration(email=strangers))
        assert other.status_code in {303, 422}
        await guest.post("/auth/password-reset", data={"email": "kios\u212a@example.com"})
        await guest.post("/auth/password-reset", data={"email": strangers})
    resets = [each async for each in shop.database["outbox"].find({"kind": "password_reset"})]
    assert await shop.database["users"].count_documents({}) <= before + 1
    assert {each["to"] for each in resets} <= {email, strangers}


async def test_no_line_of_the_log_is_written_by_a_visitor(
    app: Quart, caplog: pytest.LogCaptureFixture
) -> None:
    forged = "x\r\n12:00:00 INFO storefront: FORGED\x1b[2J"
    with caplog.at_level(logging.INFO):
        async with browser(app) as guest:
            for path in (f"/{quote(forged)}", f"/products?q={quote(forged)}", "/orders/%0aFORGED"):
                await guest.get(path, headers={"User-Agent": "FORGED", "Referer": "FORGED"})
            await guest.post("/auth/login", data={"email": forged, "password": forged})
            await guest.post("/api/v1/auth/login", json={"email": forged, "password": forged})
            await guest.request("FORGED", "/products")
    assert caplog.records
    for record in caplog.records:
        if record.name.startswith("storefront"):
            assert "\n" not in record.getMessage()
            assert "\x1b" not in record.getMessage()
