"""What many visitors see alike, rendered once and then answered from memory.

A layer of plain ASGI before the framework. What a handler marked (see `web.caching`) is kept until
the catalogue changes: for guests whom nothing sets apart as a finished, compressed page, for
everybody else as the page's pieces, between which the visitor's own parts are put. Fragments for
guests that nobody asked for before are written here, too, without the framework. Whatever is not
known in memory (a session not seen lately, a cart not counted yet, a message waiting, a session
cookie that is due for renewal) is left to the handlers.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from prometheus_client import Counter
from werkzeug.datastructures import MultiDict

from storefront.localisation import speaking
from storefront.shop import Shop
from storefront.web import asking, caching, security
from storefront.web.asking import Asked, Key
from storefront.web.assets import PREFIX as STATIC
from storefront.web.caching import MARK, SHARED
from storefront.web.compression import LEFT_ALONE, accepted_codings, compress
from storefront.web.finished import NOT_MODIFIED, OK, FinishedPage, Headers, encoded, send_page
from storefront.web.measuring import SEEN, count_answer
from storefront.web.rendering import Templates
from storefront.web.sharing import (
    HTML_HEADERS,
    KnownVisitors,
    Piece,
    SharedText,
    etag_of_pieces,
    gzipped,
    joined,
)
from storefront.web.tallies import Tally

log = logging.getLogger(__name__)

SERVED = Counter("storefront_public_pages", "Requests for what many visitors see", ["source"])
FROM_MEMORY, WRITTEN_HERE, BY_A_HANDLER = (
    Tally(SERVED.labels(source)) for source in ("memory", "written", "handler")
)
LARGEST_TOTAL_BYTES = 12 * 1024 * 1024
POLISHED_AFTER = 3
MOST_HEADERS = 500
MOST_SCHEMES = 2


@dataclass(frozen=True, slots=True)
class SharedPage:
    """A page that lacks its visitor's own parts."""

    headers: Headers
    text: SharedText
    route: str

    @property
    def size(self) -> int:
        return self.text.size


class Fragment(NamedTuple):
    """A fragment that tells nothing of its visitor, the route that it is counted for, and what
    headers it has of its own."""

    route: str
    text: str
    headers: Mapping[str, str]


