"""What every guest sees alike, rendered once and then served as finished bytes.

A layer of plain ASGI before the framework: a page that a handler marked as public (see
`web.caching`) is kept, compressed, until the catalogue changes. It answers only visitors without
a session, a cart or a message waiting for them; everybody else is answered by the handlers.
"""

import asyncio
import random
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from prometheus_client import Counter
from werkzeug.sansio.http import parse_cookie

from storefront.shop import Shop
from storefront.web import htmx, language
from storefront.web.caching import MARK, PERSONAL_COOKIES
from storefront.web.compression import (
    LEFT_ALONE,
    SMALLEST_BYTES,
    accepted_codings,
    best_coding,
    compress,
)

OK, NOT_MODIFIED = 200, 304
SERVED = Counter("storefront_public_pages", "Requests for what all guests see", ["source"])
LARGEST_TOTAL_BYTES = 32 * 1024 * 1024
LONGEST_QUERY_BYTES = 500
POLISHED_AFTER = 3
TELLING = frozenset(
    {b"accept-language", b"authorization", b"cookie", b"host", b"hx-request", b"hx-request-type"}
)

Headers = list[tuple[bytes, bytes]]
Key = tuple[str, bytes, str, str | None, bool, bytes]


@dataclass(slots=True)
class PublicPage:
    """A finished answer; ``bodies`` holds it by content coding, each made when first asked for."""

    headers: Headers
    bodies: dict[str, bytes]
    etag: str
    times_sent: int = 0
    is_polished: bool = False

    @property
    def size(self) -> int:
        return sum(map(len, self.bodies.values()))

    def tag(self, coding: str) -> bytes:
        """The ETag: other bytes for the same page are another representation (RFC 9110, 8.8.3)."""
        suffix = "" if coding == "identity" else f"-{coding}"
        polish = "-11" if coding == "br" and self.is_polished else ""
        return f'"{self.etag}{suffix}{polish}"'.encode()

    def tag_among(self, known: bytes) -> bytes | None:
        """The one of this page's ETags that a client has already."""
        if not self.etag or self.etag.encode() not in known:
            return None
        found = re.search(rb'"%b[a-z0-9-]*"' % re.escape(self.etag.encode()), known)
        return found[0] if found else None

    def coding_for(self, header: bytes) -> str:
        """The smallest that is there of what the client accepts; if none is, it is made."""
        accepted = accepted_codings(header)
        ready = [each for each in self.bodies if each in accepted and each != "identity"]
        if ready:
            return min(ready, key=lambda each: len(self.bodies[each]))
        plain = self.bodies["identity"]
        coding = best_coding(header) if len(plain) >= SMALLEST_BYTES else "identity"
        if coding != "identity":
            self.bodies[coding] = compress(plain, coding)
        return coding


