"""A browser that visits every page finds nothing that the policy forbids."""

import pytest
from playwright.async_api import Page

from tests.browser.conftest import PASSWORD, OpenPage
from tests.security.conftest import ADMIN_PASSWORD
from tests.security.test_permissions import REQUESTS, TABLE

# Chromium dresses up bare XML and text with styles of its own, and saves a download.
NO_PAGES = ("/account/data", "/api/", "/health", "/manifest", "/metrics", "/robots", "/sitemap")
PAGES = sorted(
    rule
    for method, rule in REQUESTS
    if method == "GET" and "<" not in rule and not rule.startswith(NO_PAGES)
)
REPORTS = """() => {
  window.refused = [];
  document.addEventListener("securitypolicyviolation", event => {
    window.refused.push(`${event.violatedDirective} ${event.blockedURI}`);
  });
}"""


async def _sign_in(page: Page, email: str, password: str) -> None:
    form = page.locator('form[action="/auth/login"]')
    await form.locator('[name="email"]').fill(email)
    await form.locator('[name="password"]').fill(password)
    await form.locator('[type="submit"]').click()
    await page.wait_for_url("**/products")


@pytest.mark.parametrize("who", ["guest", "customer", "admin"])
async def test_no_page_breaks_the_policy(open_page: OpenPage, live_admin: str, who: str) -> None:
    page = await open_page("/")
    await page.add_init_script(f"({REPORTS})()")
    if who == "customer":
        await _sign_in(page, "shopper@example.com", PASSWORD)
    elif who == "admin":
        await _sign_in(page, live_admin, ADMIN_PASSWORD)

    await page.goto("/products")
    first = await page.locator('a[href^="/products/"]').first.get_attribute("href")
    allowed = [path for path in PAGES if TABLE[("GET", path)][who] == "yes"]
    for path in [*allowed, first or "/products", "/nowhere"]:
        await page.goto(path)
        assert await page.evaluate("window.refused") == [], path