class PublicPages:
    """ASGI layer that answers from memory; bounded, emptied when the catalogue changes."""

    def __init__(
        self,
        app: Any,
        *,
        shop: Callable[[], Shop | None],
        version: Callable[[Shop], int],
        write: Callable[[Shop, str, MultiDict[str, str]], Fragment | None],
    ) -> None:
        self._app = app
        self._shop = shop
        self._version = version
        self._write = write
        self._kept_version = -1
        self._pages: OrderedDict[Key, FinishedPage | SharedPage] = OrderedDict()
        self._size = 0
        self._polishing: asyncio.Task[None] | None = None
        self._headers_by_scheme = lru_cache(MOST_SCHEMES)(_headers_of_fragments)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        shop = self._shop()
        if (
            scope["type"] != "http"
            or scope["method"] not in {"GET", "HEAD"}
            or scope["path"].startswith(STATIC)
            or shop is None
            or not shop.changes.is_live
            or (asked := asking.read(scope, shop)) is None
        ):
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        self._forget_older_than(self._version(shop))
        seen: dict[str, str] = scope.get(SEEN, {})
        page, source = self._page_for(asked, shop), FROM_MEMORY
        if page is None:
            page, source = self._written_for(asked, shop), WRITTEN_HERE
        if page is not None:
            status = await send_page(page, asked.headers, send, method=scope["method"])
            source.inc()
            count_answer(scope["method"], page.route, status, begun)
            seen["route"] = page.route
            return
        BY_A_HANDLER.inc()
        if scope["method"] == "GET":
            shared: list[SharedText] = []
            scope = {**scope, LEFT_ALONE: MARK, SHARED: shared, SEEN: seen}
            send = self._keeping(asked, shared, seen, send)
        await self._app(scope, receive, send)

    def _page_for(self, asked: Asked, shop: Shop) -> FinishedPage | None:
        """The page for this visitor, if all of it is known."""
        page = self._pages.get(asked.key)
        if page is None:
            return None
        self._pages.move_to_end(asked.key)
        if isinstance(page, FinishedPage):
            self._make_ready(asked, page)
            return page
        visitor = shop.part(KnownVisitors).visitor(asked.identity, asked.cookies)
        if visitor is None:
            return None
        pieces = shop.part(Templates).complete(page.text, visitor)
        bodies = {"identity": joined(pieces)}
        if "gzip" in accepted_codings(asked.headers.get(b"accept-encoding", b"")):
            bodies["gzip"] = gzipped(pieces)  # Joined as well, where others are made anew.
        return FinishedPage(page.headers, bodies, etag_of_pieces(pieces), page.route)

    def _written_for(self, asked: Asked, shop: Shop) -> FinishedPage | None:
        """A fragment for a guest whom nothing sets apart, which needs nothing of the framework.

        Whatever is unusual (another host, what goes wrong) is for the handlers.
        """
        key = asked.key
        host = key.host.decode("latin-1")
        if not (asked.is_by_anybody and key.is_fragment) or not security.is_allowed_host(
            host, shop.settings.server.allowed_hosts
        ):
            return None
        try:
            with speaking(key.shape.language):
                fragment = self._write(shop, key.path, _parameters(key.query))
        except Exception:  # It fails in the handler, too, who can tell the visitor.
            log.debug("a fragment could not be written", exc_info=True)
            return None
        if fragment is None:
            return None
        page = _page_of(fragment, self._headers_by_scheme(shop, key.scheme))
        page.answer(asked.headers.get(b"accept-encoding", b""))
        self._keep(asked, page, [])
        return page

    def _make_ready(self, asked: Asked, page: FinishedPage) -> None:
        """Have the page in the coding that it will be sent in."""
        accepted = asked.headers.get(b"accept-encoding", b"")
        if not page.is_polished:
            self._polish_if_worth_it(asked.key, page, accepted)
        before = page.size
        page.answer(accepted)
        self._grow(page.size - before)

    def _forget_older_than(self, version: int) -> None:
        if version != self._kept_version:
            self._pages.clear()
            self._size = 0
            self._kept_version = version

    def _keeping(
        self, asked: Asked, shared: list[SharedText], seen: Mapping[str, str], send: Any
    ) -> Any:
        """A ``send`` that keeps the answer if it is whole and marked as one to be kept."""
        version = self._kept_version
        start: MutableMapping[str, Any] = {}
        chunks: list[bytes] = []

        async def keep_and_send(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                start["is_marked"] = _is_marked(message)
                if not start["is_marked"]:
                    await send(message)
                return
            if not start.get("is_marked"):
                await send(message)
                return
            chunks.append(message.get("body", b""))
            if message.get("more_body"):
                return
            page = _finished(start["headers"], b"".join(chunks), seen["route"])
            page.answer(asked.headers.get(b"accept-encoding", b""))  # It grows before it is kept.
            is_for_others = start["status"] == OK and not _sets_cookie(start)
            if is_for_others and version == self._kept_version:
                self._keep(asked, page, shared)
            await send_page(page, asked.headers, send, status=start["status"])

        return keep_and_send

    def _keep(self, asked: Asked, page: FinishedPage, shared: list[SharedText]) -> None:
        kept: FinishedPage | SharedPage = page
        if not asked.is_by_anybody:
            # The handler asks again who is there: somebody may have been signed out meanwhile.
            if not shared or shared[0].shape != asked.key.shape:
                return
            if shared[0].gaps:
                kept = SharedPage(page.headers, shared[0], page.route)
        if kept is page:
            page.shrink()
        if kept.size > LARGEST_TOTAL_BYTES // 8:
            return
        replaced = self._pages.pop(asked.key, None)
        self._pages[asked.key] = kept
        self._grow(kept.size - (replaced.size if replaced else 0))

    def _grow(self, size: int) -> None:
        self._size += size
        while self._size > LARGEST_TOTAL_BYTES:
            _, oldest = self._pages.popitem(last=False)
            self._size -= oldest.size

    def _polish_if_worth_it(self, key: Key, page: FinishedPage, accepted: bytes) -> None:
        """Compress what is asked for again and again as well as can be, one page at a time."""
        page.times_sent += 1
        is_busy = self._polishing is not None and not self._polishing.done()
        if page.times_sent < POLISHED_AFTER or is_busy:
            return
        if "br" in accepted_codings(accepted) and "zstd" in page.bodies:
            self._polishing = asyncio.create_task(self._polish(key, page))

    async def _polish(self, key: Key, page: FinishedPage) -> None:
        plain = page.plain()
        body = await asyncio.to_thread(compress, plain, "br", thoroughly=True)
        before = page.size
        page.polish(body)
        if self._pages.get(key) is page:
            self._grow(page.size - before)


def _headers_of_fragments(shop: Shop, scheme: str) -> Headers:
    """As `web.caching` would have it."""
    own = {"Content-Type": HTML_HEADERS["Content-Type"], **caching.HEADERS}
    return encoded({**own, **security.headers_for(shop, scheme=scheme)})


def _parameters(query: bytes) -> MultiDict[str, str]:
    """As the framework reads them."""
    return MultiDict(parse_qsl(query.decode(), keep_blank_values=True, errors="werkzeug.url_quote"))


def _page_of(fragment: Fragment, headers: Headers) -> FinishedPage:
    pieces = (Piece(fragment.text.encode()),)
    known = [*headers, *encoded(fragment.headers)]
    return FinishedPage(known, {"identity": pieces[0].text}, etag_of_pieces(pieces), fragment.route)


def _is_marked(start: Mapping[str, Any]) -> bool:
    """Whether a handler said that the answer suits others, too."""
    return start["status"] in {OK, NOT_MODIFIED} and any(
        name.lower() == MARK for name, _ in start["headers"]
    )


def _sets_cookie(start: Mapping[str, Any]) -> bool:
    return any(name.lower() == b"set-cookie" for name, _ in start["headers"])


def _finished(headers: Headers, body: bytes, route: str) -> FinishedPage:
    kept = [
        _same_header(name, value)
        for name, value in headers
        if name.lower() not in {MARK, b"content-length", b"etag", b"x-request-id"}
    ]
    etag = next((value.decode() for name, value in headers if name.lower() == b"etag"), "")
    return FinishedPage(kept, {"identity": body}, etag.strip('"'), route)


@lru_cache(MOST_HEADERS)
def _same_header(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """The header, once in memory for the thousands of pages that have it."""
    return name, value
