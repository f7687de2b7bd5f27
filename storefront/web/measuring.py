"""Counts every answer and every open WebSocket, whichever layer answers it.

But for pages from memory, which stand before all that and are counted with `count_answer`.
"""

import time
from contextlib import suppress
from functools import lru_cache
from typing import Any

from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from storefront.web.assets import PREFIX as STATIC
from storefront.web.metrics import SOCKETS, answered

# In the scope of a request: a dict for its handler's method and route.
SEEN = "storefront.seen"
# In the scope of a WebSocket: the server's own ``send``.
SEND = "storefront.send"
UNKNOWN = "none"
# So much is remembered of an address; none of ours is longer.
LONGEST_PATH = 500
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


class Measured:
    """ASGI layer, to be met before all that answer but `web.public_pages`.

    Routes are named by their pattern (``/products/<id>``), so that figures stay few and name
    nobody.
    """

    def __init__(self, app: Any, framework: Quart) -> None:
        self._app = app
        self._routes = framework.url_map.bind("")
        self._route_of = lru_cache(maxsize=1024)(self._matched)
        framework.after_request(_note_route)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self._measure_answer(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._measure_socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _measure_answer(self, scope: Any, receive: Any, send: Any) -> None:
        begun = time.perf_counter()
        seen: dict[str, str] = scope.get(SEEN, {})
        status = 500  # What the server answers if nothing here does.

        async def note_status(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app({**scope, SEEN: seen}, receive, note_status)
        finally:
            if "route" not in seen:
                seen["route"] = self._route_of(scope["path"][:LONGEST_PATH])
            count_answer(seen.get("method", scope["method"]), seen["route"], status, begun)

    async def _measure_socket(self, scope: Any, receive: Any, send: Any) -> None:
        is_open = False

        async def note_opening(message: Any) -> None:
            nonlocal is_open
            if message["type"] == "websocket.accept" and not is_open:
                is_open = True
                SOCKETS.inc()
            await send(message)

        try:
            await self._app({**scope, SEND: send}, receive, note_opening)
        finally:
            if is_open:
                SOCKETS.dec()

    def _matched(self, path: str) -> str:
        """The route of what was answered before a handler was reached."""
        if path.startswith(STATIC):
            return f"{STATIC}<path:name>"
        with suppress(HTTPException, RequestRedirect):
            rule, _ = self._routes.match(path, "GET", return_rule=True)
            return str(rule.rule)
        return UNKNOWN


def count_answer(method: str, route: str, status: int, begun: float) -> None:
    """Count an answer on which work began at ``begun``, by `time.perf_counter`."""
    # Whatever a client makes up must not grow the memory that the figures take.
    known = method if method in METHODS else "OTHER"
    answered(known, route, status, time.perf_counter() - begun)


async def _note_route(response: Response) -> Response:
    seen: dict[str, str] | None = request.scope.get(SEEN)  # type: ignore[assignment]
    if seen is not None:
        seen["route"] = request.url_rule.rule if request.url_rule else UNKNOWN
        seen["method"] = request.method
    return response
