"""The database goes away, or answers slowly: the shop says so in time, and recovers by itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from storefront.accounts.model import Role
from tests.chat.live_shop import LiveShop, OwnDatabase, free_port, serve
from tests.chat.people import Person, make_person_in
from tests.conftest import eventually
from tests.reliability.slow_line import SlowLine, slow_line

RECOVERS_WITHIN_SECONDS = 40
CROWD = 150


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
            assert time.monotonic() - asked < 3
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
