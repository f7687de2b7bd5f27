"""A mail server that takes its time, or says nothing at all, holds up nobody but itself."""

import asyncio
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from quart import Quart

from storefront.mail import sender, transports
from storefront.shop import Shop
from tests.accounts.people import registered
from tests.conftest import eventually
from tests.mail.smtp_server import Mailbox, free_port, serving, settings_for
from tests.mail.test_smtp import is_sent, other_process, stored, write

__all__ = ["other_process"]

PROMPTLY_SECONDS = 5


@dataclass
class SlowMailbox(Mailbox):
    """Waits before it answers: to every command, to a recipient, or to a whole mail."""

    command_seconds: float = 0
    recipient_seconds: dict[str, float] = field(default_factory=dict)
    mail_seconds: float = 0

    async def handle_EHLO(  # noqa: N802  (aiosmtpd's name)
        self, _server: Any, session: Any, _envelope: Any, name: str, responses: list[str]
    ) -> list[str]:
        session.host_name = name
        await asyncio.sleep(self.command_seconds)
        return responses

    async def handle_MAIL(  # noqa: N802  (as above)
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        envelope.mail_from = address
        await asyncio.sleep(self.command_seconds)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  (as above)
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        await asyncio.sleep(self.recipient_seconds.get(address, self.command_seconds))
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  (as above)
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(self.mail_seconds or self.command_seconds)
        return answer


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def settings_changes(port: int) -> dict[str, str]:
    return settings_for(port)


@pytest.fixture
def mailbox(port: int) -> Iterator[SlowMailbox]:
    box = SlowMailbox()
    with serving(box, port):
        yield box


async def are_sent(shop: Shop, addresses: list[str]) -> bool:
    return all([await is_sent(shop, address) for address in addresses])


async def test_with_a_second_for_each_command_all_mails_go_out_once_and_no_page_waits(
    app: Quart, shop: Shop, mailbox: SlowMailbox
) -> None:
    mailbox.command_seconds = 1
    addresses = [await write(shop, f"waits{number}@example.com") for number in range(6)]
    started = time.monotonic()
    _, email = await registered(app)
    assert time.monotonic() - started < PROMPTLY_SECONDS

    assert await eventually(lambda: are_sent(shop, [*addresses, email]), within_seconds=60)
    for address in [*addresses, email]:
        assert len(mailbox.to(address)) == 1
        assert (await stored(shop, address))["attempts"] == 1


async def test_a_recipient_whose_server_dawdles_holds_up_no_other(
    shop: Shop, mailbox: SlowMailbox
) -> None:
    slow = "slow@example.com"
    mailbox.recipient_seconds[slow] = 10
    await write(shop, slow)
    others = [await write(shop) for _ in range(12)]

    assert await eventually(lambda: are_sent(shop, others), within_seconds=9)
    assert not await is_sent(shop, slow)
    assert await eventually(lambda: is_sent(shop, slow), within_seconds=30)
    assert mailbox.asked.count(slow) == 1


async def test_a_mail_whose_sending_outlasts_its_lease_stays_with_its_sender(
    shop: Shop,
    other_process: Quart,
    mailbox: SlowMailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sender, "LEASE", timedelta(seconds=3))
    monkeypatch.setattr(sender, "RENEWED_EVERY_SECONDS", 0.5)
    monkeypatch.setattr(sender, "LOOK_EVERY_SECONDS", 0.5)
    mailbox.mail_seconds = 8
    address = await write(shop)

    assert await eventually(lambda: is_sent(shop, address), within_seconds=30)
    assert len(mailbox.to(address)) == 1


async def test_who_took_a_mail_may_be_slow_to_say_so(
    shop: Shop, mailbox: SlowMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "TIMEOUT_SECONDS", 2)
    mailbox.mail_seconds = 4
    address = await write(shop)

    assert await eventually(lambda: is_sent(shop, address), within_seconds=30)
    assert len(mailbox.to(address)) == 1


async def test_a_command_that_is_never_answered_is_given_up_and_tried_again(
    shop: Shop, mailbox: SlowMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "TIMEOUT_SECONDS", 1)
    address = await write(shop, "silent@example.com")
    mailbox.recipient_seconds[address] = 3_600

    async def was_tried() -> bool:
        return int((await stored(shop, address))["attempts"]) == 1

    assert await eventually(was_tried)
    waiting = await stored(shop, address)
    assert (waiting["state"], waiting["lease_by"]) == ("pending", None)
    mailbox.recipient_seconds.clear()
    assert await eventually(lambda: is_sent(shop, address), within_seconds=30)
    assert len(mailbox.to(address)) == 1


async def test_a_server_that_never_says_a_word_is_one_that_is_away(
    shop: Shop, client: httpx.AsyncClient, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "TIMEOUT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", port)):
        address = await write(shop)

        async def was_tried() -> bool:
            return bool((await stored(shop, address))["last_error"])

        assert await eventually(was_tried)
        waiting = await stored(shop, address)
        assert (waiting["state"], waiting["attempts"]) == ("pending", 0)
        started = time.monotonic()
        assert (await client.get("/products")).status_code == 200
        assert time.monotonic() - started < PROMPTLY_SECONDS

    box = SlowMailbox()
    with serving(box, port):
        assert await eventually(lambda: is_sent(shop, address), within_seconds=30)
    assert len(box.to(address)) == 1
