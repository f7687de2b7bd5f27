"""Nothing stands in anybody's way: on any page, in any state, by eye, ear or keyboard."""

import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from tests.browser.barriers import expect_no_barriers, expect_no_sideways_scrolling, sign_in
from tests.browser.conftest import PASSWORD, LiveShop, OpenPage
from tests.browser.test_buying import products

ADDRESS = {
    "recipient": "Ada Marina",
    "line1": "Calle del Faro 7",
    "city": "Cadiz",
    "postal_code": "11001",
    "country": "ES",
}
STAFF = "staff@example.com"
PHONE = {"width": 390, "height": 844}
ZOOMED_TO_400_PER_CENT = {"width": 320, "height": 256}
IN_EACH_LANGUAGE = pytest.mark.parametrize(
    ("locale", "scheme"), [("en-GB", "light"), ("es-ES", "dark")]
)

Customer = tuple[str, httpx.AsyncClient]
Check = Callable[[Page, str], Awaitable[None]]


@dataclass(frozen=True)
class Shelf:
    """Addresses of products in the states that matter."""

    with_options: str
    sold_out: str
    plain: str


@pytest.fixture(scope="module")
def shelf(live_shop: LiveShop) -> Shelf:
    found = [
        product
        for category in ("t-shirts", "totes", "mugs")
        for product in products(live_shop, category=category)
    ]
    stock = {each["id"]: sum(variant["stock"] for variant in each["variants"]) for each in found}

    def first(fits: Callable[[Any], bool]) -> str:
        return "/products/" + next(each["id"] for each in found if fits(each))

    return Shelf(
        with_options=first(lambda each: len(each["variants"]) > 3 and stock[each["id"]] > 9),
        sold_out=first(lambda each: stock[each["id"]] == 0),
        plain=first(lambda each: not each["variants"][0]["options"] and stock[each["id"]] > 9),
    )


@pytest.fixture
async def customer(live_shop: LiveShop) -> AsyncIterator[Customer]:
    """Somebody new: their email, and the API in their name."""
    email = f"ada-{secrets.token_hex(4)}@example.com"
    facts = {"full_name": "Ada Marina", "phone": "+34600123456", "email": email}
    words = {"password": PASSWORD, "password_confirmation": PASSWORD}
    async with httpx.AsyncClient(base_url=f"{live_shop.url}/api/v1", timeout=20) as program:
        (await program.post("/auth/register", json=facts | words)).raise_for_status()
        login = await program.post("/auth/login", json={"email": email, "password": PASSWORD})
        program.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        yield email, program


async def submit_unchecked(page: Page, form: str) -> None:
    """Send a form without the browser's own checks, as an older browser does."""
    async with page.expect_navigation():
        await page.eval_on_selector(form, "form => form.submit()")


async def choose_all(page: Page) -> None:
    """Choose the first value to be had of every option."""
    for group in range(await page.locator(".choice").count()):
        first = page.locator(".choice").nth(group).locator("input:enabled").first
        async with page.expect_response(re.compile("/products/")):
            await first.check(force=True)


async def put_in_cart(page: Page) -> None:
    await page.locator(".offer-form button[type=submit]").last.click()
    await expect(page.get_by_role("dialog")).to_be_visible()


@IN_EACH_LANGUAGE
async def test_a_guest_meets_no_barrier(
    open_page: OpenPage, shelf: Shelf, locale: str, scheme: str
) -> None:
    page = await open_page("/products", locale=locale)

    async def check(where: str) -> None:
        await expect_no_barriers(page, where, first=scheme)

    await check("the list")
    await page.locator("#q").press_sequentially("tide")
    await expect(page.locator(".suggestions a").first).to_be_visible()
    await check("suggestions")
    for path in (
        "/products/t-shirts?in_stock=1&option.size=M",
        "/products?q=lighthouse",
        "/products?q=lighthose+xqzv",
        "/products/000000000000000000000000",
        "/no/such/page",
        "/problems/out-of-stock",
        "/api/v1/docs",
        "/cart",
        shelf.sold_out,
        "/",
        "/auth/password-reset",
        "/auth/password-reset/forged",
        "/auth/verify/forged",
        "/?next=/checkout",
    ):
        await page.goto(path)
        await check(path)
    for path, form in (
        ("/", "form[action='/auth/login']"),
        ("/", "form[action='/auth/register']"),
        ("/auth/password-reset", "main form"),
    ):
        await page.goto(path)
        await submit_unchecked(page, form)
        await check(f"{form} with errors")
    await page.goto("/auth/password-reset")
    await page.locator("main input[type=email]").fill("nobody@example.com")
    await page.locator("main form button").click()
    await page.wait_for_load_state()
    await check("password reset sent")
    await page.goto(shelf.with_options)
    await check("product with options")
    await choose_all(page)
    await check("product with options chosen")
    await put_in_cart(page)
    await check("drawer")
    await page.get_by_role("dialog").locator("[data-hx-delete] button").click()
    await expect(page.locator("#undo")).to_be_focused()
    await check("drawer after removal")
    await page.goto(shelf.plain)
    await put_in_cart(page)
    await page.goto("/cart")
    await check("filled cart")
    await page.locator("#cart [data-hx-delete] button").click()
    await expect(page.locator("#undo")).to_be_focused()
    await check("cart after removal")


