"""What a request for a page that many people see asks for, and who asks.

Read before the framework's machinery, but as handlers read it, to the letter.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from werkzeug.sansio.http import parse_cookie

from storefront.shop import Shop
from storefront.web import htmx, language
from storefront.web.caching import PERSONAL_COOKIES
from storefront.web.identity import Identity
from storefront.web.notices import COOKIE as NOTICES
from storefront.web.sharing import KnownVisitors, Shape, standing_of

# The standing of a guest whom nothing sets apart, not even a cart.
ANYBODY = "anybody"
API = "/api/"
SESSIONS = frozenset({"session", "__Host-session"})
MOST_REMEMBERED = 2_000
LONGEST_COOKIE_BYTES = 4_000
LONGEST_BYTES = 500
TELLING = frozenset(
    {b"accept-language", b"authorization", b"cookie", b"host", b"hx-request", b"hx-request-type"}
)

Headers = Mapping[bytes, bytes]


class Key(NamedTuple):
    """What tells one page from another."""

    path: str
    query: bytes
    host: bytes
    scheme: str
    is_fragment: bool
    shape: Shape


class Asked(NamedTuple):
    """A request that may be answered from memory."""

    key: Key
    headers: Headers
    identity: Identity | None
    cookies: Mapping[str, str]

    @property
    def is_by_anybody(self) -> bool:
        return self.key.shape.standing == ANYBODY


def read(scope: Any, shop: Shop) -> Asked | None:
    """What the request asks; None where only a handler can answer."""
    headers = dict(scope["headers"])
    told = (
        scope["path"],
        scope["query_string"],
        headers.get(b"host", b""),
        scope.get("scheme", "http"),
        headers.get(b"accept-language", b""),
        headers.get(b"hx-request", b""),
        headers.get(b"hx-request-type", b""),
    )
    cookie = headers.get(b"cookie", b"")
    if (
        b"authorization" in headers
        or b"host" not in headers
        or len(cookie) > LONGEST_COOKIE_BYTES
        or max(map(len, told)) > LONGEST_BYTES
        or _is_ambiguous(scope["headers"], headers)
    ):
        return None
    cookies, identity, standing = _cookies(cookie), None, ANYBODY
    if not cookies.keys().isdisjoint(PERSONAL_COOKIES):
        if NOTICES in cookies or scope["path"].startswith(API):
            return None
        if not cookies.keys().isdisjoint(SESSIONS):
            known = shop.part(KnownVisitors)
            identity = known.identity(cookies, scope.get("scheme") == "https")
            if identity is None:
                return None
        standing = standing_of(identity)
    chosen = (identity.language, identity.theme) if identity else (None, None)
    locales = tuple(shop.settings.shop.locales)
    kept = cookies.get(language.COOKIE, "")
    return Asked(_key(told, kept, chosen, standing, locales), headers, identity, cookies)


def _is_ambiguous(sent: Sequence[tuple[bytes, bytes]], headers: Headers) -> bool:
    """Whether a header that tells answers apart came twice.

    Handlers read the first and this module the last: what was made for the one would be served to
    everybody who sends the other.
    """
    if len(sent) == len(headers):
        return False
    told = [name for name, _ in sent if name in TELLING]
    return len(told) != len(set(told))


@lru_cache(MOST_REMEMBERED)
def _cookies(text: bytes) -> Mapping[str, str]:
    """The first value of each cookie, as handlers take it."""
    return parse_cookie(text.decode("latin-1")).to_dict() if text else {}


@lru_cache(MOST_REMEMBERED)
def _key(
    told: tuple[str, bytes, bytes, str, bytes, bytes, bytes],
    cookie: str,
    chosen: tuple[str | None, str | None],
    standing: str,
    locales: Sequence[str],
) -> Key:
    """The page that these headers, preferences and the account's language and theme lead to."""
    path, query, host, scheme, accepted, hx_request, hx_request_type = told
    kept = language.read_preferences(cookie)
    spoken = language.negotiate(
        _asked_language(query),
        kept.get("language"),
        chosen[0],
        accepted.decode("latin-1"),
        locales=locales,
    )
    is_fragment = htmx.is_for_fragment(
        hx_request.decode("latin-1"), hx_request_type.decode("latin-1")
    )
    shape = Shape(standing, spoken, language.theme_of(kept, chosen[1]))
    return Key(path, query, host, scheme, is_fragment, shape)


def _asked_language(query: bytes) -> str | None:
    if b"lang=" not in query:
        return None
    return parse_qs(query.decode("latin-1"), keep_blank_values=True).get("lang", [None])[0]
