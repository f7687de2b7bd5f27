"""The clock of a host is set anew while its shop runs, by hours, forwards and backwards.

`faketime` moves it for real processes, whenever a file says otherwise.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest

from tests.chat.live_shop import Client, LiveShop, post_until_stored, running, serve
from tests.chat.people import Person, make_person_in
from tests.conftest import eventually
from tests.mail.smtp_server import Mailbox, free_port, serving
from tests.reliability.crowd import ADDRESS
from tests.reliability.test_clocks import ask, library, moved, register

PROMPTLY_SECONDS = 30
# How long a process goes on with what the file said before: so many whole seconds, and more.
NOTICED_SECONDS = 1

pytestmark = pytest.mark.skipif(library() is None, reason="needs the package faketime")


@dataclass
class HoldingMailbox(Mailbox):
    """Takes mails to ``held``, but does not say so before it is asked to."""

    held: str = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (aiosmtpd's name)
        answer = await super().handle_DATA(server, session, envelope)
        while self.held in envelope.rcpt_tos:  # noqa: ASYNC110  (told from another thread)
            await asyncio.sleep(0.05)
        return answer


@pytest.fixture(scope="module")
def mailbox() -> Iterator[tuple[HoldingMailbox, int]]:
    box, port = HoldingMailbox(), free_port()
    with serving(box, port):
        yield box, port


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the clock of the host shows: this is added to the time."""
    file = tmp_path_factory.mktemp("clock") / "clock"
    file.write_text("+0h")
    return file


@pytest.fixture(scope="module")
def host(
    database_url: str,
    clock: Path,
    mailbox: tuple[HoldingMailbox, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LiveShop]:
    variables = moved(
        tmp_path_factory.mktemp("python"),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_CACHE_DURATION=str(NOTICED_SECONDS),
    )
    with serve(
        database_url,
        tmp_path_factory.mktemp("host"),
        STOREFRONT_MAIL__TRANSPORT="smtp",
        STOREFRONT_MAIL__HOST="127.0.0.1",
        STOREFRONT_MAIL__PORT=str(mailbox[1]),
        STOREFRONT_MAIL__SECURITY="none",
        STOREFRONT_SESSION__LIFETIME_MINUTES="1440",
        **variables,
    ) as served:
        yield served


@pytest.mark.parametrize("shift", ["+3h", "-3h"])
async def test_a_clock_that_is_set_anew_breaks_nothing(
    host: LiveShop, clock: Path, mailbox: tuple[HoldingMailbox, int], shift: str
) -> None:
    box, outbox, workers = mailbox[0], host.inside.database["outbox"], host.workers()
    ada = await make_person_in(host.inside, "Ada Shopper")
    listener = Client(host, ada, "/chat")
    box.held = first = f"first{token_hex(4)}@example.com"
    async with (
        httpx.AsyncClient(base_url=host.url, timeout=60) as http,
        running([listener]),
    ):

        async def both_are_at_work() -> bool:
            return "storefront_workers 2.0" in (await http.get("/metrics")).text

        assert await eventually(both_are_at_work, within_seconds=PROMPTLY_SECONDS)
        await post_until_stored(http, ada, "/chat", f"before {shift}")
        _, first_bearer = await register(host, first)

        async def is_taken() -> bool:
            return bool(box.to(first))

        assert await eventually(is_taken)

        await asyncio.to_thread(clock.write_text, shift)
        await asyncio.sleep(NOTICED_SECONDS + 2.5)

        # Who sends is woken by a new mail, and sees what the other one is sending since before: its
        # lease has run out by what the clock shows now, until it is renewed.
        second, second_bearer = await register(host, f"second{token_hex(4)}@example.com")
        account = (await ask(host, "GET", "/account", second_bearer)).json()
        off = datetime.fromisoformat(account["created_at"]) - datetime.now(UTC)
        assert abs(off) > timedelta(hours=2), "the clock was not moved"

        for bearer in (ada.bearer, first_bearer):
            assert (await ask(host, "GET", "/auth/session", bearer)).status_code == 200
        await _order(host, ada)
        stored = await post_until_stored(http, ada, "/chat", f"after {shift}")

        async def has_heard() -> bool:
            return bool(listener.ids) and listener.ids[-1] == stored["id"]

        assert await eventually(has_heard)
        assert len(set(listener.ids)) == len(listener.ids)

        async def others_came() -> bool:
            return await outbox.count_documents({"state": "pending"}) == 1

        assert await eventually(others_came, within_seconds=PROMPTLY_SECONDS)
        box.held = ""

        async def all_came() -> bool:
            return await outbox.count_documents({"state": "pending"}) == 0

        assert await eventually(all_came, within_seconds=PROMPTLY_SECONDS)

    assert [len(box.to(each)) for each in (first, second, ada.identity.email)] == [1, 1, 1]
    assert await outbox.count_documents({"lease_by": {"$ne": None}}) == 0
    assert host.workers() == workers


async def _order(host: LiveShop, person: Person) -> None:
    """Of a product that staff add at this very time."""
    owner = await make_person_in(host.inside, "Sam Staff")
    users = host.inside.database["users"]
    await users.update_one({"email": owner.identity.email}, {"$set": {"role": "staff"}})
    product = {
        "name": f"Lamp {token_hex(4)}",
        "description": "It shines.",
        "category": "lamps",
        "unit_price": 1_000,
        "stock": 1,
    }

    async def is_made() -> str | None:
        made = await ask(host, "POST", "/products", owner.bearer, json=product)
        return str(made.json()["id"]) if made.status_code == 201 else None

    wanted = {"product_id": await eventually(is_made), "quantity": 1}
    put = await ask(host, "POST", "/cart", person.bearer, json=wanted)
    assert put.status_code == 201, put.text
    body = {"delivery_address": ADDRESS}
    ordered = await ask(host, "POST", "/orders", person.bearer, json=body)
    assert ordered.status_code == 201, ordered.text
