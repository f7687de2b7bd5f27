"""Pages of which all but the visitor's own parts are written once for many people.

`web.rendering` writes them, `web.public_pages` keeps them and fills the gaps for the next one.
"""

import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import NamedTuple

from quart import Response

from storefront.web.identity import Identity

HTML_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "private, no-store",
    "Vary": "HX-Request, HX-Request-Type",
}
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x03\x00"


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


@dataclass(frozen=True)
class Piece:
    """Some text of a page, with what can be prepared of it for whichever page it is put into."""

    text: bytes

    @cached_property
    def digest(self) -> bytes:
        return hashlib.blake2b(self.text, digest_size=12).digest()

    @cached_property
    def deflated(self) -> bytes:
        """A part of a gzip stream that refers to nothing before it (RFC 1951, and a full flush)."""
        deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        return deflate.compress(self.text) + deflate.flush(zlib.Z_FULL_FLUSH)


@dataclass(frozen=True, slots=True)
class SharedText:
    """A page in pieces; between two of them the template ``gaps`` names tells of the visitor."""

    pieces: Sequence[Piece]
    gaps: Sequence[str]
    shape: Shape

    @property
    def size(self) -> int:
        """In memory, with what will be prepared."""
        return sum(len(piece.text) * 3 // 2 for piece in self.pieces)

    def with_parts(self, parts: Sequence[Piece]) -> Sequence[Piece]:
        """The pieces of the whole page, which has ``parts`` in its gaps."""
        return [each for pair in zip_longest(self.pieces, parts) for each in pair if each]


def joined(pieces: Sequence[Piece]) -> bytes:
    return b"".join([piece.text for piece in pieces])


def gzipped(pieces: Sequence[Piece]) -> bytes:
    """The page compressed, of pieces that were compressed before."""
    checksum = length = 0
    for piece in pieces:
        checksum = zlib.crc32(piece.text, checksum)
        length += len(piece.text)
    end = (_LAST_BLOCK, checksum.to_bytes(4, "little"), length.to_bytes(4, "little"))
    return b"".join([_GZIP_HEADER, *(piece.deflated for piece in pieces), *end])


def etag_of_pieces(pieces: Sequence[Piece]) -> str:
    return hashlib.blake2b(b"".join([each.digest for each in pieces]), digest_size=12).hexdigest()


class SharedResponse(Response):
    """A page for the one who asks, with the pieces of it that suit others."""

    def __init__(self, pieces: Sequence[Piece], status: int, *, shared: SharedText) -> None:
        super().__init__(joined(pieces), status, HTML_HEADERS)
        self.etag = etag_of_pieces(pieces)
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