@IN_EACH_LANGUAGE
async def test_a_customer_meets_no_barrier(
    open_page: OpenPage, shelf: Shelf, customer: Customer, locale: str, scheme: str
) -> None:
    email, program = customer
    page = await open_page("/products", locale=locale)
    await sign_in(page, email)

    async def check(where: str, path: str | None = None) -> None:
        if path:
            await page.goto(path)
        await expect_no_barriers(page, where, first=scheme)

    await check("no orders", "/orders")
    await page.locator("[popovertarget=menu]").click()
    await check("menu")
    await check("empty chat", f"/chat/{email}")
    line = {"product_id": shelf.plain.rpartition("/")[2], "quantity": 1}
    await program.post("/cart", json=line)
    await check("checkout without address", "/checkout")
    await submit_unchecked(page, ".checkout-form")
    await check("checkout with errors")
    await program.put("/cart/delivery-address", json=ADDRESS)
    await check("cart with address", "/cart")
    await check("checkout with address", "/checkout")
    async with page.expect_navigation():
        await page.locator(".checkout-form button").last.click()
    await check("order just placed")
    await page.reload()
    await check("order")
    await page.locator(".ask-first summary").click()
    await check("order to be cancelled")
    async with page.expect_navigation():
        await page.locator(".ask-first button").click()
    await check("order cancelled")
    await check("orders", "/orders")
    await check("leaving", "/account/leave")
    await check("account", "/account")
    await submit_unchecked(page, "form[action='/account/password']")
    await check("account with errors")
    await program.post(f"/chat/{email}", json={"body": f"Is {shelf.plain} https://example.com it?"})
    await check("chat", f"/chat/{email}")
    await check("general chat", "/chat")


@IN_EACH_LANGUAGE
async def test_staff_meet_no_barrier(
    open_page: OpenPage, shelf: Shelf, customer: Customer, locale: str, scheme: str
) -> None:
    email, program = customer
    product_id = shelf.plain.rpartition("/")[2]
    await program.post("/cart", json={"product_id": product_id, "quantity": 1})
    order = (await program.post("/orders", json={"delivery_address": ADDRESS})).json()
    await program.post(f"/chat/{email}", json={"body": f"Where is order {order['number']}?"})
    page = await open_page("/products", locale=locale)
    await sign_in(page, STAFF)

    for path in (
        "/staff",
        "/staff/orders",
        f"/staff/orders/{order['number']}",
        f"/staff/orders/{order['number']}/packing-slip",
        "/staff/products",
        f"/staff/products?q=fid&open={product_id}",
        "/staff/products?q=xqzv",
        "/staff/products/new",
        f"/staff/products/{product_id}",
        f"/staff{shelf.with_options}",
        f"/staff/products/bulk?id={product_id}&change=price&percent=5",
        "/staff/products/bin",
        "/staff/chat",
        "/staff/chat/canned",
        f"/staff/chat/{email}",
        "/staff/users",
        "/staff/mail",
        "/staff/errors",
        "/staff/config",
    ):
        await page.goto(path)
        await expect_no_barriers(page, path, first=scheme)
    for path in ("/staff/users", "/staff/mail"):
        await page.goto(path)
        await page.locator("tbody a").first.click()
        await page.wait_for_load_state()
        await expect_no_barriers(page, f"one of {path}", first=scheme)
    await page.goto("/staff/products/new")
    await page.locator("aside button[name=action]").click()
    await expect(page.get_by_role("alert").first).to_be_visible()
    await expect_no_barriers(page, "new product with errors", first=scheme)
    other = await page.context.new_page()
    for each, text in ((page, f"Of {locale}."), (other, f"From {locale}.")):
        await each.goto(f"/staff/products/{product_id}")
        await each.locator("[name='description.en']").fill(text)
    for each in (page, other):
        await each.locator("aside button[name=action]").click()
        await expect(each.locator(".page-notices, .staff-differences")).to_be_visible()
    await expect_no_barriers(page, "product with its history", first=scheme)
    await expect_no_barriers(other, "product that two changed", first=scheme)


