"""The figures count what happened, under names that name nobody."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
from prometheus_client.parser import text_string_to_metric_families
from quart import Quart

from storefront.mail import figures
from storefront.mail.model import State
from storefront.shop import Shop
from tests.accounts.people import registered
from tests.conftest import browser, eventually


async def figure(client: httpx.AsyncClient, name: str, **labels: str) -> float:
    """What /metrics says now; 0 for what was never counted."""
    text = (await client.get("/metrics")).text
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def test_pages_from_memory_are_counted_as_those_that_are_rendered(app: Quart) -> None:
    labels = {"method": "GET", "route": "/products", "status": "200"}
    async with browser(app) as guest:
        before = await figure(guest, "storefront_requests_total", **labels)
        timed_before = await figure(guest, "storefront_request_seconds_count", route="/products")

        for _ in range(3):
            await guest.get("/products")

        assert await figure(guest, "storefront_requests_total", **labels) == before + 3
        timed = await figure(guest, "storefront_request_seconds_count", route="/products")
        assert timed == timed_before + 3


async def test_addresses_and_strangers_paths_are_no_labels(client: httpx.AsyncClient) -> None:
    await client.get("/chat/somebody@example.com")
    await client.get("/wp-login.php")
    await client.get("/static/nowhere.css")

    text = (await client.get("/metrics")).text
    assert "somebody" not in text
    assert "wp-login" not in text
    assert "nowhere" not in text
    assert await figure(client, "storefront_requests_total", route="none", status="404") >= 1


async def test_calls_to_the_database_are_timed_by_command(app: Quart) -> None:
    async with browser(app) as guest:
        before = await figure(
            guest, "storefront_database_seconds_count", command="insert", outcome="ok"
        )

        customer, _ = await registered(app)

        after = await figure(
            guest, "storefront_database_seconds_count", command="insert", outcome="ok"
        )
        await customer.aclose()
    assert after > before


async def test_a_session_that_is_known_is_a_hit(app: Quart) -> None:
    name, hit = "storefront_cache_lookups_total", {"cache": "sessions", "result": "hit"}
    customer, _ = await registered(app)
    await customer.get("/account")
    before = await figure(customer, name, **hit)

    await customer.get("/account")

    assert await figure(customer, name, **hit) > before
    await customer.aclose()


async def test_an_old_mail_that_waits_is_seen(shop: Shop, client: httpx.AsyncClient) -> None:
    await shop.database["outbox"].insert_one(
        {"state": State.PENDING.value, **_long_ago(minutes=10)}
    )
    watching = asyncio.create_task(figures.watch_outbox(shop))

    async def is_old() -> bool:
        return await figure(client, "storefront_outbox_age_seconds") >= 600

    assert await eventually(is_old)
    assert await figure(client, "storefront_outbox_mails") >= 1
    watching.cancel()


def _long_ago(*, minutes: int) -> dict[str, object]:
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    # Due in an hour, so that nobody tries to send this document.
    return {
        "lease_by": None,
        "created_at": then,
        "next_attempt_at": then + timedelta(minutes=minutes + 60),
    }
