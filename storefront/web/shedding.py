"""What one process takes on: some requests at once, a short queue, and a limit on each one's time.

A process that takes on more than it can do is late for everybody, and then falls over. So beyond
the queue it says at once, at little cost, that the visitor should come back. What is answered from
memory does not come by here, and neither do sockets, which the chat counts.
"""

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

from prometheus_client import Counter
from quart import request

from storefront.database import limit_time
from storefront.errors import UnavailableError
from storefront.localisation import speaking
from storefront.shop import Shop
from storefront.web import language, rendering, security
from storefront.web.cookies import current_shop
from storefront.web.finished import encoded
from storefront.web.links import own_path

log = logging.getLogger(__name__)

# More would be no faster: the database has 50 connections, and the processor one thread.
MOST_AT_ONCE = 48
MOST_WAITING = 400
LONGEST_WAIT_SECONDS = 2.0
# Bodies that are still on their way, however slowly, take no place among the requests at work.
SMALL_BODY_BYTES = 64 * 1024
LONGEST_SMALL_BODY_SECONDS = 20.0
MOST_SMALL_BODIES = 500
MOST_LARGE_BODIES = 8
# What the database may take for one request: most need thousandths of a second.
DATABASE_SECONDS = 12.0
DATABASE_SECONDS_IN_TROUBLE = 3.0
DATABASE_SECONDS_OF_STAFF = 60.0
DATABASE_SECONDS_OF_UPLOADS = 120.0
RETRY_AFTER_SECONDS = 5
NEVER_SHED = ("/health/", "/metrics")

SHED = Counter("storefront_shed_requests", "Requests refused because there were too many")


async def limit_database_time() -> None:
    """Before each request: a slow database makes it fail in time, rather than wait with others."""
    if not current_shop().database.is_reachable:
        limit_time(DATABASE_SECONDS_IN_TROUBLE)
    elif request.path.startswith("/staff"):
        limit_time(DATABASE_SECONDS_OF_STAFF)
    else:
        limit_time(DATABASE_SECONDS if _is_small() else DATABASE_SECONDS_OF_UPLOADS)


def _is_small() -> bool:
    if request.method in security.SAFE_METHODS:
        return True
    length = request.content_length
    return length is not None and length <= SMALL_BODY_BYTES


class TooBusyError(Exception):
    """This request cannot be taken on now."""


class TooSlowError(Exception):
    """The client does not send what it has announced."""


class Shedding:
    """ASGI layer that bounds how many requests are at work, and refuses what is beyond."""

    def __init__(self, app: Any, *, shop: Callable[[], Shop | None]) -> None:
        self._app = app
        self._shop = shop
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._waiting = 0
        self._small_bodies = 0
        self._large_bodies = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"].startswith(NEVER_SHED):
            await self._app(scope, receive, send)
            return
        try:
            await self._answer(scope, receive, send)
        except TooBusyError:
            SHED.inc()
            await _send(send, _refusal(scope, self._shop()))
        except TooSlowError:
            await _send(send, (408, [(b"connection", b"close")], b""))

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        size = _announced_size(scope)
        if size > SMALL_BODY_BYTES:
            with self._large_body():
                await self._app(scope, receive, send)
            return
        if size > 0:
            with self._small_body():
                receive = await _received(receive)
        async with self._place() as leave:

            async def send_and_leave(message: Any) -> None:
                # From here on it is the client who takes its time.
                leave()
                await send(message)

            await self._app(scope, receive, send_and_leave)

    @contextlib.asynccontextmanager
    async def _place(self) -> AsyncIterator[Callable[[], None]]:
        """A place among those at work, which is given back by calling what this yields."""
        if self._places.locked():
            await self._wait()
        else:
            await self._places.acquire()
        held = contextlib.ExitStack()
        held.callback(self._places.release)
        with held:
            yield held.close

    async def _wait(self) -> None:
        if self._waiting >= MOST_WAITING:
            raise TooBusyError
        self._waiting += 1
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            raise TooBusyError from None
        finally:
            self._waiting -= 1

    @contextlib.contextmanager
    def _small_body(self) -> Any:
        if self._small_bodies >= MOST_SMALL_BODIES:
            raise TooBusyError
        self._small_bodies += 1
        try:
            yield
        finally:
            self._small_bodies -= 1

    @contextlib.contextmanager
    def _large_body(self) -> Any:
        if self._large_bodies >= MOST_LARGE_BODIES:
            raise TooBusyError
        self._large_bodies += 1
        try:
            yield
        finally:
            self._large_bodies -= 1


