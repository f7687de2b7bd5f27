"""What a screen reader is told without being asked: words that come into regions it listens to."""

import contextlib
import re
import secrets

from playwright.async_api import Error, Page, expect

from tests.browser.barriers import sign_in
from tests.browser.conftest import LiveShop, OpenPage
from tests.browser.test_accessibility import submit_unchecked
from tests.browser.test_interaction import plain_product

SHOPPER, STAFF = "shopper@example.com", "staff@example.com"
# Words are heard where they come into a region that was there before them, or as an alert, and
# only inside the modal dialog while one is open.
LISTEN = """
    window.heard = [];
    document.addEventListener("DOMContentLoaded", () => {
        const live = "[role=status], [role=alert], [role=log]";
        const known = new WeakSet(document.querySelectorAll(live));
        const hear = (node, region) => {
            const modal = document.querySelector("dialog:modal");
            const words = node.textContent.replace(/\\s+/g, " ").trim();
            if (words && (!modal || modal.contains(region))) window.heard.push(words);
        };
        new MutationObserver((changes) => {
            for (const { target, addedNodes } of changes) {
                const element = target instanceof Element ? target : target.parentElement;
                const region = element?.closest(live);
                if (region?.role === "log") addedNodes.forEach((each) => hear(each, region));
                else if (known.has(region)) hear(region, region);
                for (const each of addedNodes)
                    if (each instanceof Element)
                        for (const alert of [each, ...each.querySelectorAll("*")])
                            if (alert.role === "alert") hear(alert, alert);
            }
        }).observe(document.body, { childList: true, characterData: true, subtree: true });
    });
"""


async def listening(open_page: OpenPage, path: str, email: str = "", locale: str = "en-GB") -> Page:
    """The page at ``path``, and somebody who hears what it says from then on."""
    page = await open_page("/robots.txt", locale=locale)
    await page.add_init_script(LISTEN)
    if email:
        await sign_in(page, email)
    await page.goto(path)
    return page


async def expect_heard(page: Page, words: str) -> None:
    with contextlib.suppress(Error):
        await page.wait_for_function(
            "words => window.heard.some((each) => each.includes(words))", arg=words, timeout=15_000
        )
    assert any(words in each for each in await page.evaluate("window.heard")), words
    await page.evaluate("window.heard = []")


async def test_changes_of_the_cart_are_told(open_page: OpenPage, live_shop: LiveShop) -> None:
    page = await listening(open_page, plain_product(live_shop))
    name = await page.get_by_role("heading", level=1).inner_text()

    await page.get_by_role("button", name="Add to cart").click()
    await expect_heard(page, f"{name} is in your cart.")
    drawer = page.get_by_role("dialog", name="It is in your cart")
    await drawer.get_by_role("button", name="One more").click()
    await expect_heard(page, "Your cart comes to")
    await drawer.get_by_role("button", name="Remove").click()
    await expect_heard(page, "Your cart comes to")
    await expect(page.get_by_role("dialog", name="Your cart")).to_be_visible()
    await page.get_by_role("button", name="Put it back").click()
    await expect_heard(page, "Your cart comes to")
    await page.goto("/cart")
    await page.get_by_role("button", name="One more").click()
    await expect_heard(page, "Your cart comes to")


async def test_a_toast_is_told_over_the_page_and_over_the_drawer(
    open_page: OpenPage, live_shop: LiveShop
) -> None:
    page = await listening(open_page, plain_product(live_shop), locale="es-ES")
    await page.get_by_role("button", name="Añadir al carrito").click()
    await expect_heard(page, "está en tu carrito.")
    await page.route("**/cart/*", lambda route: route.abort())

    await page.get_by_role("dialog").get_by_role("button", name="Uno más").click()
    await expect_heard(page, "La tienda no ha respondido.")


async def test_how_much_a_filter_or_a_search_finds_is_told(open_page: OpenPage) -> None:
    page = await listening(open_page, "/products", locale="es-ES")
    await page.locator("#filters").get_by_label("En stock").check()
    await page.wait_for_url("**in_stock**")
    await expect_heard(page, "artículos")
    await page.locator("#q").press_sequentially("lighth")
    await expect_heard(page, "sugerencia")

    staff = await listening(open_page, "/staff/products", STAFF)
    await staff.get_by_role("searchbox", name="Search products").press_sequentially("xqzv")
    await expect_heard(staff, "0 results")
    await staff.goto("/staff/orders")
    await staff.get_by_label("Find orders").press_sequentially("xqzv")
    await expect_heard(staff, "0 results")


async def test_a_message_and_who_writes_it_are_told(open_page: OpenPage) -> None:
    shopper = await listening(open_page, f"/chat/{SHOPPER}", SHOPPER)
    staff = await listening(open_page, f"/staff/chat/{SHOPPER}", STAFF)
    await expect_heard(shopper, "Somebody of the shop is here now.")
    answer = f"Waterproof to {secrets.randbelow(900) + 100} m."

    await staff.get_by_label("Your message").press_sequentially(answer)
    await expect_heard(shopper, "is writing")
    await staff.get_by_role("button", name="Send").click()
    await expect_heard(shopper, answer)


async def test_what_is_wrong_with_a_form_is_told_field_by_field(open_page: OpenPage) -> None:
    page = await open_page("/auth/password-reset", locale="es-ES")
    await submit_unchecked(page, "main form")

    await expect(page.get_by_role("alert")).to_have_text("Revisa los campos marcados.")
    email = page.get_by_role("main").get_by_label("Correo electrónico")
    await expect(email).to_be_focused()
    await expect(email).to_have_attribute("aria-invalid", "true")
    await expect(email).to_have_accessible_description(re.compile("Rellena este campo."))

    await page.goto("/")
    await submit_unchecked(page, "form[action='/auth/register']")
    await expect(page.get_by_label("Nombre y apellidos")).to_be_focused()
    region = page.get_by_role("region", name="Primera visita")
    for field in await region.get_by_role("textbox").all():
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(field).to_have_accessible_description(re.compile("Rellena este campo."))
