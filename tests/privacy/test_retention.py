"""How long things are kept follows the settings."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from quart import Quart

from storefront.shop import Shop
from tests.accounts.people import registered
from tests.carts.shelves import add, put_on_shelf
from tests.conftest import eventually

KEPT = {"carts": 11, "sessions": 3, "errors": 5, "mails": 7}


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    return {f"STOREFRONT_RETENTION__{name.upper()}_DAYS": str(days) for name, days in KEPT.items()}


def days_left(document: Any) -> float:
    left: timedelta = document["expires_at"] - datetime.now(UTC)
    return left / timedelta(days=1)


async def test_a_guests_cart(client: httpx.AsyncClient, shop: Shop) -> None:
    await add(client, await put_on_shelf(shop))

    cart = await shop.database["cart"].find_one({})

    assert days_left(cart) == pytest.approx(KEPT["carts"], abs=0.01)


async def test_an_ended_session(app: Quart, shop: Shop) -> None:
    customer, _email = await registered(app)
    await customer.post("/auth/logout")

    session = await shop.database["sessions"].find_one({})

    assert session["ended_at"] is not None
    assert days_left(session) == pytest.approx(KEPT["sessions"], abs=0.01)


async def test_a_sent_mail(app: Quart, shop: Shop) -> None:
    await registered(app)

    async def sent() -> Any:
        return await shop.database["outbox"].find_one({"state": "sent"})

    assert days_left(await eventually(sent, within_seconds=30)) == pytest.approx(
        KEPT["mails"], abs=0.01
    )


async def test_a_failed_mail(app: Quart, shop: Shop) -> None:
    await registered(app)
    mail = await shop.database["outbox"].find_one({})
    await shop.database["outbox"].insert_one(
        {
            **{key: value for key, value in mail.items() if key not in {"_id", "expires_at"}},
            "kind": "no_such_mail",
            "state": "pending",
            "attempts": 100,
            "next_attempt_at": datetime.now(UTC),
            "lease_by": None,
            "lease_until": None,
        }
    )

    async def failed() -> Any:
        return await shop.database["outbox"].find_one({"state": "failed"})

    assert days_left(await eventually(failed, within_seconds=30)) == pytest.approx(
        KEPT["mails"], abs=0.01
    )


async def test_an_error(client: httpx.AsyncClient, shop: Shop, monkeypatch: Any) -> None:
    def fail(*_arguments: Any) -> None:
        raise ValueError("of no importance")

    monkeypatch.setattr("storefront.catalogue.service.list_products", fail)
    answer = await client.get("/api/v1/products")

    error = await shop.database["errors"].find_one({"_id": answer.json()["error_id"]})
    assert days_left(error) == pytest.approx(KEPT["errors"], abs=0.01)
