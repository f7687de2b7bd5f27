"""Logged errors: found by the id of the answer, grouped, and free of what is nobody's business."""

import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from quart import Quart

from storefront.chat import service as chat
from storefront.shop import Shop
from storefront.web import error_log
from storefront.web.redaction import redact
from tests.carts.shelves import customer
from tests.conftest import PASSWORD
from tests.staff.people import HTMX, staff, words_of

Break = Callable[..., None]


@pytest.fixture
def break_chat(monkeypatch: pytest.MonkeyPatch) -> Break:
    """Let conversations fail with these words."""

    def break_it(words: str, kind: type[Exception] = RuntimeError) -> None:
        async def fail(*_args: Any, **_options: Any) -> Any:
            raise kind(words)

        monkeypatch.setattr(chat, "customer_at", fail)

    return break_it


async def test_an_error_is_read_by_its_id(app: Quart, break_chat: Break) -> None:
    break_chat("the lamp went out")
    async with await staff(app) as clerk:
        broken = await clerk.get("/staff/chat/ana@example.com?canned=1")
        assert broken.status_code == 500
        error_id = broken.headers["X-Request-ID"]
        assert f'href="/staff/errors/{error_id}"' in broken.text
        assert "the lamp went out" not in broken.text

        page = await clerk.get(f"/staff/errors/{error_id}")

        words = words_of(page)
        assert page.status_code == 200
        assert "RuntimeError: the lamp went out" in words
        assert "GET /staff/chat/&lt;email&gt;" in words
        assert "500 internal" in words
        assert f'href="/staff/users/{clerk.user_id}"' in page.text  # type: ignore[attr-defined]
        assert "in fail" in words
        answer = (await clerk.get(f"/api/v1/errors/{error_id}")).json()
        assert answer["error_id"] == error_id
        assert answer["kind"] == "RuntimeError"
        assert answer["user_id"] == clerk.user_id  # type: ignore[attr-defined]
        assert answer["context"] == {"form": "page", "language": "en", "parameters": "canned"}
        assert answer["traceback"].endswith("RuntimeError: the lamp went out\n")


async def test_customers_get_no_link_to_the_error(app: Quart, break_chat: Break) -> None:
    break_chat("the lamp went out")
    async with await customer(app) as shopper:
        broken = await shopper.get("/chat/ana@example.com")
        assert broken.status_code == 500
        assert "/staff/errors" not in broken.text
        assert broken.headers["X-Request-ID"] in broken.text


async def test_the_same_kind_stands_once_with_its_count(app: Quart, break_chat: Break) -> None:
    break_chat("first of all", KeyError)
    async with await staff(app) as clerk:
        ids = []
        for number in range(3):
            break_chat(f"rope {number}", KeyError)
            broken = await clerk.get("/staff/chat/ana@example.com")
            ids.append(broken.headers["X-Request-ID"])
        break_chat("another kind", LookupError)
        other = (await clerk.get("/staff/chat/ana@example.com")).headers["X-Request-ID"]

        listed = (await clerk.get("/api/v1/errors")).json()["items"]
        assert [each["error_id"] for each in listed[:4]] == [other, *reversed(ids)]
        (group,) = {each["group"] for each in listed[1:4]}
        assert listed[0]["group"] != group
        page = await clerk.get("/staff/errors")
        assert page.text.count(f"/staff/errors?group={group}") == 1
        assert f'/staff/errors?group={group}">3</a>' in page.text
        of_kind = await clerk.get(f"/staff/errors?group={group}")
        assert [f"/staff/errors/{key}" in of_kind.text for key in ids] == [True] * 3
        assert other not in of_kind.text
        one = await clerk.get("/api/v1/errors", params={"group": group, "limit": 1})
        assert [each["error_id"] for each in one.json()["items"]] == [ids[2]]
        older = {"group": group, "limit": 5, "after": one.json()["next"]}
        rest = (await clerk.get("/api/v1/errors", params=older)).json()
        assert [each["error_id"] for each in rest["items"]] == [ids[1], ids[0]]
        assert rest["next"] is None


