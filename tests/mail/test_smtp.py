"""Mails over SMTP: once each, whatever the server and other processes do."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from pydantic import SecretStr
from quart import Quart

from storefront import settings
from storefront.app import create_app
from storefront.database import Transaction
from storefront.mail import outbox, sender, service, transports
from storefront.mail.model import Mail, State, StoredMail
from storefront.mail.sender import Sender
from storefront.shop import Shop
from tests.conftest import eventually
from tests.mail.smtp_server import Mailbox, free_port, serving, settings_for

_numbers = count(1)


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def settings_changes(port: int) -> dict[str, str]:
    return settings_for(port)


@pytest.fixture
def mailbox(port: int) -> Iterator[Mailbox]:
    box = Mailbox()
    with serving(box, port):
        yield box


@pytest.fixture(scope="module")
async def other_process(
    app: Quart, database_url: str, mail_folder: Path, settings_changes: dict[str, str]
) -> AsyncIterator[Quart]:
    """The same shop served a second time, from the same database."""
    shop: Shop = app.extensions["shop"]
    values = settings.load(
        {
            "STOREFRONT_ENV": "test",
            "STOREFRONT_DATABASE__URL": database_url,
            "STOREFRONT_DATABASE__NAME": shop.settings.database.name,
            **settings_changes,
        }
    )
    application = create_app(values)
    async with application.test_app():
        yield application


async def write(shop: Shop, to: str = "", *, kind: str = "password_changed") -> str:
    """A mail in the outbox; returns its address."""
    address = to or f"ana{next(_numbers)}@example.com"

    async def work(transaction: Transaction) -> None:
        await outbox.write(shop, transaction, Mail(kind, address, "en", {"full_name": "Ana"}))

    await shop.database.in_transaction(work)
    return address


async def stored(shop: Shop, address: str) -> Any:
    return await shop.database["outbox"].find_one({"to": address})


async def write_as(shop: Shop, address: str, values: dict[str, Any]) -> None:
    """Write a mail that has these values from its first moment on."""

    async def work(transaction: Transaction) -> None:
        mail = Mail("password_changed", address, "en", {"full_name": "Ana"})
        await outbox.write(shop, transaction, mail)
        await shop.database["outbox"].update_one(
            {"to": address}, {"$set": values}, session=transaction
        )

    await shop.database.in_transaction(work)


async def is_sent(shop: Shop, address: str) -> bool:
    return bool((await stored(shop, address))["state"] == "sent")


async def test_a_mail_goes_out_at_once_and_once(shop: Shop, mailbox: Mailbox) -> None:
    address = await write(shop)

    assert await eventually(lambda: is_sent(shop, address), within_seconds=4)
    (mail,) = mailbox.to(address)
    assert mail["Message-ID"] == (await stored(shop, address))["message_id"]
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mailbox.asked == [address]


async def test_a_mail_survives_a_server_that_is_down(shop: Shop, port: int) -> None:
    address = await write(shop)

    async def was_tried() -> bool:
        return bool((await stored(shop, address))["last_error"])

    assert await eventually(was_tried)
    waiting = await stored(shop, address)
    assert (waiting["state"], waiting["attempts"]) == ("pending", 0)

    box = Mailbox()
    with serving(box, port):
        assert await eventually(lambda: is_sent(shop, address), within_seconds=15)
    assert len(box.to(address)) == 1
    assert (await stored(shop, address))["last_error"] is None


async def test_two_processes_send_each_mail_once(
    shop: Shop, other_process: Quart, mailbox: Mailbox
) -> None:
    addresses = [await write(shop) for _ in range(25)]

    async def are_sent() -> bool:
        return not await shop.database["outbox"].count_documents({"state": "pending"})

    assert await eventually(are_sent, within_seconds=20)
    assert sorted(str(mail["To"]) for mail in mailbox.mails) == sorted(addresses)


async def test_a_refused_recipient_fails_and_the_others_get_theirs(
    shop: Shop, mailbox: Mailbox
) -> None:
    refused = await write(shop, f"refused{next(_numbers)}@example.com")
    address = await write(shop)

    assert await eventually(lambda: is_sent(shop, address))
    failed = await stored(shop, refused)
    assert (failed["state"], failed["attempts"]) == ("failed", 1)
    assert failed["last_error"] == "550 there is nobody of that name"
    assert mailbox.asked.count(refused) == 1


async def test_a_busy_recipient_is_tried_again_later(shop: Shop, mailbox: Mailbox) -> None:
    busy = await write(shop, f"busy{next(_numbers)}@example.com")
    address = await write(shop)

    assert await eventually(lambda: is_sent(shop, address))
    waiting = await stored(shop, busy)
    assert (waiting["state"], waiting["attempts"]) == ("pending", 1)
    pause = waiting["next_attempt_at"] - datetime.now(UTC)
    assert timedelta(seconds=2) < pause <= timedelta(seconds=5)
    assert waiting["lease_by"] is None
    await shop.database["outbox"].delete_one({"_id": waiting["_id"]})


async def test_after_the_last_attempt_a_mail_has_failed(shop: Shop, mailbox: Mailbox) -> None:
    busy = f"busy{next(_numbers)}@example.com"

    async def work(transaction: Transaction) -> None:
        await outbox.write(shop, transaction, Mail("password_changed", busy, "en", {}))
        await shop.database["outbox"].update_one(
            {"to": busy}, {"$set": {"attempts": 11}}, session=transaction
        )

    await shop.database.in_transaction(work)

    async def has_failed() -> bool:
        return bool((await stored(shop, busy))["state"] == "failed")

    assert await eventually(has_failed)
    assert (await stored(shop, busy))["attempts"] == 12


async def test_a_mail_that_cannot_be_written_keeps_no_other_waiting(
    shop: Shop, mailbox: Mailbox
) -> None:
    broken = await write(shop, kind="no_such_kind")
    address = await write(shop)

    assert await eventually(lambda: is_sent(shop, address))
    waiting = await stored(shop, broken)
    assert (waiting["state"], waiting["attempts"]) == ("pending", 1)
    assert waiting["last_error"].startswith("TemplateNotFound")
    await shop.database["outbox"].delete_one({"_id": waiting["_id"]})


@pytest.mark.parametrize("clock", [timedelta(), timedelta(days=1), timedelta(days=-1)])
async def test_the_lease_of_a_process_that_died_passes_on_whatever_its_clock_said(
    shop: Shop, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, clock: timedelta
) -> None:
    monkeypatch.setattr(sender, "LEASE", timedelta(seconds=3))
    monkeypatch.setattr(sender, "LOOK_EVERY_SECONDS", 0.5)
    address = f"ana{next(_numbers)}@example.com"
    lease = {
        "lease_by": "a process that died",
        "lease_until": datetime.now(UTC) + clock + timedelta(seconds=30),
    }

    await write_as(shop, address, lease)
    started = time.monotonic()

    assert await eventually(lambda: is_sent(shop, address), within_seconds=30)
    assert time.monotonic() - started >= 3
    assert len(mailbox.to(address)) == 1


async def test_a_lease_by_our_own_clock_passes_on_when_it_has_run_out(
    shop: Shop, mailbox: Mailbox
) -> None:
    address = f"ana{next(_numbers)}@example.com"
    until = datetime.now(UTC) + timedelta(seconds=3)
    lease = {"lease_by": f"a process that died@{sender.clock()}", "lease_until": until}

    await write_as(shop, address, lease)

    assert await eventually(lambda: is_sent(shop, address), within_seconds=20)
    assert (await stored(shop, address))["sent_at"] >= until.replace(microsecond=0)
    assert len(mailbox.to(address)) == 1


async def test_a_lease_by_our_own_clock_that_was_set_anew_is_left_alone_for_its_time(
    shop: Shop, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "LEASE", timedelta(seconds=3))
    monkeypatch.setattr(sender, "LOOK_EVERY_SECONDS", 0.5)
    address = f"ana{next(_numbers)}@example.com"
    until = datetime.now(UTC) - timedelta(hours=3)
    lease = {"lease_by": f"one who sends it now@{sender.clock()}", "lease_until": until}
    monkeypatch.setattr(sender, "clock", lambda: "this host/what it shows now")

    await write_as(shop, address, lease)
    await asyncio.sleep(1.5)
    assert (await stored(shop, address))["lease_by"] == lease["lease_by"]
    assert await eventually(lambda: is_sent(shop, address), within_seconds=20)


async def test_a_mail_that_was_never_tried_is_due_whatever_clock_wrote_it(
    shop: Shop, mailbox: Mailbox
) -> None:
    address = f"ana{next(_numbers)}@example.com"
    later = datetime.now(UTC) + timedelta(hours=3)

    await write_as(shop, address, {"next_attempt_at": later})

    assert await eventually(lambda: is_sent(shop, address), within_seconds=20)
    assert len(mailbox.to(address)) == 1


async def test_a_lease_that_is_renewed_is_left_alone_whatever_its_clock_says(
    shop: Shop, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "LEASE", timedelta(seconds=3))
    monkeypatch.setattr(sender, "LOOK_EVERY_SECONDS", 0.5)
    address = f"ana{next(_numbers)}@example.com"
    until = datetime(2001, 1, 1, tzinfo=UTC)

    async def work(transaction: Transaction) -> None:
        await outbox.write(shop, transaction, Mail("password_changed", address, "en", {}))
        await shop.database["outbox"].update_one(
            {"to": address},
            {"$set": {"lease_by": "of old", "lease_until": until}},
            session=transaction,
        )

    await shop.database.in_transaction(work)
    for second in range(1, 7):
        await asyncio.sleep(1)
        renewed = {"lease_until": until + timedelta(seconds=second)}
        found = {"to": address, "lease_by": "of old"}
        assert (await shop.database["outbox"].update_one(found, {"$set": renewed})).modified_count

    assert mailbox.to(address) == []
    await shop.database["outbox"].delete_one({"to": address})


async def test_stopping_in_the_middle_of_sending_finishes_that_mail_first(
    app: Quart, shop: Shop
) -> None:
    begun, mails = asyncio.Event(), []

    async def send_slowly(mail: StoredMail, _message: EmailMessage) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        mails.append(mail.to)

    task = asyncio.create_task(Sender(shop, send_slowly).run())
    # The running shop has no server to send to here, and leaves the mail to this sender.
    address = await write(shop)
    await asyncio.wait_for(begun.wait(), 20)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert mails == [address]
    assert (await stored(shop, address))["state"] == "sent"


async def test_nothing_is_sent_of_what_was_not_committed(shop: Shop, mailbox: Mailbox) -> None:
    address = f"ana{next(_numbers)}@example.com"

    async def work(transaction: Transaction) -> None:
        await outbox.write(shop, transaction, Mail("password_changed", address, "en", {}))
        raise RuntimeError("something else went wrong")

    with pytest.raises(RuntimeError):
        await shop.database.in_transaction(work)

    assert await stored(shop, address) is None
    after = await write(shop)
    assert await eventually(lambda: is_sent(shop, after))
    assert mailbox.to(address) == []


async def test_staff_can_send_a_mail_again_under_its_own_id(shop: Shop, mailbox: Mailbox) -> None:
    address = await write(shop)
    assert await eventually(lambda: is_sent(shop, address))
    key = str((await stored(shop, address))["_id"])

    await service.resend(shop, key)

    async def came_twice() -> bool:
        return len(mailbox.to(address)) == 2

    assert await eventually(came_twice)
    first, second = mailbox.to(address)
    assert first["Message-ID"] == second["Message-ID"]
    assert await eventually(lambda: is_sent(shop, address))
    listed = await service.list_mails(shop, limit=1)
    assert [mail.id for mail in listed] == [key]
    counts = await service.count_mails(shop)
    assert counts == {State.PENDING: 0, State.FAILED: counts[State.FAILED]}


async def test_a_server_that_answers_is_no_problem(shop: Shop, mailbox: Mailbox, port: int) -> None:
    assert await transports.find_problem(shop.settings.mail) is None


async def test_a_server_that_is_away_is_named(shop: Shop, port: int) -> None:
    problem = await transports.find_problem(shop.settings.mail)

    assert problem is not None
    assert problem.startswith(f"127.0.0.1:{port}: ")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize(("password", "problem"), [("right", False), ("wrong", True)])
async def test_the_shop_signs_in_at_a_server_that_asks_for_it(
    shop: Shop, password: str, problem: bool
) -> None:
    def is_the_shop(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
        return AuthResult(success=(data.login, data.password) == (b"shop", b"right"))

    port = free_port()
    values = shop.settings.mail.model_copy(
        update={"port": port, "username": "shop", "password": SecretStr(password)}
    )
    options = {"authenticator": is_the_shop, "auth_required": True, "auth_require_tls": False}
    with serving(Mailbox(), port, **options):
        found = await transports.find_problem(values)

    assert (found is not None) == problem


async def test_a_server_without_encryption_gets_nothing_where_it_is_asked_for(
    shop: Shop, mailbox: Mailbox
) -> None:
    values = shop.settings.mail.model_copy(update={"security": "starttls"})

    assert await transports.find_problem(values) is not None
    assert mailbox.asked == []


async def test_a_missing_mail_server_is_named_and_mails_wait_for_it() -> None:
    values = settings.load({"STOREFRONT_ENV": "test", "STOREFRONT_MAIL__TRANSPORT": "smtp"})

    problem = await transports.find_problem(values.mail)

    assert problem == "mail.host is empty; smtp needs a server"
