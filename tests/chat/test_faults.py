"""Whatever dies in mid stream, every client ends with exactly what is in the collection, once."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from storefront.accounts.model import Role
from storefront.database import ObjectId
from tests.chat.live_shop import (
    Client,
    LiveShop,
    OwnDatabase,
    free_port,
    post_until_stored,
    running,
    serve,
    stored_messages,
)
from tests.chat.people import Person, make_person_in
from tests.conftest import eventually

SENT = 60


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Iterator[OwnDatabase]:
    database = OwnDatabase(free_port(), tmp_path_factory.mktemp("mortal"))
    database.start()
    yield database
    database.kill()


@pytest.fixture(scope="module")
def served(database, tmp_path_factory) -> Iterator[LiveShop]:
    with serve(database.url, tmp_path_factory.mktemp("faults")) as shop:
        yield shop


@pytest.fixture(scope="module")
async def people(served) -> list[Person]:
    customers = [await make_person_in(served.inside, f"Cus{number} Tomer") for number in range(4)]
    return [*customers, await make_person_in(served.inside, "Sam Staff", Role.STAFF)]


@pytest.fixture
async def http(served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served.url, timeout=20) as client:
        yield client


async def talk_through(
    served: LiveShop,
    people: list[Person],
    http: httpx.AsyncClient,
    name: str,
    fault: Callable[[list[Client]], Awaitable[None]],
) -> list[Client]:
    """Send from several people at once, let ``fault`` happen, compare every log with the store."""
    *customers, staff = people
    own = f"/chat/{customers[0].identity.email}"
    clients = [Client(served, each, "/chat") for each in people * 3]
    clients += [Client(served, each, own) for each in (customers[0], staff) * 3]
    clients += [Client(served, staff, "/staff/chat") for _ in range(3)]
    before = len(await stored_messages(served.inside))

    async def send(person: Person, number: int) -> None:
        if number % 3 == 0:
            await post_until_stored(http, customers[0], own, f"{name}-private-{number}")
        elif person is staff:
            email = customers[0].identity.email
            await post_until_stored(http, staff, "/chat", f"{name}-{number}", email=email)
        else:
            await post_until_stored(http, person, "/chat", f"{name}-{number}")

    async def send_all(share: int) -> None:
        for number in range(share, SENT, len(people)):
            await send(people[share], number)

    async with running(clients):
        sending = [asyncio.create_task(send_all(share)) for share in range(len(people))]
        await asyncio.sleep(0.5)
        await fault(clients)
        await asyncio.gather(*sending)

        stored = (await stored_messages(served.inside))[before:]
        assert len(stored) == SENT
        assert len({each["client_id"] for each in stored}) == SENT
        expected = {
            "/chat": [str(each["_id"]) for each in stored if each["channel"] == "general"],
            own: [
                str(each["_id"])
                for each in stored
                if each["user_id"] == customers[0].identity.user_id
            ],
            "/staff/chat": [str(each["_id"]) for each in stored],
        }

        def tail(client: Client) -> list[str]:
            """What it heard since the sending began: a first connection brings older ones."""
            new = set(expected["/staff/chat"])
            return [each for each in client.ids if each in new]

        async def all_are_complete() -> bool:
            return all(tail(each) == expected[each.path] for each in clients)

        await eventually(all_are_complete, within_seconds=40)
        await asyncio.sleep(0.5)
        for client in clients:
            assert tail(client) == expected[client.path]
            assert len(set(client.ids)) == len(client.ids)
    return clients


async def test_sockets_that_are_cut_lose_and_double_nothing(served, people, http):
    async def cut_again_and_again(clients: list[Client]) -> None:
        for turn in range(6):
            for client in clients[turn % 2 :: 2]:
                client.cut()
            await asyncio.sleep(0.4)

    clients = await talk_through(served, people, http, "cut", cut_again_and_again)
    assert any(client.closes for client in clients)


async def test_a_killed_worker_loses_and_doubles_nothing(served, people, http):
    async def kill_one(clients: list[Client]) -> None:
        os.kill(served.workers()[0], signal.SIGKILL)

    clients = await talk_through(served, people, http, "worker", kill_one)
    assert any(1006 in client.closes for client in clients)


async def test_a_worker_that_leaves_says_so_and_its_sockets_go_on_at_another(served, people, http):
    async def let_one_go(clients: list[Client]) -> None:
        os.kill(served.workers()[0], signal.SIGTERM)

    clients = await talk_through(served, people, http, "leaving", let_one_go)
    closes = [code for client in clients for code in client.closes]
    assert 1001 in closes
    assert set(closes) <= {1001}


async def test_a_killed_database_loses_and_doubles_nothing(served, people, http, database):
    async def kill_and_start(clients: list[Client]) -> None:
        await asyncio.to_thread(database.kill)
        await asyncio.sleep(1)
        await asyncio.to_thread(database.start)

    await talk_through(served, people, http, "database", kill_and_start)


async def test_a_slow_reader_is_ended_with_a_clear_code_and_catches_up(served, http):
    slow = await make_person_in(served.inside, "Slow Reader")
    path = f"/chat/{slow.identity.email}"
    first = await post_until_stored(http, slow, path, "first")
    options = {"max_queue": 1, "compression": None, "ping_interval": None}
    async with connect(
        served.address(path),
        subprotocols=["storefront.json"],
        additional_headers=slow.bearer,
        **options,
    ) as connection:
        assert json.loads(await connection.recv())["message"]["id"] == first["id"]
        connection.transport.pause_reading()
        # Fills the buffers of both sockets, which may take megabytes, and then the queue.
        body = "x" * 2000
        await _flood(served, slow, body, 4_200)
        connection.transport.resume_reading()
        heard = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                heard.append(json.loads(await asyncio.wait_for(connection.recv(), 20))["message"])
        assert connection.close_code == 1013

    stored = [
        str(each["_id"])
        for each in await stored_messages(served.inside)
        if each["user_id"] == slow.identity.user_id
    ]
    ids = [first["id"], *(each["id"] for each in heard)]
    assert ids == stored[: len(ids)]
    assert len(ids) < len(stored)
    client = Client(served, slow, path, log=[{"id": ids[-1]}])

    async def has_all() -> bool:
        return [*ids, *client.ids[1:]] == stored

    async with running([client]):
        assert await eventually(has_all, within_seconds=30)


async def test_a_socket_hears_hundreds_of_messages_that_come_at_once(served, http):
    quick = await make_person_in(served.inside, "Quick Reader")
    path = f"/chat/{quick.identity.email}"
    first = await post_until_stored(http, quick, path, "first")
    async with connect(
        served.address(path), subprotocols=["storefront.json"], additional_headers=quick.bearer
    ) as connection:
        assert json.loads(await connection.recv())["message"]["id"] == first["id"]
        await _flood(served, quick, "many", 300)
        heard = [json.loads(await asyncio.wait_for(connection.recv(), 20)) for _ in range(300)]

    assert [each["message"]["client_id"] for each in heard[-1:]] == ["flood-300"]


async def _flood(served: LiveShop, person: Person, body: str, number: int) -> None:
    """Many messages at once, as many people would write them: straight into the collection."""
    shop = served.inside
    last = (await stored_messages(shop))[-1]
    assert last["user_id"] == person.identity.user_id
    for start in range(1, number + 1, 300):
        await shop.database["messages"].insert_many(
            [
                last
                | {
                    "_id": ObjectId(),
                    "seq": last["seq"] + offset,
                    "place": last["place"] + offset,
                    "client_id": f"flood-{offset}",
                    "body": body,
                }
                for offset in range(start, start + 300)
            ]
        )
