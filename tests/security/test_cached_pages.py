"""Nobody can make the pages that all guests share into something else."""

import httpx
import pytest
from quart import Quart

from storefront.shop import Shop
from tests.accounts.people import registered
from tests.catalogue.goods import product, sell
from tests.conftest import browser

TWICE = [
    [("Accept-Language", "es"), ("Accept-Language", "en")],
    [("Cookie", "preferences=language%3Des"), ("Cookie", "preferences=language%3Den")],
    [("Cookie", "preferences=language%3Des; preferences=language%3Den")],
    [("HX-Request", "true"), ("HX-Request-Type", "partial"), ("HX-Request-Type", "full")],
    [("Accept-Language", "en"), ("Cookie", "preferences=theme%3Ddark; preferences=")],
]


@pytest.mark.parametrize("headers", TWICE)
async def test_headers_that_contradict_themselves_spoil_no_page(
    app: Quart, shop: Shop, client: httpx.AsyncClient, headers: list[tuple[str, str]]
) -> None:
    await sell(shop, product("Lantern"))  # Empties what is kept.
    await client.get("/products", headers=headers)

    for asked in ({"Accept-Language": "en"}, {"HX-Request": "true", "HX-Request-Type": "full"}):
        async with browser(app) as guest:
            page = (await guest.get("/products", headers=asked)).text
        assert '<html lang="en"' in page
        assert 'data-theme="dark"' not in page


async def test_a_cookie_that_others_set_does_not_hide_a_session(app: Quart, shop: Shop) -> None:
    await sell(shop, product("Lantern"))
    customer, email = await registered(app, full_name="Rosa Sánchez")
    async with browser(app) as guest:
        await guest.get("/products")

    session = customer.cookies["session"]
    async with browser(app) as again:
        odd = f'consent={{"a":[1,2]}}; list[]=x; session={session}'
        page = await again.get("/products", headers={"Cookie": odd})

    assert "/account" in page.text
    assert "Rosa" in page.text or email in page.text


async def test_an_odd_language_in_the_query_is_the_same_for_cache_and_handler(
    app: Quart, shop: Shop
) -> None:
    await sell(shop, product("Lantern"))
    for accepted, expected in (("es", "es"), ("en", "en")):
        async with browser(app) as guest:
            page = await guest.get("/products?lang=&lang=es", headers={"Accept-Language": accepted})
        assert f'<html lang="{expected}"' in page.text
