"""Looking for something: options, facets with Back, search, and further pages."""

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.conftest import LiveShop, OpenPage
from tests.browser.test_buying import products


async def narrow(page: Page, *, java_script: bool) -> None:
    """Without JavaScript what is ticked counts once the form is sent."""
    if not java_script:
        await page.get_by_role("button", name="Show what matches").click()


async def test_choosing_options_shows_their_price_stock_and_what_is_gone(
    open_page: OpenPage, live_shop: LiveShop, java_script: bool
) -> None:
    shirt = next(
        each
        for each in products(live_shop, category="t-shirts", limit="24")
        if {variant["stock"] == 0 for variant in each["variants"]} == {True, False}
    )
    gone = next(variant for variant in shirt["variants"] if not variant["stock"])
    colour = gone["options"]["colour"]
    page = await open_page(f"/products/{shirt['id']}", java_script_enabled=java_script)

    await page.locator(f'input[name="option.colour"][value="{colour}"]').check(force=True)
    if not java_script:
        await page.get_by_role("button", name="Show price and stock").click()

    size = page.locator(f'input[name="option.size"][value="{gone["options"]["size"]}"]')
    await expect(size).to_be_disabled()
    await expect(page.locator(".choice-value-gone").first).to_be_visible()
    for variant in shirt["variants"]:
        if variant["options"]["colour"] == colour and variant["stock"] > 0:
            await page.locator(
                f'input[name="option.size"][value="{variant["options"]["size"]}"]'
            ).check(force=True)
            break
    if not java_script:
        await page.get_by_role("button", name="Show price and stock").click()
    await expect(page.locator("#stock")).to_have_text(re.compile(r"In stock|Only \d+ left"))


async def test_facets_combine_and_back_and_reload_show_the_same(
    open_page: OpenPage, live_shop: LiveShop, java_script: bool
) -> None:
    page = await open_page("/products/t-shirts", java_script_enabled=java_script)
    results = page.locator("#results")
    await page.locator('input[name="in_stock"]').check()
    await narrow(page, java_script=java_script)
    await expect(page).to_have_url(re.compile("in_stock"))
    in_stock = page.url

    await page.locator('input[name="option.size"][value="XL"]').check()
    await narrow(page, java_script=java_script)
    await expect(page).to_have_url(re.compile(r"option\.size=XL"))
    wanted = {"category": "t-shirts", "in_stock": "true", "option.size": "XL", "limit": "100"}
    found = products(live_shop, **wanted)
    await expect(results.locator(".product-card")).to_have_count(len(found))

    await page.reload()
    await expect(results.locator(".product-card")).to_have_count(len(found))
    await page.go_back()
    await expect(page).to_have_url(in_stock)
    await expect(page.locator('input[name="option.size"][value="XL"]')).not_to_be_checked()


async def test_search_forgives_accents_and_slips(open_page: OpenPage, java_script: bool) -> None:
    page = await open_page("/products", java_script_enabled=java_script, locale="es-ES")
    search = page.get_by_placeholder("Buscar en la tienda")

    for typed in ("camíseta", "camiseta", "camista"):
        await search.fill(typed)
        await search.press("Enter")
        await expect(page).to_have_url(re.compile("q="))
        await expect(page.get_by_role("heading", level=1)).to_contain_text(typed)
        shown: Any = page.locator("#results .product-card")
        assert await shown.count() >= 10


async def test_suggestions_come_while_one_types(open_page: OpenPage) -> None:
    page = await open_page("/products")

    await page.get_by_placeholder("Search the shop").press_sequentially("lighth", delay=30)

    suggestion = page.locator("#suggestions a").first
    await expect(suggestion).to_be_visible()
    await suggestion.click()
    await expect(page.get_by_role("button", name="Add to cart")).to_be_visible()


async def test_further_products_follow_the_first_page(
    open_page: OpenPage, java_script: bool
) -> None:
    page = await open_page("/products", java_script_enabled=java_script)
    cards = page.locator("#results .product-card")
    first = await cards.count()

    await page.get_by_role("link", name="Show more").click()

    if java_script:
        await expect(cards).to_have_count(2 * first)
    else:
        await expect(page).to_have_url(re.compile("after="))
        await expect(cards).to_have_count(first)
