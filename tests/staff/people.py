"""Staff at work, for the tests of the back office."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx
from quart import Quart

from storefront.accounts.model import Role
from tests.carts.shelves import ADDRESS, add, customer

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


async def staff(app: Quart) -> httpx.AsyncClient:
    """Somebody who works here, with a browser that keeps cookies."""
    return await customer(app, role=Role.STAFF)


async def order(app: Quart, product: Any, quantity: int = 1) -> tuple[int, str]:
    """Somebody new orders the product; the order's number and the customer's email."""
    async with await customer(app) as shopper:
        await add(shopper, product, quantity)
        placed = await shopper.post("/api/v1/orders", json={"delivery_address": ADDRESS})
        assert placed.status_code == 201, placed.text
        return placed.json()["number"], str(shopper.email)  # type: ignore[attr-defined]


class _Fields(HTMLParser):
    """Collects what a browser would send of one form, but for its buttons."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.inside = False
        self.fields: dict[str, str] = {}
        self._textarea: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self.inside = given.get("action") == self.action and not self.fields
        elif not self.inside:
            return
        elif tag == "input" and name:
            ticks = given.get("type") in {"checkbox", "radio"}
            if given.get("type") not in {"submit", "file"} and (not ticks or "checked" in given):
                self.fields[name] = given.get("value") or ""
        elif tag == "textarea":
            self._textarea = name
            self.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.fields[self._select] = given.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self.inside and self._textarea:
            self.fields[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None


def form_of(page: httpx.Response, action: str) -> dict[str, str]:
    """The fields of the page's form that goes to ``action``, as they stand."""
    reader = _Fields(action)
    reader.feed(page.text)
    assert reader.fields, f"no form goes to {action}"
    return reader.fields


def words_of(page: httpx.Response) -> str:
    """What the page says, without its markup."""
    text = re.sub(r"<[^>]+>", " ", page.text.replace("\xa0", " "))
    return " ".join(text.split())
