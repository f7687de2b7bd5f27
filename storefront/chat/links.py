"""Links in plain text: which of its words may be followed, and which name things of the shop."""

import re
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import urlsplit

MOST_CARDS = 3
ORDERS = "/orders"

Thing = TypeVar("Thing")

_LINK = re.compile(
    r"(?P<url>https?://[^\s<>\"'`\\^{|}]+)"
    r"|(?<![\w./-])(?P<path>/(?:products/[0-9a-f]{24}|orders/[0-9]{1,12}))(?![\w-])"
)
_PRODUCT = re.compile(r"/products/([0-9a-f]{24})/?")
_ORDER = re.compile(r"/orders/([0-9]{1,12})/?")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the text; ``href`` is where it leads, empty for mere words.

    ``is_ours`` tells that it leads into the shop; elsewhere is not vouched for.
    """

    text: str
    href: str = ""
    is_ours: bool = False

    def with_orders_at(self, path: str) -> "Part":
        """The same, but that a link to an order leads to its page below ``path``."""
        if not self.is_ours or not _ORDER.fullmatch(self.href):
            return self
        return replace(self, href=path + self.href.removeprefix(ORDERS))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in parts, and the products (ids) and orders (numbers) that its links name."""

    parts: tuple[Part, ...]
    products: tuple[str, ...] = ()
    orders: tuple[int, ...] = ()


def read(text: str, *, own_host: str) -> Reading:
    """Find the links in ``text``; ``own_host`` is the shop's, with the port where it has one."""
    parts: list[Part] = []
    products: list[str] = []
    orders: list[int] = []
    end = 0
    for match in _LINK.finditer(text):
        link = _linked(match["path"] or _without_closing_marks(match["url"]), own_host)
        if link is None:
            continue
        if match.start() > end:
            parts.append(Part(text[end : match.start()]))
        parts.append(link)
        end = match.start() + len(link.text)
        if link.is_ours:
            path = link.href.partition("?")[0]
            if product := _PRODUCT.fullmatch(path):
                products.append(product[1])
            if order := _ORDER.fullmatch(path):
                orders.append(int(order[1]))
    if end < len(text):
        parts.append(Part(text[end:]))
    return Reading(tuple(parts), _first(products), _first(orders))


def _linked(link: str, own_host: str) -> Part | None:
    if link.startswith("/"):
        return Part(link, link, is_ours=True)
    try:
        parts = urlsplit(link)
        has_host = bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return None
    if not has_host:
        return None
    if parts.netloc.lower() == own_host.lower():
        query = f"?{parts.query}" if parts.query else ""
        # A path that starts with two slashes would lead to another host.
        return Part(link, f"/{parts.path.lstrip('/')}{query}", is_ours=True)
    return Part(link, link)


def _without_closing_marks(url: str) -> str:
    """A sentence goes on after a link: its marks are not the link's."""
    while url and url[-1] in ".,;:!?)]*_":
        if url[-1] == ")" and url.count("(") >= url.count(")"):
            break
        url = url[:-1]
    return url


def _first(things: list[Thing]) -> tuple[Thing, ...]:
    return tuple(dict.fromkeys(things))[:MOST_CARDS]