class PublicPages:
    """ASGI layer that answers guests from memory; bounded, emptied when the catalogue changes."""

    def __init__(
        self,
        app: Any,
        *,
        shop: Callable[[], Shop | None],
        version: Callable[[Shop], int],
    ) -> None:
        self._app = app
        self._shop = shop
        self._version = version
        self._kept_version = -1
        self._pages: OrderedDict[Key, PublicPage] = OrderedDict()
        self._size = 0
        self._polishing: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        key = self._key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        page = self._pages.get(key)
        if page is not None:
            self._pages.move_to_end(key)
            SERVED.labels("memory").inc()
            headers = dict(scope["headers"])
            self._polish_if_worth_it(key, page, headers.get(b"accept-encoding", b""))
            known = len(page.bodies)
            await _send_page(page, headers, send, method=scope["method"])
            if len(page.bodies) > known:
                self._grow(len(next(reversed(page.bodies.values()))))
            return
        SERVED.labels("handler").inc()
        if scope["method"] == "GET":
            send = self._keeping(key, send, headers=dict(scope["headers"]))
            scope = {**scope, LEFT_ALONE: MARK}
        await self._app(scope, receive, send)

    def _key(self, scope: Any) -> Key | None:
        """What tells one public answer from another; None if this request is not public."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return None
        shop = self._shop()
        if shop is None or not shop.changes.is_live:
            return None
        query: bytes = scope["query_string"]
        headers = dict(scope["headers"])
        if _is_ambiguous(scope["headers"]):
            return None
        kept = _guest_preferences(headers)
        if kept is None or len(query) > LONGEST_QUERY_BYTES or b"host" not in headers:
            return None
        self._forget_older_than(self._version(shop))
        speech = language.negotiate(
            _asked_language(query),
            kept.get("language"),
            None,
            headers.get(b"accept-language", b"").decode("latin-1"),
            locales=tuple(shop.settings.shop.locales),
        )
        is_fragment = htmx.is_for_fragment(
            headers.get(b"hx-request", b"").decode("latin-1"),
            headers.get(b"hx-request-type", b"").decode("latin-1"),
        )
        host = headers[b"host"] + b"|" + scope.get("scheme", "http").encode()
        return scope["path"], query, speech, kept.get("theme"), is_fragment, host

    def _forget_older_than(self, version: int) -> None:
        if version != self._kept_version:
            self._pages.clear()
            self._size = 0
            self._kept_version = version

    def _keeping(self, key: Key, send: Any, *, headers: Mapping[bytes, bytes]) -> Any:
        """A ``send`` that keeps the answer if it is whole and marked as public."""
        version = self._kept_version
        start: MutableMapping[str, Any] = {}
        chunks: list[bytes] = []

        async def keep_and_send(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                start["is_kept"] = _is_public(message)
                if not start["is_kept"]:
                    await send(message)
                return
            if not start.get("is_kept"):
                await send(message)
                return
            chunks.append(message.get("body", b""))
            if message.get("more_body"):
                return
            page = _finished(start["headers"], b"".join(chunks))
            if start["status"] == OK:
                self._keep(key, page, version)
            await _send_page(page, headers, send, status=start["status"])

        return keep_and_send

    def _keep(self, key: Key, page: PublicPage, version: int) -> None:
        if version != self._kept_version or page.size > LARGEST_TOTAL_BYTES // 8:
            return
        replaced = self._pages.pop(key, None)
        self._pages[key] = page
        self._size += page.size - (replaced.size if replaced else 0)
        self._grow(0)

    def _grow(self, size: int) -> None:
        self._size += size
        while self._size > LARGEST_TOTAL_BYTES:
            _, oldest = self._pages.popitem(last=False)
            self._size -= oldest.size

    def _polish_if_worth_it(self, key: Key, page: PublicPage, accepted: bytes) -> None:
        """Compress what is asked for again and again as well as can be, one page at a time."""
        page.times_sent += 1
        is_busy = self._polishing is not None and not self._polishing.done()
        if page.times_sent < POLISHED_AFTER or page.is_polished or is_busy:
            return
        if "br" in accepted_codings(accepted) and len(page.bodies["identity"]) >= SMALLEST_BYTES:
            self._polishing = asyncio.create_task(self._polish(key, page))

    async def _polish(self, key: Key, page: PublicPage) -> None:
        plain = page.bodies["identity"]
        body = await asyncio.to_thread(compress, plain, "br", thoroughly=True)
        before = page.size
        page.bodies["br"], page.is_polished = body, True
        if self._pages.get(key) is page:
            self._grow(page.size - before)


def _asked_language(query: bytes) -> str | None:
    if b"lang=" not in query:
        return None
    return parse_qs(query.decode("latin-1"), keep_blank_values=True).get("lang", [None])[0]


def _is_ambiguous(headers: Headers) -> bool:
    """Whether a header that tells answers apart came twice.

    Handlers read the first and this layer the last: what was made for the one would be served to
    everybody who sends the other.
    """
    told = [name for name, _ in headers if name in TELLING]
    return len(told) != len(set(told))


def _guest_preferences(headers: Mapping[bytes, bytes]) -> Mapping[str, str] | None:
    """The preferences of a guest whom every answer suits; None if something is personal."""
    if b"authorization" in headers:
        return None
    text = headers.get(b"cookie")
    if text is None:
        return {}
    cookies = parse_cookie(text.decode("latin-1"))  # As the handlers do, to the letter.
    if cookies.keys() & PERSONAL_COOKIES:
        return None
    kept = cookies.getlist(language.COOKIE)
    return language.read_preferences(kept[0]) if kept else {}


def _is_public(start: Any) -> bool:
    """Whether a handler marked the answer as the same for every guest, and nothing made it else."""
    names = {name.lower() for name, _ in start["headers"]}
    return MARK in names and b"set-cookie" not in names and start["status"] in {OK, NOT_MODIFIED}


def _finished(headers: Headers, body: bytes) -> PublicPage:
    kept = [
        (name, value)
        for name, value in headers
        if name.lower() not in {MARK, b"content-length", b"etag", b"x-request-id"}
    ]
    etag = next((value.decode() for name, value in headers if name.lower() == b"etag"), "")
    return PublicPage(kept, {"identity": body}, etag.strip('"'))


async def _send_page(
    page: PublicPage,
    headers: Mapping[bytes, bytes],
    send: Any,
    *,
    status: int = OK,
    method: str = "GET",
) -> None:
    coding = page.coding_for(headers.get(b"accept-encoding", b""))
    tag = page.tag_among(headers[b"if-none-match"]) if b"if-none-match" in headers else None
    body = page.bodies[coding]
    # An id for finding the request in logs needs no secret randomness, which is a system call.
    answer = [*page.headers, (b"x-request-id", b"%016x" % random.getrandbits(64))]
    if tag:
        status, body = NOT_MODIFIED, b""
        answer.append((b"etag", tag))
    else:
        answer += [(b"etag", page.tag(coding)), (b"content-length", b"%d" % len(body))]
        if coding != "identity":
            answer.append((b"content-encoding", coding.encode()))
    if method == "HEAD":
        body = b""
    await send({"type": "http.response.start", "status": status, "headers": answer})
    await send({"type": "http.response.body", "body": body})
