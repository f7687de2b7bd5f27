"""A browser that visits every page finds nothing that the policy forbids."""

import httpx
import pytest
from playwright.async_api import Page

from tests.browser.conftest import PASSWORD, LiveShop, OpenPage
from tests.reliability.crowd import ADDRESS
from tests.security.conftest import ADMIN_PASSWORD
from tests.security.test_permissions import REQUESTS, TABLE

# Chromium dresses up bare XML and text with styles of its own, and saves a download.
NO_PAGES = ("/account/data", "/api/", "/health", "/manifest", "/metrics", "/robots", "/sitemap")
NO_PAGES += ("/images/", "/staff/mail/<mail_id>/preview")  # What stands in a page of its own.
SHOPPER = "shopper@example.com"
PAGES = sorted(
    rule for method, rule in REQUESTS if method == "GET" and not rule.startswith(NO_PAGES)
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


@pytest.fixture(scope="module")
async def things(live_shop: LiveShop, live_admin: str) -> dict[str, str]:
    """What the addresses name: something of the shopper's, each of it really there."""
    async with httpx.AsyncClient(base_url=f"{live_shop.url}/api/v1", timeout=60) as http:
        shopper = await _bearer(http, SHOPPER, PASSWORD)
        admin = await _bearer(http, live_admin, ADMIN_PASSWORD)
        found = (await http.get("/products", params={"in_stock": "1"})).json()["items"]
        product = (await http.get(f"/products/{found[0]['id']}")).json()
        chosen = next(each for each in product["variants"] if each["stock"])
        wanted = {"product_id": product["id"], "sku": chosen["sku"], "quantity": 1}
        assert (await http.post("/cart", json=wanted, headers=shopper)).status_code == 201
        order = await http.post("/orders", json={"delivery_address": ADDRESS}, headers=shopper)
        message = await http.post(f"/chat/{SHOPPER}", json={"body": "Hello?"}, headers=shopper)
        assert (order.status_code, message.status_code) == (201, 201)
        mails = (await http.get("/mails", headers=admin)).json()["items"]
        users = (await http.get("/users", headers=admin)).json()["items"]
    return {
        "product_id": product["id"],
        "number": str(order.json()["number"]),
        "email": SHOPPER,
        "mail_id": mails[0]["id"],
        "user_id": users[0]["id"],
    }


async def _bearer(http: httpx.AsyncClient, email: str, password: str) -> dict[str, str]:
    answer = await http.post("/auth/login", json={"email": email, "password": password})
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def _path(rule: str, things: dict[str, str]) -> str:
    """The rule as an address; where it names what nobody has, of the page that says so."""
    parts = [part.strip("<>").rpartition(":")[2] for part in rule.split("/")]
    if rule == "/products/<name>":
        return f"/products/{things['product_id']}"
    return "/".join(
        things.get(name, "none") if part.startswith("<") else part
        for name, part in zip(parts, rule.split("/"), strict=True)
    )


@pytest.mark.parametrize("who", ["guest", "customer", "admin"])
async def test_no_page_breaks_the_policy(
    open_page: OpenPage, live_admin: str, things: dict[str, str], who: str
) -> None:
    page = await open_page("/")
    await page.add_init_script(f"({REPORTS})()")
    if who == "customer":
        await _sign_in(page, SHOPPER, PASSWORD)
    elif who == "admin":
        await _sign_in(page, live_admin, ADMIN_PASSWORD)

    rules = [rule for rule in PAGES if TABLE[("GET", rule)][who] == "yes"]
    assert len(rules) > 10
    for path in [*(_path(rule, things) for rule in rules), "/nowhere"]:
        await page.goto(path)
        assert await page.evaluate("window.refused") == [], path
