"""Staff at work: a product goes on sale, an order reaches its customer, prices change in place."""

import re
import secrets
from io import BytesIO
from typing import Any

import httpx
from PIL import Image
from playwright.async_api import Page, expect

from tests.browser.conftest import PASSWORD, LiveShop, OpenPage

ADDRESS = {
    "recipient": "Ada Marina",
    "line1": "Calle del Faro 7",
    "city": "Cadiz",
    "postal_code": "11001",
    "country": "ES",
}


async def sign_in(page: Page) -> None:
    await page.goto("/?next=/staff")
    form = page.locator('form[action="/auth/login"]')
    await form.get_by_label("Email").fill("staff@example.com")
    await form.get_by_label("Password").fill(PASSWORD)
    await form.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def signed_in(live_shop: LiveShop, email: str) -> httpx.Client:
    """Somebody of the demo, by the API."""
    api = f"{live_shop.url}/api/v1"
    answer = httpx.post(f"{api}/auth/login", json={"email": email, "password": PASSWORD})
    token = answer.json()["access_token"]
    return httpx.Client(base_url=api, headers={"Authorization": f"Bearer {token}"}, timeout=20)


def stored(live_shop: LiveShop, product: Any) -> Any:
    return httpx.get(f"{live_shop.url}/api/v1/products/{product['id']}").json()


def new_product(live_shop: LiveShop, name: str, price: int = 1500, stock: int = 9) -> Any:
    with signed_in(live_shop, "staff@example.com") as client:
        body = {"name": name, "category": "mugs", "unit_price": price, "stock": stock}
        return client.post("/products", json=body).raise_for_status().json()


def new_order(live_shop: LiveShop, product: Any) -> int:
    with signed_in(live_shop, "shopper@example.com") as client:
        client.delete("/cart")
        line = {"product_id": product["id"], "quantity": 1}
        client.post("/cart", json=line).raise_for_status()
        order = client.post("/orders", json={"delivery_address": ADDRESS})
        return int(order.raise_for_status().json()["number"])


