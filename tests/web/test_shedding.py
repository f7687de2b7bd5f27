"""How much one process takes on, with an application that is as slow as a test wants it."""

import asyncio
import json
from typing import Any

import pytest
from quart import Quart

from storefront.web import shedding
from storefront.web.shedding import Shedding


class Slow:
    """An application whose requests finish when the test says so."""

    def __init__(self) -> None:
        self.at_work = 0
        self.bodies: list[bytes] = []
        self.go = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.at_work += 1
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.bodies.append(body)
        if scope["path"] != "/health/live":
            await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/big":
            await asyncio.Event().wait()
        await send({"type": "http.response.body", "body": b"done"})


class Request:
    """One request to the layer; ``status`` is what was answered so far."""

    def __init__(
        self, layer: Any, path: str = "/cart", *, length: int = 0, headers: Any = ()
    ) -> None:
        own = [(b"content-length", str(length).encode())] if length else []
        self.scope = {"type": "http", "path": path, "method": "GET", "headers": [*own, *headers]}
        self.to_read: asyncio.Queue[Any] = asyncio.Queue()
        if not length:
            self.to_read.put_nowait({"type": "http.request", "body": b""})
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.task = asyncio.create_task(layer(self.scope, self.to_read.get, self._send))

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.body += message["body"]

    def send_body(self, body: bytes, *, more: bool = False) -> None:
        self.to_read.put_nowait({"type": "http.request", "body": body, "more_body": more})


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def layer(app: Quart, slow: Slow) -> Shedding:
    return Shedding(slow, shop=lambda: app.extensions["shop"])


@pytest.fixture(autouse=True)
def small_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shedding, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(shedding, "MOST_WAITING", 4)
    monkeypatch.setattr(shedding, "LONGEST_WAIT_SECONDS", 20)
    monkeypatch.setattr(shedding, "LONGEST_SMALL_BODY_SECONDS", 0.3)


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_some_work_some_wait_and_the_others_are_refused_at_once(
    layer: Shedding, slow: Slow
) -> None:
    requests = [Request(layer) for _ in range(10)]
    await settled()
    assert slow.at_work == 3
    assert [each.status for each in requests] == [0] * 7 + [503] * 3
    assert {each.headers[b"retry-after"] for each in requests[7:]} == {b"5"}

    slow.go.set()
    await asyncio.gather(*(each.task for each in requests))
    assert [each.status for each in requests] == [200] * 7 + [503] * 3


async def test_who_waited_too_long_is_refused(
    layer: Shedding, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shedding, "LONGEST_WAIT_SECONDS", 0.3)
    requests = [Request(layer) for _ in range(5)]
    await asyncio.wait([each.task for each in requests[3:]], timeout=5)
    assert [each.status for each in requests] == [0, 0, 0, 503, 503]
    slow.go.set()
    await asyncio.gather(*(each.task for each in requests))
    after = Request(layer)
    await after.task
    assert after.status == 200


async def test_health_is_told_whatever_is_at_work(layer: Shedding, slow: Slow) -> None:
    requests = [Request(layer) for _ in range(10)]
    health = Request(layer, "/health/live")
    await asyncio.wait_for(health.task, 5)
    assert health.status == 200
    slow.go.set()
    await asyncio.gather(*(each.task for each in requests))


async def test_a_refusal_has_the_form_and_language_of_the_request(
    layer: Shedding, slow: Slow
) -> None:
    requests = [Request(layer) for _ in range(7)]
    await settled()
    spanish = (b"accept-language", b"es")
    page = Request(layer, headers=[spanish])
    fragment = Request(layer, headers=[(b"hx-request", b"true")])
    api = Request(layer, "/api/v1/cart")
    await asyncio.gather(page.task, fragment.task, api.task)
    assert {page.status, fragment.status, api.status} == {503}
    assert b'<html lang="es"' in page.body
    assert b"default-src 'none'" in page.headers[b"content-security-policy"]
    assert page.headers[b"x-request-id"] in page.body
    assert b"Nothing of yours is lost" in fragment.body
    assert b"<html" not in fragment.body
    assert json.loads(api.body)["type"] == "/problems/unavailable"
    assert api.headers[b"content-type"] == b"application/problem+json"
    slow.go.set()
    await asyncio.gather(*(each.task for each in requests))


async def test_bodies_that_trickle_in_hold_no_place_and_are_given_up(
    layer: Shedding, slow: Slow
) -> None:
    trickling = [Request(layer, length=100) for _ in range(20)]
    for each in trickling:
        each.send_body(b"x", more=True)
    await settled()
    assert slow.at_work == 0
    whole = Request(layer, length=3)
    whole.send_body(b"a", more=True)
    whole.send_body(b"bc")
    slow.go.set()
    await whole.task
    assert whole.status == 200
    assert slow.bodies == [b"abc"]
    await asyncio.gather(*(each.task for each in trickling))
    assert {each.status for each in trickling} == {408}


async def test_few_large_bodies_are_taken_at_once(layer: Shedding, slow: Slow) -> None:
    large = [Request(layer, length=10_000_000) for _ in range(10)]
    await settled()
    assert [each.status for each in large] == [0] * 8 + [503] * 2
    slow.go.set()
    for each in large[:8]:
        each.send_body(b"picture")
    await asyncio.gather(*(each.task for each in large))
    assert [each.status for each in large] == [200] * 8 + [503] * 2


async def test_who_reads_slowly_holds_no_place(layer: Shedding, slow: Slow) -> None:
    slow.go.set()
    readers = [Request(layer, "/big") for _ in range(6)]
    await settled()
    assert {each.status for each in readers} == {200}
    other = Request(layer)
    await asyncio.wait_for(other.task, 5)
    assert other.status == 200
    for each in readers:
        each.task.cancel()
    await asyncio.gather(*(each.task for each in readers), return_exceptions=True)


async def test_no_more_small_bodies_are_awaited_than_fit(
    layer: Shedding, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shedding, "MOST_SMALL_BODIES", 5)
    monkeypatch.setattr(shedding, "LONGEST_SMALL_BODY_SECONDS", 20)
    trickling = [Request(layer, length=100) for _ in range(8)]
    await settled()
    assert [each.status for each in trickling] == [0] * 5 + [503] * 3
    slow.go.set()
    for each in trickling[:5]:
        each.send_body(b"x" * 100)
    await asyncio.gather(*(each.task for each in trickling))
    assert [each.status for each in trickling] == [200] * 5 + [503] * 3
