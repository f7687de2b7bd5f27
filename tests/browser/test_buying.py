"""The main journey: a guest fills a cart, registers, orders, and the mails go out."""

import email
import email.policy
import re
import secrets
from email.message import EmailMessage
from typing import Any

import httpx
from playwright.async_api import Page, expect

from tests.browser.conftest import LiveShop, OpenPage
from tests.conftest import eventually

ADDRESS = {
    "Recipient": "Ada Marina",
    "Street and number": "Calle del Faro 7",
    "Town or city": "Cadiz",
    "Postal code": "11001",
}


def products(live_shop: LiveShop, **query: str) -> list[Any]:
    found: list[Any] = httpx.get(f"{live_shop.url}/api/v1/products", params=query).json()["items"]
    return found


def mails_to(live_shop: LiveShop, address: str) -> list[EmailMessage]:
    messages = [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in sorted(live_shop.mail_folder.glob("*.eml"))
    ]
    return [message for message in messages if message["To"] and address in message["To"]]


async def add_to_cart(page: Page, product: Any, *, java_script: bool) -> None:
    await page.goto(f"/products/{product['id']}")
    variant = next(variant for variant in product["variants"] if variant["stock"] > 2)
    for name, value in variant["options"].items():
        radio = page.locator(f'input[name="option.{name}"][value="{value}"]')
        await radio.check(force=True)
        if java_script:
            await page.wait_for_load_state("networkidle")
    await page.get_by_role("button", name="Add to cart").click()
    if java_script:
        await expect(page.get_by_role("dialog")).to_be_visible()


async def register(page: Page, address: str) -> None:
    form = page.get_by_role("region", name="New here")
    await form.get_by_label("Full name").fill("Ada Marina")
    await form.get_by_label("Email").fill(address)
    await form.get_by_label("Phone").fill("+34 600 123 456")
    await form.get_by_label("Password", exact=True).fill("tide tables at noon")
    await form.get_by_label("Password, once more").fill("tide tables at noon")
    await form.get_by_role("button", name="Make an account").click()


async def test_a_guest_fills_a_cart_registers_and_orders(
    open_page: OpenPage, live_shop: LiveShop, java_script: bool
) -> None:
    customer = f"ada-{secrets.token_hex(4)}@example.com"
    mug = products(live_shop, category="mugs", in_stock="true")[0]
    shirt = products(live_shop, category="t-shirts", in_stock="true")[0]
    page = await open_page("/products", java_script_enabled=java_script)

    await add_to_cart(page, mug, java_script=java_script)
    await add_to_cart(page, shirt, java_script=java_script)
    await page.goto("/cart")
    await expect(page.locator("#cart-count")).to_contain_text("2")
    await page.get_by_role("link", name="Check out").click()
    await register(page, customer)
    await expect(page).to_have_url(f"{live_shop.url}/checkout")
    for label, value in ADDRESS.items():
        await page.get_by_label(label, exact=True).fill(value)
    await page.get_by_label("Country").select_option("ES")
    await page.get_by_role("button", name="Place the order").click()

    await expect(page).to_have_url(re.compile("/orders/"))
    await expect(page.get_by_role("main")).to_contain_text(mug["name"])
    await expect(page.get_by_role("main")).to_contain_text(shirt["name"])
    await expect(page.get_by_role("main")).to_contain_text("IBAN")
    await expect(page.locator("#cart-count")).not_to_contain_text("2")

    async def both_mails() -> list[EmailMessage]:
        arrived = mails_to(live_shop, customer)
        return arrived if len(arrived) == 2 else []

    assert len(await eventually(both_mails)) == 2


async def test_the_shop_speaks_spanish_to_who_prefers_it(
    open_page: OpenPage, java_script: bool
) -> None:
    page = await open_page("/products", java_script_enabled=java_script, locale="es-ES")

    await expect(page.locator("html")).to_have_attribute("lang", "es")
    await expect(page.get_by_placeholder("Buscar en la tienda")).to_be_visible()


async def test_filters_change_the_list_and_back_undoes_them(
    open_page: OpenPage, live_shop: LiveShop
) -> None:
    page = await open_page("/products")
    everything = await page.locator(".product-card").count()

    await page.get_by_label("In stock").check()
    await expect(page).to_have_url(re.compile("in_stock"))
    await page.go_back()

    await expect(page).to_have_url(f"{live_shop.url}/products")
    await expect(page.locator(".product-card")).to_have_count(everything)


async def test_an_unknown_product_says_so_and_offers_others(open_page: OpenPage) -> None:
    page = await open_page("/products/000000000000000000000000")

    await expect(page.get_by_role("heading", level=1)).to_contain_text("does not exist")
    assert await page.locator(".product-card").count() > 0
