"""What a process keeps in memory has an end, whoever asks for more."""

import asyncio
import gc
import json
import logging
import secrets
import tracemalloc
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from quart import Quart

from storefront.accounts import session_cache, tokens
from storefront.accounts.remembered import RememberedSessions
from storefront.accounts.session_cache import SessionCache
from storefront.carts.counts import CartCounts
from storefront.chat import broker, presence
from storefront.chat.model import own_room
from storefront.chat.presence import Presence
from storefront.chat.unread import UnreadCounts
from storefront.shop import Shop
from storefront.web import public_pages, tallies
from storefront.web.error_log import Refusals
from tests.catalogue.goods import product, sell
from tests.chat.people import Person, make_person
from tests.conftest import browser, eventually

# The test client forgets its own argument of this name.
SPEAKS_JSON = {"subprotocols": ["storefront.json"]}
PAGES = 30
# A header, or a whole address, as long as the server takes.
LONG = 40_000
ASKED = 6


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
    tallies.hand_on()
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


def looked_up(cache: str, result: str) -> float:
    tallies.hand_on()
    labels = {"cache": cache, "result": result}
    return REGISTRY.get_sample_value("storefront_cache_lookups_total", labels) or 0


async def test_sessions_in_memory_make_room_for_newer_ones(
    app: Quart, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_cache, "MOST_ENTRIES", 3)
    await app.extensions["shop"].part(SessionCache).reload()
    people = [await make_person(app, f"Vis{number} Itor") for number in range(4)]

    async def is_known(person: Person) -> bool:
        before = looked_up("sessions", "hit")
        answer = await client.get("/api/v1/auth/session", headers=person.bearer)
        assert answer.json()["user"]["email"] == person.identity.email
        return looked_up("sessions", "hit") > before

    async def are_newer_ones_known() -> bool:
        return [await is_known(each) for each in people[1:]] == [True] * 3

    assert [await is_known(each) for each in people] == [False] * 4
    assert await eventually(are_newer_ones_known)  # News of their beginning may still come.
    assert not await is_known(people[0])


async def test_tokens_and_counts_in_memory_make_room_for_newer_ones(
    app: Quart, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    read = tokens.read_session

    def note_and_read(shop: Shop, text: str) -> Any:
        checked.append(text)
        return read(shop, text)

    monkeypatch.setattr(tokens, "read_session", note_and_read)
    people = [await make_person(app, f"Vis{number} Itor") for number in range(4)]
    texts = [each.token.text for each in people]
    remembered = RememberedSessions(shop, most=3)
    carts, unread = CartCounts(most=3), UnreadCounts(shop, most=3)
    for person in people:
        remembered.identity({"session": person.token.text}, is_secure=False)
        carts.keep(person.identity.user_id, None)
        await unread.count(person.identity)
    for text in (*texts[1:], texts[0]):
        remembered.identity({"session": text}, is_secure=False)

    assert checked == [*texts, texts[0]]
    assert [carts.get(each.identity.user_id) for each in people] == [None, 0, 0, 0]
    assert [unread.remembered(each.identity) for each in people] == [None, 0, 0, 0]


async def test_who_was_writing_is_forgotten(
    app: Quart, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also who is not seen writing any more, having sent the message."""
    person, present = await make_person(app, "Ada Shopper"), Presence(shop, broker.Broker(shop))
    told = vars(present)["_told_writing"]  # It shows nowhere else.
    await present.tell_writing(own_room(person.identity.user_id), person.identity)
    assert told
    monkeypatch.setattr(presence, "WRITING_SECONDS", 0)
    keeping = asyncio.create_task(present.keep())

    async def is_forgotten() -> bool:
        return not told

    try:
        assert await eventually(is_forgotten)
    finally:
        keeping.cancel()


@pytest.mark.parametrize(
    ("address", "header"),
    [
        ("/products", "Accept-Language"),
        ("/products", "Accept-Encoding"),
        ("/products", "User-Agent"),
        ("/products", "Cookie"),
        ("/api/v1/products", "Authorization"),
        ("/products?lang={}", None),
        ("/products?q={}", None),
        ("/products?option.{}=x", None),
        ("/products?option.size={}", None),
        ("/api/v1/products?category={}", None),
        ("/{}", None),
    ],
)
async def test_no_long_text_of_a_visitor_stays_in_memory(
    app: Quart, shop: Shop, address: str, header: str | None
) -> None:
    """What is remembered by such a text is bounded by its length, too, not only by number."""

    async def held() -> int:
        tracemalloc.start()
        try:
            await ask_with_long_texts(app, address, header)
            gc.collect()
            return tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    await ask_with_long_texts(app, address, header)
    # Twice, since the shop does other things meanwhile, which hold memory, too.
    assert min(await held(), await held()) < LONG * ASKED / 2


async def test_little_of_a_long_address_is_kept_and_logged(
    app: Quart, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="storefront")
    shop.add_part(Refusals())  # Others may have filled this minute's.
    async with browser(app) as client:
        answer = await client.get("/" + "x" * LONG)

    kept = await shop.database["errors"].find_one({"_id": answer.headers["X-Request-ID"]})
    assert kept is not None
    assert len(kept["path"]) < 1_000
    said = [each.getMessage() for each in caplog.records if each.name.startswith("storefront")]
    assert said
    assert max(map(len, said)) < 1_000


async def ask_with_long_texts(app: Quart, address: str, header: str | None) -> None:
    for _ in range(ASKED):
        text = secrets.token_hex(LONG // 2)
        path, _, query = address.format(text).partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"shop.test")],
            "client": ("127.0.0.1", 1),
            "server": ("shop.test", 80),
        }
        if header:
            scope["headers"].append((header.lower().encode(), text.encode()))  # type: ignore[attr-defined]
        statuses = []

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(3_600)
            return {"type": "http.disconnect"}

        async def send(message: Any, statuses: list[int] = statuses) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        asking = asyncio.create_task(app(scope, receive, send))  # type: ignore[arg-type]
        await asyncio.wait_for(asking, 30)
        assert statuses[0] < 500
