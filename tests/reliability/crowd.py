"""Shoppers who go about their business whatever dies, and remember what the shop has told them.

Each does one thing at a time. What it is told (a 2xx) has to be true from then on. Where no answer
came it asks again where the same request twice is one (orders by their key, messages by their id),
and looks where it is not (the cart).
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

PASSWORD = "a long enough password"
LONGEST_WAIT_SECONDS = 100
ADDRESS = {
    "recipient": "Ada",
    "line1": "1 Long Street",
    "city": "Madrid",
    "postal_code": "28001",
    "country": "ES",
}


class BrokenPromiseError(AssertionError):
    """The shop said something that is not so."""


@dataclass
class Told:
    """What the shop has told all shoppers together."""

    registered: set[str] = field(default_factory=set)
    orders: dict[int, tuple[str, dict[str, int]]] = field(default_factory=dict)
    cancelled: set[int] = field(default_factory=set)
    messages: dict[str, str] = field(default_factory=dict)
    answers: int = 0
    unanswered: int = 0
    waits: list[tuple[float, str]] = field(default_factory=list)


class Shopper:
    """One customer; ``rng`` decides what they do."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        told: Told,
        *,
        name: str,
        products: Sequence[str],
        rng: random.Random,
    ) -> None:
        self._http = http
        self._told = told
        self._name = name
        self._products = products
        self._rng = rng
        self._count = 0
        self._cart: dict[str, int] = {}
        self._own_orders: list[int] = []
        self.email = f"{name}@example.com"
        self._bearer: dict[str, str] = {}
        self.doing = ""

    @property
    def cart(self) -> dict[str, int]:
        return dict(self._cart)

    @property
    def bearer(self) -> dict[str, str]:
        return self._bearer

    async def come_in(self) -> None:
        await self._register(self.email)
        credentials = {"email": self.email, "password": PASSWORD}
        answer = await self._until_told("POST", "/auth/login", {200}, json=credentials)
        self._bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def shop_until(self, stop: asyncio.Event) -> None:
        deeds = [self._add] * 5 + [self._change, self._remove, self._cancel, self._bring_friend]
        deeds += [self._order] * 3 + [self._write] * 3
        while not stop.is_set():
            await self._rng.choice(deeds)()
            await asyncio.sleep(self._rng.uniform(0, 0.05))
        self.doing = ""

    async def _register(self, email: str) -> None:
        person = {
            "full_name": f"{self._name.title()} Shopper",
            "phone": "600123456",
            "email": email,
            "password": PASSWORD,
            "password_confirmation": PASSWORD,
        }
        # Only we use the address: where it is taken, an earlier attempt has come through.
        await self._until_told("POST", "/auth/register", {201, 409}, json=person)
        self._told.registered.add(email)

    async def _bring_friend(self) -> None:
        self._count += 1
        await self._register(f"{self._name}-friend-{self._count}@example.com")

    async def _add(self) -> None:
        product, quantity = self._rng.choice(self._products), self._rng.randint(1, 3)
        after = {**self._cart, product: self._cart.get(product, 0) + quantity}
        wanted = {"product_id": product, "quantity": quantity}
        await self._edit("POST", "/cart", after, json=wanted)

    async def _change(self) -> None:
        if self._cart:
            product, quantity = self._rng.choice(sorted(self._cart)), self._rng.randint(1, 4)
            line = await self._line_of(product)
            after = {**self._cart, product: quantity}
            await self._edit("PUT", f"/cart/{line}", after, json={"quantity": quantity})

    async def _remove(self) -> None:
        if self._cart:
            product = self._rng.choice(sorted(self._cart))
            line = await self._line_of(product)
            after = {key: value for key, value in self._cart.items() if key != product}
            await self._edit("DELETE", f"/cart/{line}", after)

    async def _edit(self, method: str, path: str, after: dict[str, int], **more: Any) -> None:
        answer = await self._once(method, path, **more)
        if answer is None:
            await asyncio.sleep(0.3)
            seen = _quantities(await self._look())
            if seen not in (self._cart, after):
                raise BrokenPromiseError(f"{self._cart} and then {after}, but it is {seen}")
            self._cart = seen
        elif answer.status_code == 409:  # More than there is.
            self._require_cart(await self._look(), self._cart)
        else:
            _expect(answer, {200, 201, 204})
            cart = await self._look() if answer.status_code == 204 else answer.json()
            self._require_cart(cart, after)
            self._cart = after

    def _require_cart(self, cart: Any, expected: dict[str, int]) -> None:
        if _quantities(cart) != expected:
            raise BrokenPromiseError(
                f"{self.doing}: the cart of {self._name} holds {_quantities(cart)},"
                f" not {expected}; it was {self._cart}"
            )

    async def _look(self) -> Any:
        return (await self._until_told("GET", "/cart", {200})).json()

    async def _line_of(self, product: str) -> str:
        cart = await self._look()
        self._require_cart(cart, self._cart)
        return next(item["id"] for item in cart["items"] if item["product_id"] == product)

    async def _order(self) -> None:
        if not self._cart:
            await self._add()
        self._count += 1
        key = {"Idempotency-Key": f"{self._name}-order-{self._count}"}
        body = {"delivery_address": ADDRESS}
        answer = await self._until_told("POST", "/orders", {201, 409}, json=body, headers=key)
        if answer.status_code == 409:
            if self._cart and answer.json()["type"] != "/problems/out-of-stock":
                raise BrokenPromiseError(f"{self._cart} cannot be ordered: {answer.text}")
            await self._until_told("DELETE", "/cart", {204})
            self._cart = {}
            return
        order = answer.json()
        if _quantities(order) != self._cart:
            raise BrokenPromiseError(f"{self._cart} was ordered as {_quantities(order)}")
        if order["number"] in self._told.orders:
            raise BrokenPromiseError(f"number {order['number']} was given twice")
        self._told.orders[order["number"]] = (self.email, self._cart)
        self._own_orders.append(order["number"])
        self._cart = {}

    async def _cancel(self) -> None:
        if self._own_orders:
            number = self._own_orders.pop(self._rng.randrange(len(self._own_orders)))
            # Nobody else takes the order anywhere: a conflict is our own earlier attempt.
            await self._until_told("POST", f"/orders/{number}/cancel", {200, 409})
            self._told.cancelled.add(number)

    async def _write(self) -> None:
        self._count += 1
        client_id = f"{self._name}-{self._count}"
        path = self._rng.choice(["/chat", f"/chat/{self.email}"])
        message = {"body": f"Hello {client_id}", "client_id": client_id}
        answer = await self._until_told("POST", path, {201}, json=message)
        self._told.messages[client_id] = answer.json()["id"]

    async def _until_told(self, method: str, path: str, good: set[int], **more: Any) -> Any:
        """Ask again and again until there is an answer."""
        started = time.monotonic()
        while True:
            answer = await self._once(method, path, **more)
            if answer is not None:
                self._told.waits.append((time.monotonic() - started, f"{method} {path}"))
                return _expect(answer, good)
            if time.monotonic() - started > LONGEST_WAIT_SECONDS:
                raise BrokenPromiseError(f"{method} {path} was not answered")
            await asyncio.sleep(0.2)

    async def _once(self, method: str, path: str, **more: Any) -> httpx.Response | None:
        """The answer; None when it is not known whether anything was done."""
        self.doing = f"{method} {path}"
        headers = {**self._bearer, **more.pop("headers", {})}
        with contextlib.suppress(httpx.TransportError):
            answer = await self._http.request(method, f"/api/v1{path}", headers=headers, **more)
            if answer.status_code == 503:
                self._told.unanswered += 1
                return None
            self._told.answers += 1
            return answer
        self._told.unanswered += 1
        return None


def _expect(answer: httpx.Response, good: set[int]) -> httpx.Response:
    if answer.status_code not in good:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise BrokenPromiseError(f"{asked}: {answer.status_code} {answer.text[:600]}")
    return answer


def _quantities(listing: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in listing["items"]:
        if item["product_id"] in found:
            raise BrokenPromiseError(f"two lines of one product: {listing['items']}")
        found[item["product_id"]] = item["quantity"]
    return found
