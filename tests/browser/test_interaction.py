"""What a finger, an eye and an ear expect of the pages: answers at once, nothing jumps, undo."""

import asyncio
import re
import secrets

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.barriers import sign_in
from tests.browser.conftest import PASSWORD, LiveShop, OpenPage
from tests.browser.test_buying import products

PHONE = {"width": 390, "height": 844}
PLAIN = "totes"
WATCH_GLIDING = """
    addEventListener("pagereveal", ({ viewTransition }) => {
        window.revealed = true;
        viewTransition?.ready.then(() => {
            window.moved = document.getAnimations()
                .map(({ effect }) => ({
                    name: effect.pseudoElement ?? "",
                    milliseconds: effect.getComputedTiming().duration,
                }))
                .filter(({ name }) => name.startsWith("::view-transition"));
        });
    });
"""


def plain_product(live_shop: LiveShop) -> str:
    """The address of a product without options, of which there are some."""
    found = products(live_shop, category=PLAIN, in_stock="true")
    fits = (each for each in found if not each["variants"][0]["options"])
    return f"/products/{next(each['id'] for each in fits if each['variants'][0]['stock'] > 5)}"


async def tab_to(page: Page, selector: str, *, most: int = 90) -> None:
    """Press Tab until what has the focus is ``selector``, which then shows it."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert await page.evaluate("document.activeElement.matches(':focus-visible')")
            return
    pytest.fail(f"No way by keyboard to {selector}.")


async def test_adding_answers_within_a_frame(open_page: OpenPage, live_shop: LiveShop) -> None:
    page = await open_page(plain_product(live_shop))
    may_answer = asyncio.Event()

    async def answer_late(route: Route) -> None:
        await may_answer.wait()
        await route.continue_()

    await page.route("**/cart", answer_late)
    button = page.locator(".offer-act button[type=submit]")
    is_busy = await button.evaluate(
        """button => new Promise((done) => {
            button.click();
            requestAnimationFrame(() => requestAnimationFrame(() =>
                done(button.querySelector(".button-busy").checkVisibility())));
        })"""
    )

    assert is_busy
    may_answer.set()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.locator("#cart-count")).to_contain_text("1")


async def test_the_drawer_counts_removes_and_puts_back(
    open_page: OpenPage, live_shop: LiveShop
) -> None:
    page = await open_page(plain_product(live_shop))
    await page.get_by_role("button", name="Add to cart").click()
    drawer = page.get_by_role("dialog")
    await expect(drawer.get_by_role("heading", name="It is in your cart")).to_be_focused()

    await drawer.get_by_role("button", name="One more").click()
    await expect(page.locator("#cart-count")).to_contain_text("2")
    await expect(drawer.locator("input[name=quantity]")).to_have_value("2")
    await expect(page.locator("#live")).to_contain_text("Your cart comes to")
    await drawer.get_by_role("button", name="Remove").click()
    await expect(drawer.get_by_role("button", name="Put it back")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(drawer.locator("input[name=quantity]")).to_have_value("2")
    await page.keyboard.press("Escape")

    await expect(drawer).to_be_hidden()
    await expect(page.get_by_role("button", name="Add to cart")).to_be_focused()


async def test_removal_can_be_undone_without_javascript(
    open_page: OpenPage, live_shop: LiveShop
) -> None:
    page = await open_page(plain_product(live_shop), java_script_enabled=False)
    await page.get_by_role("button", name="Add to cart").click()
    await page.get_by_role("button", name="Remove").click()
    await expect(page.locator(".cart-line")).to_have_count(0)
    await page.get_by_role("button", name="Put it back").click()

    await expect(page.locator(".cart-line")).to_have_count(1)
    await expect(page.get_by_role("button", name="Put it back")).to_have_count(0)


async def test_a_field_says_what_is_wrong_once_it_is_left(open_page: OpenPage) -> None:
    page = await open_page("/", locale="es-ES")
    email = page.get_by_role("region", name="Primera visita").get_by_label("Correo electrónico")
    wrong = "Indica un correo electrónico como ana@example.com."

    await email.press_sequentially("ada@")
    await expect(email).not_to_have_attribute("aria-invalid", "true")
    await page.keyboard.press("Tab")
    await expect(email).to_have_accessible_description(re.compile(wrong))
    await expect(email).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#live")).to_have_text(wrong)
    await email.press_sequentially("example.com")

    await expect(email).not_to_have_attribute("aria-invalid", "true")
    await expect(page.locator(".field-error")).to_have_count(0)
    await expect(page.locator("#live")).to_have_text("")


async def test_a_choice_left_out_says_so_in_its_place(
    open_page: OpenPage, live_shop: LiveShop
) -> None:
    shirt = products(live_shop, category="t-shirts", in_stock="true")[0]
    page = await open_page(f"/products/{shirt['id']}", locale="es-ES", viewport=PHONE)
    await page.get_by_role("button", name="Añadir al carrito").click()

    groups = page.locator(".choice")
    missing = await groups.count()
    await expect(page.locator(".choice .field-error")).to_have_text(["Elige una opción."] * missing)
    first = groups.first.locator("input:enabled").first
    await expect(first).to_be_focused()
    await expect(first).to_have_accessible_description("Elige una opción.")
    await first.check(force=True)
    await expect(groups.first.locator(".field-error")).to_have_count(0)
    await expect(page.locator("#cart-count")).not_to_contain_text("1")


async def test_the_category_one_is_in_stands_in_view(open_page: OpenPage) -> None:
    page = await open_page("/products/totes", viewport=PHONE)

    await expect(page.locator(".categories [aria-current]")).to_be_in_viewport(ratio=1)
    assert await page.evaluate("scrollY") == 0


async def test_a_question_brings_along_what_it_is_about(
    open_page: OpenPage, live_shop: LiveShop, java_script: bool
) -> None:
    product = plain_product(live_shop)
    page = await open_page("/robots.txt", java_script_enabled=java_script)
    await page.goto(product)
    await page.get_by_role("link", name="Ask about this").click()
    form = page.locator("form[action='/auth/login']")
    await form.get_by_label("Email").fill("shopper@example.com")
    await form.get_by_label("Password").fill(PASSWORD)
    await form.get_by_role("button", name="Sign in").click()
    question = f"Is it washable {secrets.token_hex(3)}?"
    await page.get_by_label("Your message").fill(question)
    await page.get_by_role("button", name="Send").click()

    message = page.locator(".message", has_text=question)
    await expect(message.locator(f"a.message-card[href='{product}']")).to_be_visible()
    await expect(page.locator("#write [name=about]")).to_have_count(0)


async def test_a_picture_glides_from_the_list_into_its_page(open_page: OpenPage) -> None:
    page = await open_page("/robots.txt", reduced_motion="no-preference")
    await page.add_init_script(WATCH_GLIDING)
    await page.goto("/products")
    await page.locator(".product-card a").nth(1).click()
    await page.wait_for_url("**/products/*")

    await page.wait_for_function(
        "window.moved?.some(({ name }) => name.includes('group(picture-'))"
    )
    assert {each["milliseconds"] for each in await page.evaluate("window.moved")} <= {260}


async def test_with_reduced_motion_pages_change_at_once(open_page: OpenPage) -> None:
    page = await open_page("/robots.txt")
    await page.add_init_script(WATCH_GLIDING)
    await page.goto("/products")
    await page.locator(".product-card a").nth(1).click()
    await page.wait_for_url("**/products/*")

    await page.wait_for_function("window.revealed")
    assert await page.evaluate("window.moved") is None


async def test_a_toast_is_heard_and_hides_no_control(
    open_page: OpenPage, live_shop: LiveShop
) -> None:
    page = await open_page(plain_product(live_shop), viewport=PHONE)
    await page.route("**/cart", lambda route: route.abort())
    button = page.get_by_role("button", name="Add to cart")
    await button.click()

    toast = page.locator("#notices[role=status] .notice")
    await expect(toast).to_contain_text("The shop did not answer.")
    over, under = await toast.bounding_box(), await button.bounding_box()
    assert over is not None
    assert under is not None
    assert over["y"] + over["height"] <= under["y"] or under["y"] + under["height"] <= over["y"]
    await toast.get_by_role("button", name="Dismiss").click()
    await expect(toast).to_have_count(0)


async def test_what_went_wrong_is_over_once_something_else_was_done(
    open_page: OpenPage, live_shop: LiveShop
) -> None:
    page = await open_page(plain_product(live_shop))
    await page.get_by_role("button", name="Add to cart").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.goto("/cart")
    await page.route("**/cart/*", lambda route: route.abort())
    more = page.locator("#cart").get_by_role("button", name=re.compile("more", re.IGNORECASE))
    await more.click()
    await expect(page.locator("#notices .notice")).to_be_visible()

    await page.unroute("**/cart/*")
    await more.click()
    await expect(page.locator("#notices .notice")).to_have_count(0)


async def test_filters_are_a_sheet_on_a_phone(open_page: OpenPage, live_shop: LiveShop) -> None:
    page = await open_page("/products", viewport=PHONE)
    sheet = page.locator("#filters")
    await expect(sheet).to_be_hidden()
    await page.get_by_role("button", name="Filter").click()
    await sheet.get_by_label("In stock").check()
    await expect(page).to_have_url(re.compile("in_stock"))
    await expect(sheet).to_be_visible()
    await sheet.get_by_role("button", name=re.compile("^Show")).click()

    await expect(sheet).to_be_hidden()
    await expect(page.locator(".chip").first).to_be_visible()


async def test_an_order_is_placed_by_keyboard_alone(
    open_page: OpenPage, live_shop: LiveShop
) -> None:
    product = plain_product(live_shop)
    page = await open_page("/products")
    email = f"key-{secrets.token_hex(4)}@example.com"
    facts = {"full_name": "Ada Marina", "phone": "+34600123456", "email": email}
    words = {"password": PASSWORD, "password_confirmation": PASSWORD}
    await page.request.post("/api/v1/auth/register", data=facts | words)

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
    await page.goto(f"/products/{PLAIN}")
    await tab_to(page, f"a[href='{product}']")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{product}")
    await tab_to(page, ".offer-act button[type=submit]")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await tab_to(page, "a[href='/checkout']")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/\?next="))
    for selector, text in (("#sign-in-email", email), ("#sign-in-password", PASSWORD)):
        await tab_to(page, selector)
        await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{live_shop.url}/checkout")
    for name, text in (
        *(("recipient", "Ada Marina"), ("line1", "Calle del Faro 7")),
        *(("postal_code", "11001"), ("city", "Cadiz"), ("country", "Spain")),
    ):
        await tab_to(page, f"[name={name}]")
        await page.keyboard.type(text)
    await tab_to(page, ".checkout-form button[type=submit]")
    await page.keyboard.press("Enter")

    await page.wait_for_url(re.compile(r"/orders/\d"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you. It is noted.")


async def test_reduced_motion_stills_everything(open_page: OpenPage, live_shop: LiveShop) -> None:
    page = await open_page(plain_product(live_shop))
    await page.get_by_role("button", name="Add to cart").click()
    await expect(page.get_by_role("dialog")).to_be_visible()

    moving = await page.evaluate(
        """document.getAnimations()
            .filter((each) => each.timeline === document.timeline)
            .filter((each) => each.effect.getComputedTiming().duration > 0).length"""
    )
    assert moving == 0


async def test_forced_colours_still_show_what_is_chosen(
    open_page: OpenPage, live_shop: LiveShop
) -> None:
    shirt = products(live_shop, category="t-shirts", in_stock="true")[0]
    page = await open_page(f"/products/{shirt['id']}", forced_colors="active")
    choice = page.locator(".choice input:enabled").first
    await choice.check(force=True)

    chosen = page.locator(".choice-value:has(input:checked) > span").first
    assert await chosen.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    here = page.locator(".categories [aria-current]")
    await page.goto("/products")
    assert "underline" in await here.evaluate("each => getComputedStyle(each).textDecorationLine")


async def test_a_dialog_gives_the_focus_back(open_page: OpenPage) -> None:
    page = await open_page("/robots.txt")
    await sign_in(page, "shopper@example.com")
    await page.goto("/products")
    account = page.get_by_role("button", name="Your account")
    await account.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#menu")).to_be_visible()
    await page.keyboard.press("Escape")

    await expect(page.locator("#menu")).to_be_hidden()
    await expect(account).to_be_focused()