@IN_EACH_LANGUAGE
async def test_a_phone_meets_no_barrier(
    open_page: OpenPage, shelf: Shelf, locale: str, scheme: str
) -> None:
    page = await open_page("/products", locale=locale, viewport=PHONE, has_touch=True)

    await expect_no_barriers(page, "the list", first=scheme)
    await page.locator(".filters-open").click()
    await expect(page.locator("#filters")).to_be_visible()
    await expect_no_barriers(page, "filter sheet", first=scheme)
    await page.goto(shelf.with_options)
    await page.locator(".offer-form button[type=submit]").last.click()
    await expect(page.locator(".choice .field-error").first).to_be_visible()
    await expect_no_barriers(page, "product with a choice left out", first=scheme)
    await choose_all(page)
    await page.route("**/cart", lambda route: route.abort())
    await page.locator(".offer-form button[type=submit]").last.click()
    await expect(page.locator("#notices .notice")).to_be_visible()
    await expect_no_barriers(page, "product with a toast", first=scheme)
    await page.unroute("**/cart")
    await put_in_cart(page)
    await expect_no_barriers(page, "drawer", first=scheme)


@pytest.mark.parametrize("locale", ["en-GB", "es-ES"])
async def test_zoomed_to_400_per_cent_nothing_scrolls_sideways(
    open_page: OpenPage, shelf: Shelf, customer: Customer, locale: str
) -> None:
    email, program = customer
    page = await open_page("/products", locale=locale, viewport=ZOOMED_TO_400_PER_CENT)
    for path in (
        *("/", "/?next=/cart", "/products", "/products?q=tide", "/products?q=xqzv"),
        *(shelf.with_options, shelf.sold_out, "/cart", "/no/such/page", "/api/v1/docs"),
        *("/problems/out-of-stock", "/auth/password-reset", "/auth/verify/forged"),
    ):
        await page.goto(path)
        await expect_no_sideways_scrolling(page, path)
    await page.goto(shelf.plain)
    await put_in_cart(page)
    await expect_no_sideways_scrolling(page, "drawer")
    await program.post(
        f"/chat/{email}", json={"body": f"{'long' * 40} https://example.com/{email}"}
    )
    line = {"product_id": shelf.plain.rpartition("/")[2], "quantity": 1}
    await program.post("/cart", json=line)
    order = (await program.post("/orders", json={"delivery_address": ADDRESS})).json()
    await program.post("/cart", json=line)
    await sign_in(page, email)
    for path in (
        *("/cart", "/checkout", f"/chat/{email}?about={shelf.plain}", "/orders"),
        *(f"/orders/{order['number']}", "/account", "/account/leave"),
    ):
        await page.goto(path)
        await expect_no_sideways_scrolling(page, path)
    await sign_in(page, STAFF)
    for path in (
        *("/staff", "/staff/orders", "/staff/products", f"/staff{shelf.with_options}"),
        *(f"/staff/orders/{order['number']}", "/staff/products/new", "/staff/products/bin"),
        *("/staff/chat", f"/staff/chat/{email}", "/staff/errors", "/staff/config"),
        *("/staff/users", "/staff/mail"),
    ):
        await page.goto(path)
        await expect_no_sideways_scrolling(page, path)
    for path in ("/staff/users", "/staff/mail"):
        await page.goto(path)
        await page.locator("tbody a").first.click()
        await page.wait_for_load_state()
        await expect_no_sideways_scrolling(page, f"one of {path}")
