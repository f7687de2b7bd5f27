"""The database goes away, or answers slowly; visitors come in crowds, or dawdle.

The shop says so in time, refuses what is too much, and recovers by itself.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from storefront.accounts.model import Role
from tests.chat.live_shop import LiveShop, OwnDatabase, free_port, serve
from tests.chat.people import Person, make_person_in
from tests.conftest import eventually
from tests.reliability.slow_line import SlowLine, slow_line

RECOVERS_WITHIN_SECONDS = 40
CROWD = 150
DAWDLERS = 200
DAWDLE_SECONDS = 40
DAWDLED = [
    b"GET /products HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    b"POST /cart HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nprod",
]
LOAD_SECONDS = 6
# At two seconds for each command, 48 at once are answered so many times a second.
CAPACITY = 24
MOST_GROWTH_BYTES = 120 * 1024 * 1024


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Iterator[OwnDatabase]:
    database = OwnDatabase(free_port(), tmp_path_factory.mktemp("faulty"))
    database.start()
    yield database
    database.kill()


@pytest.fixture(scope="module")
def line(database) -> Iterator[SlowLine]:
    with slow_line(database.port) as line:
        yield line


@pytest.fixture(scope="module")
def served(line, tmp_path_factory) -> Iterator[LiveShop]:
    # The driver would else go round the line, to the address that the server gives as its own.
    url = f"mongodb://127.0.0.1:{line.port}/?directConnection=true"
    with serve(url, tmp_path_factory.mktemp("faults"), workers=1) as shop:
        yield shop


@pytest.fixture(scope="module")
async def people(served) -> tuple[Person, Person]:
    shop = served.inside
    return (
        await make_person_in(shop, "Ada Shopper"),
        await make_person_in(shop, "Sam Staff", Role.STAFF),
    )


@pytest.fixture
async def http(served) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=400)
    async with httpx.AsyncClient(base_url=served.url, timeout=60, limits=limits) as client:
        yield client


@pytest.fixture(scope="module")
async def product(served, people) -> str:
    wanted = {
        "name": "Lamp",
        "description": "It shines.",
        "category": "lamps",
        "unit_price": 1_000,
        "stock": 100,
    }
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
        answer = await client.post("/api/v1/products", json=wanted, headers=people[1].bearer)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@pytest.fixture(scope="module", autouse=True)
async def dawdlers(served) -> list[asyncio.Task[float]]:
    """Clients who send a byte a second, of headers or of a body; each tells when it was cut off."""
    return [asyncio.create_task(dawdle(served.port, number % 2)) for number in range(DAWDLERS)]


async def dawdle(port: int, kind: int) -> float:
    started = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(DAWDLED[kind])
    with contextlib.suppress(ConnectionError):
        while not reader.at_eof() and time.monotonic() - started < 2 * DAWDLE_SECONDS:
            writer.write(b"x")
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1000), 1)
    writer.close()
    return time.monotonic() - started


async def recovers(http: httpx.AsyncClient) -> bool:
    async def is_ready() -> bool:
        return (await http.get("/health/ready")).status_code == 200

    return bool(await eventually(is_ready, within_seconds=RECOVERS_WITHIN_SECONDS))


async def test_without_its_database_the_shop_says_so_and_comes_back(
    database, people, http, product
) -> None:
    assert await recovers(http)
    ada = people[0].bearer
    wanted = {"product_id": product, "quantity": 2}
    filled = await http.post("/api/v1/cart", json=wanted, headers=ada)
    assert filled.status_code == 201
    await asyncio.to_thread(database.kill)
    await asyncio.sleep(1)

    live, ready, metrics, catalogue, page, fragment, api = await asyncio.gather(
        http.get("/health/live"),
        http.get("/health/ready"),
        http.get("/metrics"),
        http.get("/products"),
        http.get("/cart", headers=people[0].cookie),
        http.get("/cart", headers={**people[0].cookie, "HX-Request": "true"}),
        http.get("/api/v1/cart", headers=ada),
    )
    assert live.status_code == 200
    assert ready.status_code == 503
    assert ready.json()["status"] == "not ready"
    assert metrics.status_code == 200
    assert "storefront_requests_total" in metrics.text
    assert catalogue.status_code == 200
    assert "Lamp" in catalogue.text
    for answer in (page, fragment, api):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert answer.elapsed.total_seconds() < 10
    assert "<h1>The shop is catching its breath</h1>" in page.text
    assert "Nothing of yours is lost" in page.text
    assert "Nothing of yours is lost" in fragment.text
    assert "<html" not in fragment.text
    assert api.json()["type"] == "/problems/unavailable"

    await asyncio.to_thread(database.start)
    assert await recovers(http)
    cart = (await http.get("/api/v1/cart", headers=ada)).json()
    assert [(item["product_id"], item["quantity"]) for item in cart["items"]] == [(product, 2)]


async def test_a_silent_database_makes_requests_fail_in_time_and_holds_up_nothing_else(
    line, people, http, product
) -> None:
    assert await recovers(http)
    assert (await http.get("/products")).status_code == 200
    line.silence()
    started = time.monotonic()
    crowd = [
        asyncio.create_task(http.get("/api/v1/cart", headers=people[0].bearer))
        for _ in range(CROWD)
    ]
    try:
        for _ in range(5):
            await asyncio.sleep(0.5)
            asked = time.monotonic()
            live, page = await asyncio.gather(http.get("/health/live"), http.get("/products"))
            assert (live.status_code, page.status_code) == (200, 200)
            assert time.monotonic() - asked < 8  # Held up, they would take twelve.
        answers = await asyncio.gather(*crowd)
    finally:
        line.speak()
    assert {answer.status_code for answer in answers} == {503}
    assert time.monotonic() - started < 30
    assert await recovers(http)
    again = await http.get("/api/v1/cart", headers=people[0].bearer)
    assert again.status_code == 200


async def test_a_slow_database_makes_the_shop_slow_and_no_more(line, people, http, product) -> None:
    assert await recovers(http)
    line.delay_seconds = 0.2
    try:
        answers = await asyncio.gather(
            *(http.get("/api/v1/cart", headers=people[0].bearer) for _ in range(20))
        )
    finally:
        line.delay_seconds = 0.0
    assert {answer.status_code for answer in answers} == {200}
    assert max(answer.elapsed.total_seconds() for answer in answers) < 15


async def test_at_twice_what_it_can_do_the_shop_sheds_and_serves_on(
    served, line, people, http, product
) -> None:
    assert await recovers(http)
    (worker,) = served.workers()
    before = memory_of(worker)
    line.delay_seconds = 1.0
    requests = []
    try:
        for _ in range(LOAD_SECONDS):
            for _ in range(2 * CAPACITY):
                request = http.get("/api/v1/cart", headers=people[0].bearer)
                requests.append(asyncio.create_task(request))
                await asyncio.sleep(1 / (2 * CAPACITY))
            live = await http.get("/health/live")
            assert live.status_code == 200
            assert live.elapsed.total_seconds() < 6
        answers = await asyncio.gather(*requests)
    finally:
        line.delay_seconds = 0.0
    served_well = [answer for answer in answers if answer.status_code == 200]
    shed = [answer for answer in answers if answer.status_code == 503]
    assert len(served_well) + len(shed) == len(answers)
    assert len(served_well) > CAPACITY * LOAD_SECONDS / 3
    assert shed
    assert {answer.headers["Retry-After"] for answer in shed} == {"5"}
    assert max(answer.elapsed.total_seconds() for answer in answers) < 20
    assert memory_of(worker) - before < MOST_GROWTH_BYTES

    async def is_well() -> bool:
        return (await http.get("/api/v1/cart", headers=people[0].bearer)).status_code == 200

    assert await eventually(is_well, within_seconds=15)
    again = await asyncio.gather(*(is_well() for _ in range(20)))
    assert all(again)


def memory_of(pid: int) -> int:
    """Bytes of memory that the process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


async def test_clients_that_dawdle_are_shown_out_and_hold_up_nobody(dawdlers) -> None:
    """They have been there from the first of these tests on, without any harm to the others."""
    assert max(await asyncio.gather(*dawdlers)) < DAWDLE_SECONDS
