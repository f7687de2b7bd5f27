"""Whom to believe about where a request came from.

``X-Forwarded-*`` headers are believed only from ``server.trusted_proxies``: from anybody else
they are taken out, so that nobody can forge their address, host or scheme.
"""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any

FORWARDED = frozenset({b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"forwarded"})

# What else shows that a proxy handed a request on; none of it is believed.
TRACES = FORWARDED | {b"via", b"x-real-ip"}

# Set in the scope of a request that came with any of these headers, believed or not.
WAS_FORWARDED = "storefront.was_forwarded"


class ForwardedHeaders:
    """ASGI layer that puts the client's own address, host and scheme into the scope."""

    def __init__(self, app: Any, trusted: list[str]) -> None:
        self._app = app
        self._trusted = [ip_network(text, strict=False) for text in trusted]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in {"http", "websocket"} and _was_forwarded(scope["headers"]):
            scope = self._seen_through({**scope, WAS_FORWARDED: True})
        await self._app(scope, receive, send)

    def _seen_through(self, scope: Any) -> Any:
        headers = dict(scope["headers"])
        own = [(name, value) for name, value in scope["headers"] if name not in FORWARDED]
        client = scope.get("client")
        if client is None or not self._is_trusted(client[0]):
            return {**scope, "headers": own}
        seen = {**scope, "headers": own}
        address = self._nearest_stranger(headers.get(b"x-forwarded-for", b"").decode("latin-1"))
        if address:
            seen["client"] = (address, 0)
        host = _last(headers.get(b"x-forwarded-host", b""))
        if host:
            seen["headers"] = [(name, host if name == b"host" else value) for name, value in own]
        scheme = _last(headers.get(b"x-forwarded-proto", b"")).decode("latin-1").lower()
        if scheme in {"http", "https"}:
            is_socket = scope["type"] == "websocket"
            seen["scheme"] = scheme.replace("http", "ws") if is_socket else scheme
        return seen

    def _nearest_stranger(self, chain: str) -> str | None:
        """The last address in ``chain`` that no trusted proxy of ours has: the client."""
        for address in reversed([part.strip() for part in chain.split(",") if part.strip()]):
            if not self._is_trusted(address):
                return address
        return None

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)


def _was_forwarded(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    return any(name in TRACES or name.startswith(b"x-forwarded-") for name, _ in headers)


def _last(value: bytes) -> bytes:
    """What the nearest proxy wrote, where several have written."""
    return value.rpartition(b",")[2].strip()