def _announced_size(scope: Any) -> int:
    """How many bytes follow the headers; more than any small body where they do not tell."""
    size = 0
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":
            return SMALL_BODY_BYTES + 1
        if name == b"content-length":
            size = int(value) if value.isdigit() and len(value) < 20 else SMALL_BODY_BYTES + 1  # noqa: PLR2004  (more digits than any file has)
    return size


async def _received(receive: Any) -> Any:
    """Wait for the whole body; returns a ``receive`` that hands it on."""
    messages: list[Any] = []
    try:
        async with asyncio.timeout(LONGEST_SMALL_BODY_SECONDS):
            while True:
                message = await receive()
                messages.append(message)
                if message["type"] != "http.request" or not message.get("more_body"):
                    break
    except TimeoutError:
        raise TooSlowError from None
    messages.reverse()

    async def replay() -> Any:
        return messages.pop() if messages else await receive()

    return replay


def _refusal(scope: Any, shop: Shop | None) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """503 in the form and language in which the request came, made without the framework."""
    headers = dict(scope["headers"])
    problem = UnavailableError(RETRY_AFTER_SECONDS)
    request_id = secrets.token_hex(8)
    answer = [
        (b"retry-after", str(RETRY_AFTER_SECONDS).encode()),
        (b"cache-control", b"no-store"),
        (b"x-request-id", request_id.encode()),
    ]
    if shop is None:
        return problem.status, answer, b""
    accepted = headers.get(b"accept-language", b"").decode("latin-1")
    locales = tuple(shop.settings.shop.locales)
    with speaking(language.negotiate(None, None, None, accepted, locales=locales)):
        if scope["path"].startswith("/api/"):
            body = {
                "type": f"/problems/{problem.name}",
                "title": str(problem.title),
                "status": problem.status,
                "detail": problem.detail,
                "instance": scope["path"],
                "error_id": request_id,
            }
            answer.append((b"content-type", b"application/problem+json"))
            return problem.status, answer, json.dumps(body).encode()
        is_fragment = b"hx-request" in headers
        page = rendering.bare_page(shop, path="/products", theme=None)
        shown = {
            "status": problem.status,
            "title": str(problem.title),
            "detail": problem.detail,
            "error_id": request_id,
            "is_kept": False,
            "retry_after": RETRY_AFTER_SECONDS,
            "again": _asked_for(scope) if scope["method"] in security.SAFE_METHODS else None,
            "traceback": None,
        }
        kind = "partials" if is_fragment else "pages"
        text = shop.part(rendering.Templates).render(
            f"{kind}/errors/error.html", page=page, problem=shown
        )
    answer.append((b"content-type", b"text/html; charset=utf-8"))
    answer += encoded(security.headers_for(shop, scheme=scope.get("scheme", "http")))
    return problem.status, answer, text.encode()


def _asked_for(scope: Any) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return own_path(f"{scope['path']}?{query}" if query else scope["path"], "/products")


async def _send(send: Any, answer: tuple[int, list[tuple[bytes, bytes]], bytes]) -> None:
    status, headers, body = answer
    length = (b"content-length", str(len(body)).encode())
    start = {"type": "http.response.start", "status": status, "headers": [*headers, length]}
    await send(start)
    await send({"type": "http.response.body", "body": body})
