"""Workers that are told to go finish what they have begun; the shop serves on meanwhile."""

import asyncio
import os
import signal
from collections.abc import Iterator

import httpx
import pytest

from tests.chat.live_shop import LiveShop, serve
from tests.chat.people import make_person_in
from tests.conftest import eventually

VISITORS = 8
REPLACED = 2


@pytest.fixture(scope="module")
def served(database_url, tmp_path_factory) -> Iterator[LiveShop]:
    with serve(database_url, tmp_path_factory.mktemp("leaving")) as shop:
        yield shop


async def test_no_request_fails_while_workers_are_replaced_one_after_the_other(served) -> None:
    person = await make_person_in(served.inside, "Ada Shopper")
    answers: list[int] = []
    done = asyncio.Event()

    async def visit(client: httpx.AsyncClient) -> None:
        while not done.is_set():
            for method, path in (("GET", "/products"), ("GET", "/cart"), ("GET", "/orders")):
                answer = await client.request(method, path, headers=person.cookie)
                answers.append(answer.status_code)

    # A connection for each request: one that is kept may be closed just when it is used again.
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=served.url, timeout=60, limits=limits) as client:
        visitors = [asyncio.create_task(visit(client)) for _ in range(VISITORS)]
        for _ in range(REPLACED):
            leaving = served.workers()[0]
            os.kill(leaving, signal.SIGTERM)

            async def is_replaced(leaving: int = leaving) -> bool:
                return leaving not in served.workers() and len(served.workers()) == 2

            assert await eventually(is_replaced, within_seconds=40)

            async def both_are_open() -> bool:
                return (await client.get("/health/ready")).status_code == 200

            assert await eventually(both_are_open, within_seconds=40)
            await asyncio.sleep(1)
        done.set()
        await asyncio.gather(*visitors)
    assert set(answers) == {200}
    assert len(answers) > 10
