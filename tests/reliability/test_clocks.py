"""Hosts whose clocks differ by hours: they share a database, and nobody notices.

Each host is a real process; `faketime` moves the clock of one of them.
"""

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex

import httpx
import pytest

from tests.chat.live_shop import LiveShop, serve
from tests.conftest import PASSWORD, eventually
from tests.mail.smtp_server import free_port, serving
from tests.mail.test_slow_server import SlowMailbox
from tests.reliability.crowd import ADDRESS

LIBRARY = "libfaketimeMT.so.1"
SHIFTS = {"ahead": "+3h", "behind": "-3h"}
# Long enough for the other host to look at the mail that is being sent.
TAKING_SECONDS = 7


def library() -> str | None:
    """What moves the clock of a process that loads it; None where the package is missing."""
    found = next(Path("/usr/lib").glob(f"*/faketime/{LIBRARY}"), None)
    return str(found) if found and shutil.which("faketime") else None


# The library lets sleeping fail with EINVAL; waiting for nothing to read, it leaves alone.
SLEEPING = """
import select, time
time.sleep = lambda seconds: select.select((), (), (), seconds) and None
"""


def moved(folder: Path, **how: str) -> dict[str, str]:
    """The variables of a process with another clock; of Python's own, ``folder`` holds a part."""
    (folder / "sitecustomize.py").write_text(SLEEPING)
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(folder),
        **how,
    }


pytestmark = pytest.mark.skipif(library() is None, reason="needs the package faketime")


@pytest.fixture(scope="module")
def mailbox() -> Iterator[tuple[SlowMailbox, int]]:
    box, port = SlowMailbox(mail_seconds=TAKING_SECONDS), free_port()
    with serving(box, port):
        yield box, port


@pytest.fixture(scope="module", params=sorted(SHIFTS))
def hosts(
    request: pytest.FixtureRequest, database_url, tmp_path_factory, mailbox
) -> Iterator[tuple[LiveShop, LiveShop]]:
    """One whose clock is right, and one whose clock is not."""
    common = {
        "STOREFRONT_DATABASE__NAME": f"clocks_{token_hex(4)}",
        "STOREFRONT_MAIL__TRANSPORT": "smtp",
        "STOREFRONT_MAIL__HOST": "127.0.0.1",
        "STOREFRONT_MAIL__PORT": str(mailbox[1]),
        "STOREFRONT_MAIL__SECURITY": "none",
        "STOREFRONT_SESSION__LIFETIME_MINUTES": "1440",
    }
    wrong = moved(tmp_path_factory.mktemp("python"), FAKETIME=SHIFTS[request.param])
    with ExitStack() as stack:
        yield (
            stack.enter_context(
                serve(database_url, tmp_path_factory.mktemp("right"), workers=1, **common)
            ),
            stack.enter_context(
                serve(database_url, tmp_path_factory.mktemp("wrong"), workers=1, **common, **wrong)
            ),
        )


async def register(host: LiveShop, name: str) -> tuple[str, dict[str, str]]:
    """The email of a new customer of this host, and their token. A name may be a whole email."""
    email = name if "@" in name else f"{name}{token_hex(4)}@example.com"
    person = {
        "full_name": "Ada Shopper",
        "phone": "600123456",
        "email": email,
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
    }
    async with httpx.AsyncClient(base_url=f"{host.url}/api/v1", timeout=60) as http:
        assert (await http.post("/auth/register", json=person)).status_code == 201
        answer = await http.post("/auth/login", json={"email": email, "password": PASSWORD})
    return email, {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def ask(
    host: LiveShop, method: str, path: str, bearer: dict[str, str], **more: object
) -> httpx.Response:
    headers = {**bearer, **more.pop("headers", {})}  # type: ignore[dict-item]
    async with httpx.AsyncClient(base_url=f"{host.url}/api/v1", timeout=60) as http:
        return await http.request(method, path, headers=headers, **more)  # type: ignore[arg-type]


async def test_the_clock_of_one_host_is_really_wrong(hosts) -> None:
    shown = []
    for host in hosts:
        _, bearer = await register(host, "clock")
        answer = await ask(host, "GET", "/account", bearer)
        shown.append(answer.json()["created_at"])
    assert abs(int(shown[0][11:13]) - int(shown[1][11:13])) in {3, 21, 2, 22}


async def test_a_session_begins_on_one_host_and_is_good_and_ends_on_the_other(hosts) -> None:
    for here, there in (hosts, hosts[::-1]):
        _, bearer = await register(here, "session")
        assert (await ask(there, "GET", "/auth/session", bearer)).status_code == 200
        renewed = await ask(there, "POST", "/auth/refresh", bearer)
        assert renewed.status_code == 200
        new = {"Authorization": f"Bearer {renewed.json()['access_token']}"}
        assert (await ask(here, "GET", "/auth/session", new)).status_code == 200

        async def is_over(host: LiveShop = here, ended: dict[str, str] = bearer) -> bool:
            return (await ask(host, "GET", "/auth/session", ended)).status_code == 401

        assert await eventually(is_over)


async def test_an_order_is_one_by_its_key_on_either_host(hosts) -> None:
    right, wrong = hosts
    owner_email, owner = await register(right, "owner")
    await right.inside.database["users"].update_one(
        {"email": owner_email}, {"$set": {"role": "staff"}}
    )
    product = {
        "name": "Lamp",
        "description": "It shines.",
        "category": "lamps",
        "unit_price": 1_000,
        "stock": 9,
    }

    async def is_staff() -> bool:
        made = await ask(right, "POST", "/products", owner, json=product)
        if made.status_code == 201:
            product["id"] = made.json()["id"]
        return made.status_code == 201

    assert await eventually(is_staff)
    _, ada = await register(wrong, "ada")
    wanted = {"product_id": product["id"], "quantity": 2}
    assert (await ask(right, "POST", "/cart", ada, json=wanted)).status_code == 201
    key = {"Idempotency-Key": token_hex(8)}
    numbers = []
    for host in (wrong, right, wrong):
        body = {"delivery_address": ADDRESS}
        answer = await ask(host, "POST", "/orders", ada, json=body, headers=key)
        assert answer.status_code == 201, answer.text
        numbers.append(answer.json()["number"])
    assert len(set(numbers)) == 1
    assert len((await ask(right, "GET", "/orders", ada)).json()["items"]) == 1


async def test_messages_stand_in_the_order_in_which_they_were_written(hosts) -> None:
    email, ada = await register(hosts[0], "writer")
    for number in range(6):
        message = {"body": f"{number}", "client_id": f"{email}-{number}"}
        answer = await ask(hosts[number % 2], "POST", f"/chat/{email}", ada, json=message)
        assert answer.status_code == 201
    for host in hosts:
        listed = (await ask(host, "GET", f"/chat/{email}", ada)).json()["items"]
        assert [each["body"] for each in listed] == [str(number) for number in range(6)]


async def test_each_mail_goes_out_once_and_soon_whoever_wrote_it(hosts, mailbox) -> None:
    box, _ = mailbox
    written = [(await register(host, "mail"))[0] for host in hosts]
    started = time.monotonic()

    async def all_came() -> bool:
        outbox = hosts[0].inside.database["outbox"]
        return await outbox.count_documents({"state": "pending"}) == 0

    assert await eventually(all_came, within_seconds=150)
    assert time.monotonic() - started < 150
    await asyncio.sleep(1)
    for email in written:
        assert len(box.to(email)) == 1