async def test_neither_log_nor_page_tells_secrets_or_addresses(
    app: Quart, shop: Shop, break_chat: Break, caplog: pytest.LogCaptureFixture
) -> None:
    secret = shop.settings.session.secret[0].get_secret_value()
    break_chat(
        f"a.private.person@example.com {secret} password='tell nobody' mongodb://me:word@db/x"
    )
    async with await staff(app) as clerk:
        with caplog.at_level(logging.INFO):
            broken = await clerk.get("/staff/chat/a.private.person@example.com?token=abc")
        error_id = broken.headers["X-Request-ID"]
        page = await clerk.get(f"/staff/errors/{error_id}")
        api = await clerk.get(f"/api/v1/errors/{error_id}")
        stored = str(await shop.database["errors"].find_one({"_id": error_id}))
        ours = [each for each in caplog.records if each.name.startswith("storefront.")]
        logged = " ".join(each.getMessage() for each in ours)
        for text in (page.text, api.text, stored, logged):
            assert "RuntimeError" in text
            for private in (
                "a.private.person@example.com",
                secret,
                "tell nobody",
                "me:word",
                "token=abc",
            ):
                assert private not in text


async def test_what_was_sent_is_not_kept(
    app: Quart, shop: Shop, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: Any, **_options: Any) -> Any:
        raise RuntimeError("out of order")

    monkeypatch.setattr("storefront.accounts.service.authenticate", fail)
    body = {"email": "eva@example.com", "password": PASSWORD}

    broken = await client.post("/api/v1/auth/login", json=body)

    assert broken.status_code == 500
    stored = await shop.database["errors"].find_one({"_id": broken.json()["error_id"]})
    assert stored["user_id"] is None
    assert stored["context"]["form"] == "api"
    assert stored["context"]["content_type"] == "application/json"
    assert PASSWORD not in str(stored)
    assert "eva@example.com" not in str(stored)


async def test_an_unknown_id_is_not_found(app: Quart) -> None:
    async with await staff(app) as clerk:
        for path in ("/staff/errors/abc", "/api/v1/errors/abc"):
            assert (await clerk.get(path)).status_code == 404
        for path in ("/staff/errors?group=zz", "/api/v1/errors?group=zz"):
            assert (await clerk.get(path)).status_code == 422
        empty = await clerk.get("/staff/errors?group=0123456789abcdef")
        assert empty.status_code == 200
        assert "No error of this kind is kept any more." in empty.text


async def test_htmx_gets_the_fragment(app: Quart) -> None:
    async with await staff(app) as clerk:
        fragment = await clerk.get("/staff/errors", headers=HTMX)
        assert "<html" not in fragment.text
        assert 'id="errors"' in fragment.text


def test_code_is_not_taken_for_secrets(shop: Shop) -> None:
    text = (
        'File "/app/storefront/accounts/session_cache.py", line 10, in identity\n'
        "storefront.accounts.administration.LastAdminError: 3.14159265358979 at db.internal\n"
        "token = read_token(request.cookies)\n"
    )
    assert redact(text, shop.settings) == text


def test_a_very_long_word_is_redacted_in_no_time(shop: Shop) -> None:
    text = "a-" * error_log.LONGEST_TRACEBACK
    assert redact(text, shop.settings) == text


async def test_a_refusal_is_read_by_its_id_but_not_listed_as_a_fault(app: Quart) -> None:
    async with await customer(app) as shopper, await staff(app) as clerk:
        refused = await shopper.get("/api/v1/orders/99999")
        secret = await shopper.patch("/api/v1/account", json={"full_name": {"$ne": "hunter2"}})

        found = await clerk.get(f"/staff/errors/{refused.json()['error_id']}")
        assert found.status_code == 200
        assert "404 not-found" in words_of(found)
        assert "NotFoundError" not in words_of(await clerk.get("/staff/errors"))
        kept = await clerk.get(f"/api/v1/errors/{secret.json()['error_id']}")
        assert kept.json()["status"] == 422
        assert "hunter2" not in kept.text


def test_who_asks_for_nonsense_all_day_does_not_fill_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusals, now = error_log.Refusals(), [1_000.0]
    monkeypatch.setattr(error_log, "monotonic", lambda: now[0])

    kept = [refusals.take() for _ in range(2 * error_log.MOST_REFUSALS_A_MINUTE)]
    now[0] += 60

    assert sum(kept) == error_log.MOST_REFUSALS_A_MINUTE
    assert refusals.take()
