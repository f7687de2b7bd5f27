"""How often each route asks the database: never more often than its rules need."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx
import pytest
from pymongo import monitoring
from quart import Quart

from storefront.accounts.model import Role
from storefront.shop import Shop
from tests.carts.shelves import ADDRESS, add, customer, put_on_shelf
from tests.catalogue.goods import signed_in
from tests.conftest import PASSWORD, browser, eventually

LOOKS, PAUSE_SECONDS = 3, 0.1

_counted: ContextVar[list[str] | None] = ContextVar("counted", default=None)


class _Listener(monitoring.CommandListener):
    """Notes the commands of what runs in a context that counts them; the driver's threads run in
    the context of who asked."""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        commands = _counted.get()
        name = f"{event.command_name} {event.command.get(event.command_name)}"
        # Which sessions a process has is noted once for each of them, not per request.
        if commands is not None and name != "update processes":
            commands.append(name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


@pytest.fixture(scope="module", autouse=True)
def listener() -> None:
    """Clients hear of it if they are made later, as the app's is."""
    monitoring.register(_Listener())


@contextmanager
def at_most(number: int) -> Iterator[list[str]]:
    commands: list[str] = []
    token = _counted.set(commands)
    try:
        yield commands
    finally:
        _counted.reset(token)
    assert len(commands) <= number, commands


async def test_the_listener_hears_what_a_request_asks(app: Quart, shop: Shop) -> None:
    with at_most(1) as commands:
        await shop.database["products"].find_one({})

    assert commands == ["find products"]


async def _cart_item(shopper: httpx.AsyncClient) -> str:
    item: str = (await shopper.get("/api/v1/cart")).json()["items"][0]["id"]
    return item


async def _known(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """The client once the process remembers its session and what its badges count."""

    async def is_remembered() -> bool:
        commands: list[str] = []
        for _ in range(LOOKS):
            token = _counted.set(commands)
            assert (await client.get("/products")).status_code == 200
            _counted.reset(token)
            # The feed tells of the sign-in a moment later, upon which it is read once more.
            await asyncio.sleep(PAUSE_SECONDS)
        return not commands

    assert await eventually(is_remembered)
    return client


@pytest.mark.parametrize(
    "path",
    [
        "/products",
        "/products?q=compass&sort=price&in_stock=true",
        "/products/mugs",
        "/products/{product}",
        "/products/recent?seen={product}",
        "/suggestions?q=comp",
        "/api/v1/products",
        "/api/v1/products/{product}",
        "/api/v1/categories",
        "/sitemap.xml",
        "/robots.txt",
    ],
)
async def test_the_catalogue_asks_nothing(app: Quart, shop: Shop, path: str) -> None:
    product = await put_on_shelf(shop, name="Compass")
    async with browser(app) as guest, await customer(app) as shopper:
        await _known(shopper)
        for client in (guest, shopper):
            with at_most(0):
                answer = await client.get(path.format(product=product.id))
            assert answer.status_code == 200


async def test_the_cart(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=9)
    async with await customer(app) as shopper:
        await _known(shopper)
        with at_most(3):
            await add(shopper, product, 2)
        with at_most(1):
            assert (await shopper.get("/api/v1/cart")).status_code == 200
        with at_most(2):  # The page also offers the addresses that were saved.
            assert (await shopper.get("/cart")).status_code == 200
        line = f"/api/v1/cart/{await _cart_item(shopper)}"
        with at_most(4):
            assert (await shopper.put(line, json={"quantity": 3})).status_code == 200
        with at_most(2):
            answer = await shopper.put("/api/v1/cart/delivery-address", json=ADDRESS)
            assert answer.status_code == 200, answer.text
        with at_most(3):
            assert (await shopper.delete(line)).is_success
        with at_most(1):
            assert (await shopper.delete("/api/v1/cart")).is_success


@pytest.mark.parametrize("articles", [1, 2, 3])
async def test_an_order(app: Quart, shop: Shop, articles: int) -> None:
    products = [await put_on_shelf(shop, stock=9) for _ in range(articles)]
    async with await customer(app) as shopper:
        await _known(shopper)
        for product in products:
            await add(shopper, product)
        with at_most(2):
            assert (await shopper.get("/checkout")).status_code == 200
        with at_most(9 + articles):
            answer = await shopper.post("/api/v1/orders", json={"delivery_address": ADDRESS})
            assert answer.status_code == 201, answer.text


async def test_a_change_of_status(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=9)
    async with await customer(app) as shopper, await signed_in(app, Role.STAFF) as staff:
        await _known(staff)
        await add(shopper, product)
        answer = await shopper.post("/api/v1/orders", json={"delivery_address": ADDRESS})
        path = f"/api/v1/orders/{answer.json()['number']}"
        with at_most(3):
            answer = await staff.patch(path, json={"status": "paid"})
            assert answer.status_code == 200, answer.text


async def test_signing_in(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=9)
    async with await customer(app) as shopper, browser(app) as guest:
        email: str = shopper.email  # type: ignore[attr-defined]
        with at_most(7):  # From a device that was not seen before, which is told by mail.
            await _sign_in(guest, email)
        with at_most(4):
            await _sign_in(guest, email)
        guest.cookies.clear()
        await add(guest, product)
        with at_most(10):
            await _sign_in(guest, email)


async def _sign_in(guest: httpx.AsyncClient, email: str) -> None:
    answer = await guest.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text


async def test_a_message(app: Quart, shop: Shop) -> None:
    async with await customer(app) as shopper:
        await _known(shopper)
        for most in (6, 2):  # Where the newest message stands is asked once.
            with at_most(most):
                answer = await shopper.post("/api/v1/chat", json={"body": "Which one?"})
                assert answer.status_code == 201, answer.text
