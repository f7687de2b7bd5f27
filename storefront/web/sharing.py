"""Pages of which all but the visitor's own parts are written once for many people.

`web.rendering` writes them, `web.public_pages` keeps them and fills the gaps for the next one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quart import Response

from storefront.web.identity import Identity

HTML_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "private, no-store",
    "Vary": "HX-Request, HX-Request-Type",
}


@dataclass(frozen=True, slots=True)
class Visitor:
    """All that a page tells of who looks at it."""

    identity: Identity | None
    cart_count: int
    unread_count: int


class Shape(NamedTuple):
    """What visitors have in common who see the same page, but for their own parts."""

    standing: str
    language: str
    theme: str | None


def standing_of(identity: Identity | None) -> str:
    """What of somebody's standing a page shows outside the visitor's own parts."""
    if identity is None:
        return "guest"
    return "staff" if identity.is_staff else "customer"


@dataclass(frozen=True, slots=True)
class SharedText:
    """A page in pieces; between two of them the template ``gaps`` names tells of the visitor."""

    pieces: Sequence[bytes]
    gaps: Sequence[str]
    shape: Shape

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces))


class SharedResponse(Response):
    """A page for the one who asks, with the pieces of it that suit others."""

    def __init__(self, body: bytes, status: int, *, shared: SharedText) -> None:
        super().__init__(body, status, HTML_HEADERS)
        self.shared = shared


@dataclass(frozen=True, slots=True)
class KnownVisitors:
    """A part of the shop: what slices above this one remember of visitors.

    Each function is told the cookies and answers at once; None where it would have to ask the
    database, or where a handler has more to do than to show the page.
    """

    identity: Callable[[Mapping[str, str], bool], Identity | None]
    cart_count: Callable[[Identity | None, Mapping[str, str]], int | None]
    unread_count: Callable[[Identity], int | None]

    def visitor(self, identity: Identity | None, cookies: Mapping[str, str]) -> Visitor | None:
        """What pages tell of them; None where not all of it is known."""
        in_cart = self.cart_count(identity, cookies)
        unread = self.unread_count(identity) if identity else 0
        return None if in_cart is None or unread is None else Visitor(identity, in_cart, unread)
