"""A second factor from its beginning to its end, as people with a phone in their hand walk it."""

import secrets

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.accounts.factors import App
from tests.browser.barriers import expect_no_barriers, expect_no_sideways_scrolling, sign_in
from tests.browser.conftest import PASSWORD, LiveShop, OpenPage
from tests.browser.test_accessibility import (
    IN_EACH_LANGUAGE,
    ZOOMED_TO_400_PER_CENT,
    submit_unchecked,
)

HOME = "/account/second-factor"


@pytest.fixture
def email(live_shop: LiveShop) -> str:
    """Somebody new."""
    address = f"ada-{secrets.token_hex(4)}@example.com"
    facts = {"full_name": "Ada Marina", "phone": "+34600123456", "email": address}
    words = {"password": PASSWORD, "password_confirmation": PASSWORD}
    made = httpx.post(f"{live_shop.url}/api/v1/auth/register", json=facts | words, timeout=20)
    made.raise_for_status()
    return address


async def _set_up(page: Page) -> App:
    """From the page with the key on; leaves the page with the recovery codes open."""
    phone = App((await page.locator(".secret-key").inner_text()).replace(" ", ""))
    await page.locator("#factor-code").fill(phone.code())
    await page.locator("#factor-current_password").fill(PASSWORD)
    await page.locator("main form button").click()
    await page.wait_for_url(f"**{HOME}/recovery-codes")
    return phone


async def _give_password(page: Page, email: str) -> None:
    form = page.locator("form[action='/auth/login']")
    await form.locator("[name=email]").fill(email)
    await form.locator("[name=password]").fill(PASSWORD)
    await form.locator("button").click()
    await page.wait_for_url("**/auth/second-factor**")


async def _give_code(page: Page, code: str) -> None:
    await page.locator("main [name=code]").fill(code)
    await page.locator("main form button").click()


async def test_from_setting_it_up_to_switching_it_off(
    open_page: OpenPage, email: str, *, java_script: bool
) -> None:
    page = await open_page("/account", java_script_enabled=java_script)
    await page.locator("#sign-in-email").fill(email)
    await page.locator("#sign-in-password").fill(PASSWORD)
    await page.locator("form[action='/auth/login'] button").click()
    await page.get_by_role("link", name="Set it up").click()
    await expect(page.get_by_alt_text("QR code with the key for your app")).to_be_visible()
    phone = await _set_up(page)
    await expect(page.locator(".recovery-codes li")).to_have_count(10)
    code, another, *_rest = await page.locator(".recovery-codes code").all_inner_texts()
    await page.get_by_role("link", name="I have kept them").click()
    await expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()

    other = await open_page("/?next=/orders", java_script_enabled=java_script)
    await _give_password(other, email)
    await _give_code(other, phone.used_code())
    await expect(other.locator(".field-error")).to_contain_text("it was used before")
    await expect(other.locator("main [name=code]")).to_be_focused()
    await _give_code(other, phone.code())
    await other.wait_for_url("**/orders")

    third = await open_page("/", java_script_enabled=java_script)
    await _give_password(third, email)
    await _give_code(third, code)
    await third.wait_for_url("**/products")
    await expect(third.get_by_text("a recovery code; 9 are left.")).to_be_visible()

    await third.goto(HOME)
    form = third.locator("form", has=third.get_by_role("button", name="Switch it off"))
    await form.locator("[name=current_password]").fill(PASSWORD)
    await form.locator("[name=code]").fill(code)
    await form.locator("button").click()
    await expect(form.locator(".field-error")).to_contain_text("it was used before")
    await form.locator("[name=current_password]").fill(PASSWORD)
    await form.locator("[name=code]").fill(another)
    await form.locator("button").click()
    await third.wait_for_url("**/account")
    await expect(third.get_by_text("The second factor is off.")).to_be_visible()
    await page.goto("/account")
    await expect(page.locator("form[action='/auth/login']")).to_be_visible()


@IN_EACH_LANGUAGE
async def test_nothing_stands_in_the_way(
    open_page: OpenPage, email: str, locale: str, scheme: str
) -> None:
    page = await open_page("/products", locale=locale)
    await sign_in(page, email)

    async def check(where: str) -> None:
        await expect_no_barriers(page, where, first=scheme)

    await page.goto(HOME)
    await check("setting up")
    await submit_unchecked(page, f"form[action='{HOME}']")
    await check("setting up with errors")
    phone = await _set_up(page)
    await check("recovery codes")
    await page.goto("/account")
    await check("account")
    await page.goto(HOME)
    await check("switched on")
    await submit_unchecked(page, f"form[action='{HOME}']")
    await check("switched on with errors")
    other = await open_page("/", locale=locale)
    await _give_password(other, email)
    await expect_no_barriers(other, "second step", first=scheme)
    await _give_code(other, phone.wrong_code())
    await expect(other.locator(".field-error")).to_be_visible()
    await expect_no_barriers(other, "second step with an error", first=scheme)


async def test_zoomed_to_400_per_cent_nothing_scrolls_sideways(
    open_page: OpenPage, email: str
) -> None:
    page = await open_page("/products", locale="es-ES", viewport=ZOOMED_TO_400_PER_CENT)
    await sign_in(page, email)
    await page.goto(HOME)
    await expect_no_sideways_scrolling(page, "setting up")
    await _set_up(page)
    await expect_no_sideways_scrolling(page, "recovery codes")
    await page.goto(HOME)
    await expect_no_sideways_scrolling(page, "switched on")
    other = await open_page("/", locale="es-ES", viewport=ZOOMED_TO_400_PER_CENT)
    await _give_password(other, email)
    await expect_no_sideways_scrolling(other, "second step")
