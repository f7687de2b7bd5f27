"""Forwarded headers count only from proxies that the owner trusts."""

from typing import Any

import pytest

from storefront.web.proxies import ForwardedHeaders

FORGED = [
    (b"host", b"inner:8000"),
    (b"x-forwarded-for", b"203.0.113.9"),
    (b"x-forwarded-host", b"shop.example"),
    (b"x-forwarded-proto", b"https"),
]


async def seen(trusted: list[str], scope: dict[str, Any]) -> dict[str, Any]:
    """What the application behind the layer is told."""
    told: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        told.update(scope)

    await ForwardedHeaders(app, trusted)(scope, None, None)
    return told


def request_from(address: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {"type": "http", "scheme": "http", "client": (address, 5), "headers": headers}


async def test_a_trusted_proxy_is_believed() -> None:
    told = await seen(["10.0.0.0/8"], request_from("10.1.2.3", FORGED))

    assert told["client"] == ("203.0.113.9", 0)
    assert told["scheme"] == "https"
    assert told["headers"] == [(b"host", b"shop.example")]


async def test_a_stranger_is_not_believed_and_the_headers_are_gone() -> None:
    told = await seen(["10.0.0.0/8"], request_from("203.0.113.1", FORGED))

    assert told["client"] == ("203.0.113.1", 5)
    assert told["scheme"] == "http"
    assert told["headers"] == [(b"host", b"inner:8000")]


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        (b"6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (b"203.0.113.9", "203.0.113.9"),
        (b"10.0.0.7", "10.0.0.1"),
        (b"", "10.0.0.1"),
    ],
)
async def test_the_client_is_the_last_address_that_is_no_proxy_of_ours(
    chain: bytes, client: str
) -> None:
    told = await seen(["10.0.0.0/8"], request_from("10.0.0.1", [(b"x-forwarded-for", chain)]))

    assert told["client"][0] == client


async def test_a_web_socket_keeps_its_own_schemes() -> None:
    scope = request_from("10.0.0.1", FORGED) | {"type": "websocket", "scheme": "ws"}

    told = await seen(["10.0.0.1"], scope)

    assert told["scheme"] == "wss"
