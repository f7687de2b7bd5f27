"""A shopper and staff talk in two windows: by socket, by polling, and without JavaScript."""

import re

from playwright.async_api import Page, expect

from tests.browser.conftest import PASSWORD, OpenPage

SHOPPER = "shopper@example.com"
STAFF = "staff@example.com"
QUICKLY_MS = 5_000


async def sign_in(open_page: OpenPage, email: str, path: str, **options) -> Page:
    page = await open_page("/", **options)
    form = page.locator("form[action='/auth/login']")
    await form.get_by_label("Email").fill(email)
    await form.get_by_label("Password").fill(PASSWORD)
    await form.get_by_role("button").first.click()
    await page.wait_for_url("**/products*")
    await page.goto(path)
    return page


async def say(page: Page, text: str) -> None:
    await page.get_by_label("Your message").fill(text)
    await page.get_by_role("button", name="Send").click()


async def test_shopper_and_staff_talk_in_two_windows(open_page: OpenPage) -> None:
    staff = await sign_in(open_page, STAFF, "/staff/chat")
    shopper = await sign_in(open_page, SHOPPER, f"/chat/{SHOPPER}")
    await expect(shopper.locator("#presence")).to_have_text(
        "Somebody of the shop is here now.", timeout=QUICKLY_MS
    )

    # A new question appears at the desk without reload, and in the title.
    waiting = re.match(r"\((\d+)\) ", await staff.title())
    before = int(waiting[1]) if waiting else 0
    await say(shopper, "Is the blue one <b>waterproof</b>?")
    await expect(shopper.get_by_label("Your message")).to_have_value("")
    mine = shopper.locator(".message").last
    await expect(mine).to_contain_text("Is the blue one <b>waterproof</b>?")
    await expect(mine).to_have_class(re.compile("message-own"))
    row = staff.locator(".desk-row").first
    await expect(row).to_contain_text("waterproof", timeout=QUICKLY_MS)
    await expect(row).to_contain_text("here now")
    await expect(staff).to_have_title(re.compile(rf"^\({before + 1}\) "))

    # Staff open it, write, are seen writing, and answer.
    await row.get_by_role("link").click()
    await expect(staff.locator(".message").last).to_contain_text("waterproof")
    await expect(staff.get_by_label("About this customer")).to_contain_text("Latest orders")
    await staff.get_by_label("Your message").press_sequentially("To 100 m")
    await expect(shopper.locator("#presence")).to_contain_text("is writing", timeout=QUICKLY_MS)
    await staff.get_by_label("Your message").press_sequentially(", yes.")
    await staff.get_by_label("Your message").press("Enter")
    answer = shopper.locator(".message").last
    await expect(answer).to_contain_text("To 100 m, yes.", timeout=QUICKLY_MS)
    await expect(answer).to_have_class(re.compile("message-system"))
    await expect(staff.locator(".message").last).to_contain_text("To 100 m, yes.")
    await expect(staff).not_to_have_title(re.compile(rf"^\({before + 1}\)"), timeout=QUICKLY_MS)

    # Nothing stands there twice, and a reload shows the same.
    shown = await shopper.locator(".message").evaluate_all("all => all.map(each => each.id)")
    assert len(set(shown)) == len(shown)
    await shopper.reload()
    assert shown == await shopper.locator(".message").evaluate_all("all => all.map(e => e.id)")


async def test_a_socket_that_was_cut_comes_back_with_what_was_missed(open_page: OpenPage) -> None:
    shopper = await sign_in(open_page, SHOPPER, f"/chat/{SHOPPER}")
    staff = await sign_in(open_page, STAFF, f"/staff/chat/{SHOPPER}")
    await say(shopper, "before the cut")
    await expect(staff.locator(".message").last).to_contain_text("before the cut")
    await shopper.context.set_offline(True)
    await shopper.evaluate("document.getElementById('chat')._htmx.ws.connection.socket.close()")
    await say(staff, "during the cut")
    await expect(staff.locator(".message").last).to_contain_text("during the cut")
    await shopper.context.set_offline(False)
    await expect(shopper.locator(".message").last).to_contain_text("during the cut", timeout=30_000)
    shown = await shopper.locator(".message").evaluate_all("all => all.map(e => e.id)")
    stored = await staff.locator(".message").evaluate_all("all => all.map(e => e.id)")
    assert shown == stored


async def test_where_no_socket_can_be_had_the_page_polls(open_page: OpenPage) -> None:
    shopper = await sign_in(open_page, SHOPPER, "/products")
    await shopper.context.route_web_socket(re.compile(r".*"), lambda socket: socket.close())
    await shopper.goto(f"/chat/{SHOPPER}")
    staff = await sign_in(open_page, STAFF, f"/staff/chat/{SHOPPER}")
    await say(shopper, "through the proxy")
    await expect(staff.locator(".message").last).to_contain_text("through the proxy")
    await expect(shopper.locator(".message").last).to_contain_text("through the proxy")
    await say(staff, "and back")
    await expect(shopper.locator(".message").last).to_contain_text("and back", timeout=12_000)


async def test_where_no_socket_can_be_had_the_desk_polls_too(open_page: OpenPage) -> None:
    staff = await sign_in(open_page, STAFF, "/staff")
    await staff.context.route_web_socket(re.compile(r".*"), lambda socket: socket.close())
    await staff.goto("/staff/chat")
    shopper = await sign_in(open_page, SHOPPER, f"/chat/{SHOPPER}")
    await say(shopper, "is anybody at the desk?")

    row = staff.locator(".desk-row").first
    await expect(row).to_contain_text("is anybody at the desk?", timeout=20_000)
    await expect(staff).to_have_title(re.compile(r"^\(\d+\) "))


async def test_without_javascript_one_posts_by_form_and_reads_by_reload(
    open_page: OpenPage,
) -> None:
    shopper = await sign_in(open_page, SHOPPER, "/chat", java_script_enabled=False)
    staff = await sign_in(open_page, STAFF, "/chat", java_script_enabled=False)
    await say(shopper, "Do you gift-wrap?")
    await expect(shopper.locator(".message").last).to_contain_text("Do you gift-wrap?")

    await staff.reload()
    await expect(staff.locator(".message").last).to_contain_text("Do you gift-wrap?")
    await staff.get_by_label("Whom do you answer?").fill(SHOPPER)
    await say(staff, "With pleasure.")
    await shopper.get_by_role("link", name="Look for answers").click()
    answer = shopper.locator(".message").last
    await expect(answer).to_contain_text("With pleasure.")
    await expect(answer).to_contain_text("to Ada S.")
    await expect(shopper.locator("#messages")).not_to_contain_text(SHOPPER)