def photo() -> Any:
    file = BytesIO()
    Image.new("RGB", (800, 1000), "teal").save(file, "JPEG")
    return {"name": "coat.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


async def test_a_product_with_three_sizes_and_a_photo_goes_on_sale(
    open_page: OpenPage, live_shop: LiveShop, java_script: bool
) -> None:
    name = f"Oilskin {secrets.token_hex(3)}"
    page = await open_page("/", java_script_enabled=java_script)
    await sign_in(page)
    await page.get_by_role("link", name="Products", exact=True).click()
    await page.get_by_role("link", name="New product").click()

    await page.get_by_role("group", name="English").get_by_label("Name").fill(name)
    await page.get_by_role("group", name="Español").get_by_label("Name").fill(f"{name} ES")
    await page.get_by_label("Category").fill("Rain wear")
    await page.get_by_role("button", name="Add an option").click()
    await page.get_by_label("Option, such as size").fill("size")
    for row, size in enumerate(["S", "M", "L"]):
        if row:
            await page.get_by_role("button", name="Add a variant").click()
        await page.locator(f'[name="row.{row}.value.0"]').fill(size)
        await page.locator(f'[name="row.{row}.price"]').fill(f"{49 + row},90")
        await page.locator(f'[name="row.{row}.stock"]').fill("4")
    # Without script each of those buttons loads the page again, so the photo comes last.
    await page.get_by_label("Photo", exact=True).set_input_files(photo())
    if java_script:
        await expect(page.locator("#photo-preview")).to_have_attribute(
            "src", re.compile("^data:image/jpeg")
        )
    await page.get_by_role("button", name="Put it on sale").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    await expect(page.locator("#photo-preview")).to_have_attribute("src", re.compile("^/images/"))
    assert await page.locator("#photo-preview").evaluate("each => each.naturalWidth") > 0
    await page.get_by_role("link", name="See it in the shop").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    for size in ("S", "M", "L"):
        await expect(page.locator(f'input[name="option.size"][value="{size}"]')).to_be_attached()


async def test_an_order_goes_from_generated_to_delivered(
    open_page: OpenPage, live_shop: LiveShop, java_script: bool
) -> None:
    number = new_order(live_shop, new_product(live_shop, "Deck brush"))
    page = await open_page("/", java_script_enabled=java_script)
    await sign_in(page)
    await page.get_by_role("link", name="Orders", exact=True).click()
    await page.get_by_label("Find orders").fill(str(number))
    await page.get_by_role("button", name="Find").click()

    row = page.locator(f"#order-row-{number}")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await row.get_by_role("button", name="Mark as paid").click()
    await expect(row.get_by_role("button", name="Mark as sent")).to_be_visible()
    await row.get_by_role("link", name=str(number)).click()
    await page.get_by_role("button", name="Mark as sent").click()
    await page.get_by_label("A note").fill("Left with the harbour master.")
    await page.get_by_role("button", name="Keep the note").click()
    await expect(page.get_by_role("main")).to_contain_text("Left with the harbour master.")
    await page.get_by_role("button", name="Mark as delivered").click()
    await expect(page.locator(".timeline-current")).to_contain_text("Delivered Sam Staff")
    await expect(page.locator(".timeline-step")).to_have_count(4)
    await expect(page.get_by_text("Cancel this order")).to_have_count(0)

    await page.get_by_role("link", name="Packing slip").click()
    await page.emulate_media(media="print", color_scheme="dark")
    await expect(page.locator("html")).to_have_css("color-scheme", "light")
    await expect(page.get_by_role("main")).to_contain_text("Calle del Faro 7")
    await expect(page.locator(".site-header")).to_be_hidden()


async def test_cancelling_an_order_asks_first(
    open_page: OpenPage, live_shop: LiveShop, java_script: bool
) -> None:
    number = new_order(live_shop, new_product(live_shop, "Rope end"))
    page = await open_page("/", java_script_enabled=java_script)
    await sign_in(page)
    await page.goto(f"/staff/orders/{number}")

    await expect(page.get_by_role("button", name="Yes, cancel it")).to_be_hidden()
    await page.get_by_text("Cancel this order").click()
    await page.get_by_role("button", name="Yes, cancel it").click()

    await expect(page.locator(".timeline-current")).to_contain_text("Cancelled")


async def test_price_and_stock_change_in_the_list_and_a_product_comes_back_from_the_bin(
    open_page: OpenPage, live_shop: LiveShop, java_script: bool
) -> None:
    name = f"Bailer {secrets.token_hex(3)}"
    product = new_product(live_shop, name)
    page = await open_page("/", java_script_enabled=java_script)
    await sign_in(page)
    await page.goto(f"/staff/products?q={name.replace(' ', '+')}")

    row = page.locator(f"#product-{product['id']}")
    await row.get_by_role("link", name=f"Price and stock of {name}").click()
    await row.get_by_role("textbox", name="Price").fill("12.34")
    await row.get_by_role("textbox", name="Stock").fill("3")
    await page.keyboard.press("Enter")
    await expect(row).to_contain_text("€12.34")
    await expect(row).to_contain_text("low")

    await row.get_by_role("button", name=f"Put {name} into the bin").click()
    await expect(page.get_by_role("main")).to_contain_text(f"“{name}” lies in the bin.")
    await page.get_by_role("button", name="Put it back").first.click()
    await expect(page.get_by_role("main")).to_contain_text(name)
    shown = stored(live_shop, product)
    assert (shown["unit_price"], shown["stock"]) == (1234, 3)


async def test_two_people_at_one_product_are_told_and_choose(
    open_page: OpenPage, live_shop: LiveShop, java_script: bool
) -> None:
    name = f"Compass {secrets.token_hex(3)}"
    product = new_product(live_shop, name)
    path = f"/staff/products/{product['id']}"
    one = await open_page("/", java_script_enabled=java_script)
    await sign_in(one)
    await one.goto(path)
    other = await one.context.new_page()
    await other.goto(path)

    for page, text in ((one, "Of brass."), (other, "Of steel.")):
        english = page.get_by_role("group", name="English")
        await english.get_by_label("Description").fill(text)
        await page.get_by_role("button", name="Save", exact=True).last.click()

    warning = other.get_by_role("region", name="Somebody else changed this product")
    await expect(warning.first).to_contain_text("Of brass.")
    await expect(warning.first).to_contain_text("Of steel.")
    await other.get_by_label("Of brass.").check()
    await other.get_by_role("button", name="Save what is chosen").click()
    await expect(other.get_by_role("main")).to_contain_text(f"Saved: {name}.")
    assert stored(live_shop, product)["description"] == "Of brass."


async def test_prices_of_many_change_after_a_look_at_what_would_change(
    open_page: OpenPage, live_shop: LiveShop, java_script: bool
) -> None:
    word = f"Buoy{secrets.token_hex(3)}"
    products = [new_product(live_shop, f"{word} {number}", 1000) for number in range(2)]
    page = await open_page("/", java_script_enabled=java_script)
    await sign_in(page)
    await page.goto(f"/staff/products?q={word}")

    for product in products:
        await page.get_by_label(f"Tick {product['name']}").check()
    await page.get_by_label("Per cent").fill("-15")
    await page.get_by_role("button", name="See what would change").click()
    await expect(page.get_by_role("main")).to_contain_text("€8.50")
    await page.get_by_role("button", name="Change 2 products").click()

    await expect(page.get_by_role("main")).to_contain_text("2 products were changed.")
    for product in products:
        assert stored(live_shop, product)["unit_price"] == 850


async def test_typing_narrows_the_lists_and_a_clash_in_a_row_is_shown(
    open_page: OpenPage, live_shop: LiveShop
) -> None:
    name = f"Quoin{secrets.token_hex(3)}"
    product = new_product(live_shop, name, 1000)
    number = new_order(live_shop, product)
    page = await open_page("/")
    await sign_in(page)

    await page.goto("/staff/orders")
    await page.get_by_label("Find orders").press_sequentially(name)
    await expect(page.locator("#orders tbody tr")).to_have_count(1)
    await expect(page.locator(f"#order-row-{number}")).to_be_visible()
    await page.goto("/staff/products")
    await page.get_by_role("searchbox", name="Search products").press_sequentially(name)
    await expect(page.locator("#products tbody tr")).to_have_count(1)
    await expect(page).to_have_url(f"{live_shop.url}/staff/products?q={name}")
    await page.get_by_label("Stock", exact=True).select_option("low")
    await expect(page.get_by_role("main")).to_contain_text("No product fits.")
    await page.get_by_label("Stock", exact=True).select_option("")

    await page.get_by_role("link", name=f"Price and stock of {name}").click()
    await expect(page.get_by_label("Price,")).to_be_focused()
    with signed_in(live_shop, "staff@example.com") as colleague:
        colleague.patch(f"/products/{product['id']}", json={"unit_price": 1100})
    await page.get_by_label("Price,").fill("12")
    await page.keyboard.press("Enter")
    row = page.locator(f"#product-{product['id']}")
    await expect(row.get_by_role("alert")).to_contain_text("Somebody else changed this")
    await expect(row).to_contain_text("now 11.00")
    await row.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("€12.00")
