"""What a process keeps in memory has an end, whoever asks for more."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from quart import Quart

from storefront.chat import broker
from storefront.shop import Shop
from storefront.web import public_pages
from tests.catalogue.goods import product, sell
from tests.chat.people import Person, make_person

# The test client forgets its own argument of this name.
SPEAKS_JSON = {"subprotocols": ["storefront.json"]}
PAGES = 30


async def opened(app: Quart, person: Person, held: AsyncExitStack) -> str:
    """Open one more socket that stays; what is said first, or why there is nothing to say."""
    socket: Any = await held.enter_async_context(
        app.test_client().websocket("/chat", headers=person.bearer, scope_base=SPEAKS_JSON)
    )
    said = json.loads(await asyncio.wait_for(socket.receive(), 10))
    return str(said["problem"]["type"] if said["kind"] == "error" else said["kind"])


async def test_sockets_are_counted_by_person_and_in_all(
    app: Quart, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "MOST_PER_PERSON", 2)
    monkeypatch.setattr(broker, "MOST_IN_ALL", 3)
    ada, ben = await make_person(app, "Ada Shopper"), await make_person(app, "Ben Shopper")
    said = await client.post("/api/v1/chat", json={"body": "Hello"}, headers=ada.bearer)
    assert said.status_code == 201
    async with AsyncExitStack() as held:
        hers = [await opened(app, ada, held) for _ in range(3)]
        his = [await opened(app, ben, held) for _ in range(2)]

    assert hers == ["message", "message", "/problems/too-many-requests"]
    assert his == ["message", "/problems/unavailable"]


def from_memory() -> float:
    return REGISTRY.get_sample_value("storefront_public_pages_total", {"source": "memory"}) or 0


async def test_pages_in_memory_make_room_for_newer_ones(
    app: Quart, shop: Shop, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sell(shop, product("Lantern"))
    one = len((await client.get("/products?q=size")).content)
    monkeypatch.setattr(public_pages, "LARGEST_TOTAL_BYTES", 10 * one)
    paths = [f"/products?q=page{number}" for number in range(PAGES)]
    for path in paths:
        assert (await client.get(path)).status_code == 200
    before = from_memory()
    await client.get(paths[-1])
    assert from_memory() == before + 1
    await client.get(paths[0])
    assert from_memory() == before + 1
