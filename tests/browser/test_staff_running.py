"""Staff keep the shop running: a mail that failed, the configuration, a person to block."""

import secrets
import subprocess
from typing import Any

import httpx
import pymongo
import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PASSWORD, STOREFRONT, LiveShop, OpenPage
from tests.conftest import eventually

REFUSED = "550 no such mailbox"
ADMIN = "harbour-master@example.com"


@pytest.fixture(scope="module")
def admin(live_shop: LiveShop) -> str:
    """The email of an admin, made as an owner makes one."""
    facts = ["--role", "admin", "--full-name", "Hanna Hafen", "--phone", "+34600123458"]
    subprocess.run(
        [STOREFRONT, "create-user", ADMIN, *facts, "--password-stdin"],
        env=live_shop.environment,
        input=PASSWORD.encode(),
        check=True,
        capture_output=True,
    )
    return ADMIN


@pytest.fixture
def customer(live_shop: LiveShop) -> str:
    """The email of somebody who has just registered."""
    email = f"shopper-{secrets.token_hex(4)}@example.com"
    form = {
        "full_name": "Pia Probe",
        "phone": "600123456",
        "email": email,
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
    }
    answer = httpx.post(f"{live_shop.url}/api/v1/auth/register", json=form)
    assert answer.status_code == 201, answer.text
    return email


def outbox(live_shop: LiveShop) -> Any:
    environment = live_shop.environment
    client = pymongo.MongoClient[Any](environment["STOREFRONT_DATABASE__URL"])
    return client[environment["STOREFRONT_DATABASE__NAME"]]["outbox"]


async def sign_in(open_page: OpenPage, email: str, path: str, **options: Any) -> Page:
    page = await open_page(f"/?next={path}", **options)
    form = page.get_by_role("region", name="Sign in")
    await form.get_by_label("Email").fill(email)
    await form.get_by_label("Password").fill(PASSWORD)
    await form.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"**{path}")
    return page


async def test_a_failed_mail_is_read_and_sent_again(
    open_page: OpenPage, live_shop: LiveShop, admin: str, customer: str, java_script: bool
) -> None:
    mails = outbox(live_shop)

    async def sent() -> Any:
        return mails.find_one({"to": customer, "state": "sent"})

    mail = await eventually(sent)
    failed = {"state": "failed", "last_error": REFUSED, "attempts": 12, "sent_at": None}
    mails.update_one({"_id": mail["_id"]}, {"$set": failed})
    page = await sign_in(open_page, admin, "/staff/mail", java_script_enabled=java_script)

    await page.get_by_role("link", name="Failed").click()
    row = page.get_by_role("row").filter(has_text=customer)
    await expect(row).to_contain_text(REFUSED)
    await row.get_by_role("link").click()
    await expect(page.locator(".facts")).to_contain_text(REFUSED)
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_role("heading")).to_contain_text("Welcome")
    await expect(frame.locator("a.button")).to_have_attribute(
        "href", f"{live_shop.url}/auth/verify/…"
    )
    await expect(page.locator(".mail-text")).to_contain_text("/auth/verify/…")
    await page.get_by_role("button", name="Send again").click()
    await expect(page.locator(".page-notices")).to_contain_text("The mail is on its way again.")

    again = await eventually(sent)
    assert again["_id"] == mail["_id"]
    assert (again["attempts"], again["last_error"]) == (1, None)
    mails.database.client.close()


async def test_the_configuration_is_read(
    open_page: OpenPage, live_shop: LiveShop, admin: str, java_script: bool
) -> None:
    page = await sign_in(open_page, admin, "/staff/config", java_script_enabled=java_script)

    row = page.get_by_role("row").filter(has=page.get_by_text("mail.transport", exact=True))
    await expect(row).to_contain_text("file writes .eml files, smtp sends.")
    await expect(row.get_by_role("cell")).to_contain_text(["file", "file", "smtp"])
    secret = page.get_by_role("row").filter(has=page.get_by_text("session.secret", exact=True))
    await expect(secret).to_contain_text("••••••••")
    port = page.get_by_role("row").filter(has=page.get_by_text("server.port", exact=True))
    await expect(port).to_contain_text("environment (STOREFRONT_SERVER__PORT)")


async def test_a_person_is_found_blocked_and_let_in_again(
    open_page: OpenPage, admin: str, customer: str, java_script: bool
) -> None:
    shopper = await sign_in(open_page, customer, "/account", java_script_enabled=java_script)
    page = await sign_in(open_page, admin, "/staff/users", java_script_enabled=java_script)
    find = page.get_by_label("Find users by name or email")

    await find.fill(customer.partition("@")[0])
    if not java_script:
        await page.get_by_role("main").get_by_role("button", name="Find").click()
    await expect(page.locator("#users tbody tr")).to_have_count(1)
    await page.get_by_role("row").filter(has_text=customer).get_by_role("link").click()
    await expect(page.get_by_role("heading", name="Pia Probe")).to_be_visible()
    await page.get_by_role("button", name="Block", exact=True).click()
    await expect(page.get_by_text("Pia Probe is blocked and signed out.")).to_be_visible()
    await expect(page.locator("#history")).to_contain_text("Blocked: no → yes")
    await expect(page.get_by_text("Not signed in anywhere.")).to_be_visible()
    await shopper.goto("/account")
    await expect(shopper).to_have_url("/?next=/account")
    await page.get_by_role("button", name="Unblock").click()
    await expect(page.get_by_text("Pia Probe may sign in again.")).to_be_visible()
    await expect(page.get_by_role("button", name="Block", exact=True)).to_be_visible()


async def test_the_last_admin_cannot_step_down(
    open_page: OpenPage, admin: str, java_script: bool
) -> None:
    page = await sign_in(
        open_page, admin, "/staff/users?role=admin", java_script_enabled=java_script
    )
    await page.get_by_role("row").filter(has_text=admin).get_by_role("link").click()

    await page.get_by_role("combobox", name="Role").select_option("customer")
    await page.get_by_label("Yes, my own account").first.check()
    await page.get_by_role("button", name="Set the role").click()

    await expect(page.get_by_text("This is the last admin")).to_be_visible()
    await page.goto("/staff/users?role=admin")
    await expect(page.get_by_role("row").filter(has_text=admin)).to_be_visible()
