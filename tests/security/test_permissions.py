"""docs/permissions.md is true: of every address, for everybody, about own and others' things."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from quart import Quart
from quart.testing import WebsocketResponseError
from quart_schema.extension import QUART_SCHEMA_TAG_ATTRIBUTE

from storefront import resources, settings
from storefront.app import create_app
from tests.conftest import browser
from tests.security.world import World, new_world, newly_signed_in, people

SOCKET = "SOCKET"
WHO = ("guest", "customer", "another customer", "staff", "admin")
# Where what is sent is looked at before what it is about, something that can be taken.
BODIES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("PUT", "/cart/<item_id>"): {"data": {"quantity": "2"}},
    ("PUT", "/api/v1/cart/<item_id>"): {"json": {"quantity": 2}},
    ("PATCH", "/api/v1/orders/<number>"): {"json": {"status": "paid"}},
    ("PATCH", "/api/v1/users/<user_id>"): {"json": {"role": "admin"}},
    ("PATCH", "/api/v1/products/<product_id>"): {"json": {"name": "Changed"}},
    ("POST", "/chat/<email>"): {"data": {"body": "Hello"}},
    ("POST", "/api/v1/chat/<email>"): {"json": {"body": "Hello"}},
}


def _table() -> dict[tuple[str, str], dict[str, str]]:
    """By method and rule, what each person is answered."""
    text = (resources.ROOT / "docs" / "permissions.md").read_text()
    rows = re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \| (.+) \|$", text, re.MULTILINE)
    return {
        (method, rule): dict(zip(WHO, cells.split(" | "), strict=True))
        for method, rule, cells in rows
    }


def _url_map() -> dict[tuple[str, str], Any]:
    app = create_app(settings.load({"STOREFRONT_ENV": "test"}))
    found = {}
    for rule in app.url_map.iter_rules():
        methods = {SOCKET} if rule.websocket else (rule.methods or set()) - {"HEAD", "OPTIONS"}
        for method in methods:
            found[(method, rule.rule)] = app.view_functions[rule.endpoint]
    return found


TABLE = _table()
REQUESTS = sorted(key for key in TABLE if key[0] != SOCKET)
SOCKETS = sorted(key for key in TABLE if key[0] == SOCKET)


@pytest.fixture(scope="module")
async def others(app: Quart) -> dict[str, httpx.AsyncClient]:
    return await people(app)


@pytest.fixture(scope="module")
async def shared_world(app: Quart) -> World:
    """For addresses that name nothing of anybody's."""
    return await new_world(app)


def test_every_address_has_its_line_and_every_line_its_address() -> None:
    assert set(TABLE) == set(_url_map())


def test_what_is_documented_as_staffs_is_closed_to_customers() -> None:
    """Staff's calls that customers share give them their own things only."""
    shared = {("GET", "/api/v1/orders"), ("GET", "/api/v1/orders/<number>")}
    for key, handler in _url_map().items():
        is_staffs = "staff" in getattr(handler, QUART_SCHEMA_TAG_ATTRIBUTE, ())
        if (is_staffs or key[1].startswith("/staff")) and key not in shared:
            assert [TABLE[key][who] for who in WHO[:3]] == ["sign in", "no", "no"], key


@pytest.mark.parametrize(("method", "rule"), REQUESTS)
async def test_requests(
    app: Quart,
    others: dict[str, httpx.AsyncClient],
    shared_world: World,
    method: str,
    rule: str,
) -> None:
    answered = {}
    world = shared_world if "<" not in rule else await new_world(app)
    for who in WHO:
        if method != "GET" and "<" in rule:
            world = await new_world(app)
        path = await world.fill(rule)
        credentials = await _credentials(world, others, who)
        before = await world.belongings() if method != "GET" else []
        async with browser(app, headers=credentials) as client:
            answer = await client.request(method, path, **BODIES.get((method, rule), {}))
        answered[who] = _verdict(answer, path)
        if method != "GET" and TABLE[(method, rule)][who] != "yes":
            assert await world.belongings() == before, who

    assert answered == TABLE[(method, rule)]


@pytest.mark.parametrize(("method", "rule"), SOCKETS)
async def test_sockets(
    app: Quart, others: dict[str, httpx.AsyncClient], method: str, rule: str
) -> None:
    answered = {}
    world = await new_world(app)
    path = await world.fill(rule)
    for who in WHO:
        headers = await _credentials(world, others, who)
        async with app.test_client().websocket(path, headers=headers) as socket:
            try:
                await asyncio.wait_for(socket.receive(), 5)
                answered[who] = "yes"
            except WebsocketResponseError as refused:
                answered[who] = {401: "sign in", 403: "no", 404: "hidden"}[
                    refused.response.status_code
                ]

    assert answered == TABLE[(method, rule)]


async def test_who_is_blocked_is_a_guest_everywhere(
    app: Quart, others: dict[str, httpx.AsyncClient]
) -> None:
    world = await new_world(app)
    async with browser(app, headers=await newly_signed_in(app, others["admin"])) as admin:
        answer = await admin.patch(f"/api/v1/users/{world.owner.user_id}", json={"blocked": True})
    assert answer.status_code == 200

    for method, rule in REQUESTS:
        if "<" not in rule and "yes" not in TABLE[(method, rule)]["guest"]:
            answer = await world.owner.request(method, rule)
            assert _verdict(answer, rule) == TABLE[(method, rule)]["guest"], rule


async def _credentials(
    world: World, others: dict[str, httpx.AsyncClient], who: str
) -> dict[str, str]:
    if who == "guest":
        return {}
    return await newly_signed_in(world.app, others.get(who, world.owner))


def _verdict(answer: httpx.Response, path: str) -> str:
    """What the answer means, in the words of the table."""
    status, location = answer.status_code, answer.headers.get("Location", "")
    if status == httpx.codes.UNAUTHORIZED and path.startswith("/api/"):
        return "sign in"
    if status == httpx.codes.SEE_OTHER and location.startswith("/?next=/"):
        return "sign in"
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return f"{status}: {answer.text}"
    return {403: "no", 404: "hidden", 401: "401", 405: "405"}.get(status, "yes")
