"""Pages that a healthy shop does not show: as this process makes them, styled as in the other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, Route
from quart import Quart

from storefront.carts import service as carts
from storefront.errors import TooManyRequestsError, UnavailableError
from storefront.shop import Shop
from storefront.web import shedding
from tests.browser.barriers import expect_no_barriers, expect_no_sideways_scrolling
from tests.browser.conftest import OpenPage
from tests.browser.test_accessibility import IN_EACH_LANGUAGE, PHONE
from tests.carts.shelves import put_on_shelf
from tests.conftest import browser
from tests.staff.people import staff

Fail = Callable[[Exception], None]


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Let the cart's page end in this error."""

    def fail(error: Exception) -> None:
        async def raise_it(*_args: Any) -> Any:
            raise error

        monkeypatch.setattr(carts, "get_cart", raise_it)

    return fail


async def show(page: Page, answer: httpx.Response) -> None:
    """Show what the shop of this process answered, where the running shop's assets are."""

    async def fulfil(route: Route) -> None:
        await route.fulfill(body=answer.text, content_type="text/html")

    await page.route("**/shown", fulfil)
    await page.goto("/shown")
    await page.unroute("**/shown")


@IN_EACH_LANGUAGE
async def test_what_went_wrong_is_no_barrier(
    app: Quart, open_page: OpenPage, fail: Fail, locale: str, scheme: str
) -> None:
    page = await open_page("/robots.txt", locale=locale, viewport=PHONE)
    headers = {"Accept-Language": locale, "Accept": "text/html"}
    for error in (UnavailableError(5), TooManyRequestsError(30)):
        fail(error)
        async with browser(app, headers=headers) as guest:
            answer = await guest.get("/cart")
        assert answer.is_error
        await show(page, answer)
        await expect_no_sideways_scrolling(page, repr(error))
        await expect_no_barriers(page, repr(error), first=scheme)


@IN_EACH_LANGUAGE
async def test_a_shop_that_is_too_busy_is_no_barrier(
    app: Quart,
    open_page: OpenPage,
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
    scheme: str,
) -> None:
    page = await open_page("/robots.txt", locale=locale)

    async def refuse(*_args: Any) -> None:
        raise shedding.TooBusyError

    monkeypatch.setattr(shedding.Shedding, "_answer", refuse)
    async with browser(app, headers={"Accept-Language": locale}) as guest:
        answer = await guest.get("/products/mugs?q=tide")

    assert answer.status_code == UnavailableError.status
    await show(page, answer)
    again = page.locator("main a[href='/products/mugs?q=tide']")
    assert await again.count() == 1
    await expect_no_barriers(page, "too busy", first=scheme)


@pytest.fixture
async def in_development(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "settings", replace(shop.settings, environment="development"))
    await put_on_shelf(shop, name="Sheave")


@IN_EACH_LANGUAGE
@pytest.mark.usefixtures("in_development")
async def test_the_page_of_all_components_is_no_barrier(
    app: Quart, open_page: OpenPage, locale: str, scheme: str
) -> None:
    page = await open_page("/robots.txt", locale=locale)
    async with await staff(app) as clerk:
        clerk.headers["Accept-Language"] = locale
        answer = await clerk.get("/staff/components")

    assert answer.is_success
    await show(page, answer)
    await expect_no_barriers(page, "components", first=scheme)
