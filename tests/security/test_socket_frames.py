"""Whatever is sent over a socket is stored or answered with the reason; the socket stays open."""

import asyncio
import json
import os
import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quart import Quart

from storefront.accounts.model import Role
from storefront.chat.broker import Broker
from storefront.shop import Shop
from tests.chat.people import Person, make_person
from tests.conftest import eventually

# The test client forgets its own argument of this name.
SPEAKS_JSON = {"subprotocols": ["storefront.json"]}
IS_LONG = bool(os.environ.get("STOREFRONT_LONG_TESTS"))
HALF = "\ud800"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        name: JSON | st.just(HALF) | st.just({"$ne": None})
        for name in ("body", "client_id", "email", "writing", "type", "author", "seq", HALF)
    },
)
HUGE = {
    "list": "[" * 20_000,
    "object": '{"body":' * 5_000,
    "number": '{"body": ' + "9" * 5_000 + "}",
    "text": json.dumps({"body": "a" * 5_000}),
    "id": json.dumps({"body": "a", "client_id": "a" * 5_000}),
}
FRAMES = st.one_of(
    FIELDS.map(json.dumps),
    JSON.map(json.dumps),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(min_size=1),  # Of an empty one the test client makes no frame.
    st.sampled_from(sorted(HUGE)).map(lambda name: HUGE[name]),
)


@pytest.fixture(scope="module", params=["/chat", "/staff/chat"])
def path(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


async def _answer(socket: Any, wanted: str) -> list[dict[str, Any]]:
    """What comes until the message with the client id ``wanted``."""
    heard = []
    while not heard or heard[-1].get("message", {}).get("client_id") != wanted:
        heard.append(json.loads(await asyncio.wait_for(socket.receive(), 10)))
    return heard


async def _send_all(app: Quart, person: Person, path: str, frames: list[str | bytes]) -> None:
    async with app.test_client().websocket(
        path, headers=person.bearer, scope_base=SPEAKS_JSON
    ) as socket:
        for frame in frames:
            await socket.send(frame)
        mark = secrets.token_hex(8)
        alive = {"body": "alive", "client_id": mark, "email": person.identity.email}
        await socket.send(json.dumps(alive))
        heard = await _answer(socket, mark)
        statuses = {each["problem"]["status"] for each in heard if each["kind"] == "error"}
        assert statuses <= {422}
    await eventually(lambda: _nobody_listens(app))


async def _nobody_listens(app: Quart) -> bool:
    """One person may have so many sockets only, and those before are closing."""
    return not app.extensions["shop"].part(Broker).listeners()


async def test_halves_of_characters_are_refused_where_they_stand(app: Quart) -> None:
    ana = await make_person(app, "Ana García")
    async with app.test_client().websocket(
        "/chat", headers=ana.bearer, scope_base=SPEAKS_JSON
    ) as socket:
        await socket.send('{"body": "Hi", "client_id": "\\ud800"}')
        answer = json.loads(await asyncio.wait_for(socket.receive(), 5))

    assert answer["kind"] == "error"
    assert answer["problem"]["errors"] == [{"field": "client_id", "message": "This must be text."}]


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # The shop beside it does.
async def test_no_frame_ends_a_socket(app: Quart, shop: Shop, path: str) -> None:
    sam = await make_person(app, "Sam Staff", Role.STAFF)
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=300 if IS_LONG else 12,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.lists(FRAMES, min_size=1, max_size=8))
    def check(frames: list[str | bytes]) -> None:
        sending = _send_all(app, sam, path, frames)
        asyncio.run_coroutine_threadsafe(sending, loop).result(60)

    await asyncio.to_thread(check)
    assert await shop.database["messages"].count_documents({}) > 0
    assert await shop.database["errors"].count_documents({"status": 500}) == 0
