"""No room left for what is to be written: it is refused, nothing is lost, and all goes on."""

import asyncio
import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from storefront.database import Transaction
from storefront.mail import outbox
from storefront.mail.model import Mail
from storefront.shop import Shop
from tests.conftest import eventually
from tests.reliability.crowd import Shopper, Told
from tests.reliability.world import World, world

# The log that each write goes to first is longer than this once the shop has been opened.
LARGEST_BYTES = 64 * 1024
BODY = "x" * 2_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("full")) as made:
        yield made


@contextmanager
def no_room(made: World) -> Iterator[None]:
    """Let no file of the database grow: what its engine meets is what a full disk gives."""
    assert made.shop is not None
    for pid in [made.shop.pid, *made.database()]:
        limit_files(pid, LARGEST_BYTES)
    try:
        yield
    finally:
        # Also the database that was started meanwhile, which has its limits from the shop.
        for pid in [made.shop.pid, *made.database()]:
            limit_files(pid, resource.RLIM_INFINITY)


def limit_files(pid: int, size: int) -> None:
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))


async def test_a_full_disk_loses_nothing_and_the_database_comes_back(made: World) -> None:
    async with httpx.AsyncClient(base_url=made.url, timeout=40) as http:
        ada = Shopper(http, Told(), name="ada", products=(), rng=random.Random(1))
        await ada.come_in()
        told, refused = {}, []

        async def write(number: int) -> None:
            message = {"body": BODY, "client_id": f"m{number}"}
            answer = await http.post("/api/v1/chat", json=message, headers=ada.bearer)
            if answer.status_code == 201:
                told[f"m{number}"] = answer.json()["id"]
            else:
                refused.append(answer.status_code)

        with no_room(made):
            for number in range(100):
                await write(number)
                if len(refused) >= 3:
                    break
            assert len(refused) == 3
            assert (await http.get("/health/live")).status_code == 200
            assert (await http.get("/metrics")).status_code == 200

        await asyncio.to_thread(made.wait_until_ready)

        async def takes_more() -> bool:
            await write(9_999)
            return "m9999" in told

        assert await eventually(takes_more, within_seconds=40)
        with made.inside() as database:
            stored = {each["client_id"]: str(each["_id"]) for each in database["messages"].find({})}
        assert told.items() <= stored.items()
        assert set(refused) <= {500, 503}


async def test_a_folder_without_room_keeps_the_mails_until_there_is_some(
    shop: Shop, mail_folder: Path
) -> None:
    own = resource.getrlimit(resource.RLIMIT_FSIZE)
    mail = Mail("password_changed", "ada@example.com", "en", {"full_name": "Ada"})

    async def write(transaction: Transaction) -> None:
        await outbox.write(shop, transaction, mail)

    async def stored() -> dict[str, object]:
        found: dict[str, object] = await shop.database["outbox"].find_one({"to": mail.to})
        return found

    async def was_tried() -> bool:
        return bool((await stored())["last_error"])

    async def is_sent() -> bool:
        return (await stored())["state"] == "sent"

    resource.setrlimit(resource.RLIMIT_FSIZE, (100, own[1]))
    try:
        await shop.database.in_transaction(write)
        assert await eventually(was_tried)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, own)
    assert not mails_in(mail_folder)
    waiting = await stored()
    assert (waiting["state"], waiting["attempts"]) == ("pending", 0)
    assert str(waiting["last_error"]).endswith("File too large")

    assert await eventually(is_sent, within_seconds=20)
    (text,) = mails_in(mail_folder)
    assert b"ada@example.com" in text


def mails_in(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.glob("*.eml")]
