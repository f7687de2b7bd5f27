"""The pages stay light: what each may bring over the line, from where, and that nothing moves."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Request, expect

from tests.browser.barriers import sign_in
from tests.browser.conftest import LiveShop, OpenPage
from tests.browser.test_buying import products

KILO = 1000
MOST_BYTES = {"script": 30 * KILO, "stylesheet": 15 * KILO, "font": 60 * KILO}
MOST_BYTES_OF_THE_LIST = 12 * KILO
PRODUCTS_IN_A_LIST = 24
SHOPPER = "shopper@example.com"
WINDOWS = [{"width": 390, "height": 844}, {"width": 1440, "height": 900}]
# Of the window: by less, a word grows when its own font takes over from one that was fitted to it.
# What Lighthouse calls good ends at 0.1.
UNSEEN_SHIFT = 0.001
WATCH_SHIFTS = """
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (entry.hadRecentInput) continue;
            const moved = entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 90));
            window.shifts.push([entry.value, moved]);
        }
    }).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Traffic:
    """What a page fetched, in bytes as they went over the line, by kind of resource."""

    requests: list[Request] = field(default_factory=list)

    async def sizes(self) -> Counter[str]:
        sizes: Counter[str] = Counter()
        for each in self.requests:
            if await each.response():
                sizes[each.resource_type] += (await each.sizes())["responseBodySize"]
        return sizes

    def hosts(self) -> set[str]:
        return {urlsplit(each.url).netloc for each in self.requests} - {""}


async def visited(page: Page, path: str) -> Traffic:
    """Everything that a first visit to ``path`` fetches, down to the page's end."""
    traffic = Traffic()

    def note(request: Request) -> None:
        traffic.requests.append(request)

    page.on("request", note)
    await page.goto(path, wait_until="networkidle")
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await page.wait_for_load_state("networkidle")
    return traffic


async def read_to_the_end(page: Page) -> None:
    """Scroll as readers do, by half a window at a time."""
    at_end = False
    while not at_end:
        await page.wait_for_timeout(150)
        at_end = await page.evaluate(
            """() => {
                scrollBy(0, innerHeight / 2);
                return scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
            }"""
        )


@pytest.mark.parametrize("name", ["list", "product", "cart", "chat"])
async def test_a_page_brings_no_more_than_its_budget(
    open_page: OpenPage, live_shop: LiveShop, name: str
) -> None:
    product = products(live_shop, category="t-shirts", in_stock="true")[0]
    paths = {
        "list": "/products",
        "product": f"/products/{product['id']}",
        "cart": "/cart",
        "chat": f"/chat/{SHOPPER}",
    }
    page = await open_page("about:blank")
    if name in {"cart", "chat"}:
        await page.goto("/robots.txt")
        await sign_in(page, SHOPPER)

    traffic = await visited(page, paths[name])

    sizes = await traffic.sizes()
    assert {kind: sizes[kind] for kind in MOST_BYTES if sizes[kind] > MOST_BYTES[kind]} == {}
    assert min(sizes[kind] for kind in MOST_BYTES) > 0
    assert traffic.hosts() == {urlsplit(live_shop.url).netloc}


async def test_the_list_of_24_products_is_small(open_page: OpenPage) -> None:
    page = await open_page("about:blank")

    traffic = await visited(page, "/products")

    assert await page.locator(".product-card").count() >= PRODUCTS_IN_A_LIST
    assert (await traffic.sizes())["document"] <= MOST_BYTES_OF_THE_LIST


@pytest.mark.parametrize(
    ("path", "window"),
    [("/products/posters?in_stock=1", WINDOWS[0]), ("/products?q=lighthouse", WINDOWS[1])],
    ids=["long, phone", "short, desk"],
)
async def test_what_was_looked_at_joins_the_list_unseen(
    open_page: OpenPage, live_shop: LiveShop, window: Any, path: str
) -> None:
    product = products(live_shop, category="t-shirts", in_stock="true")[0]
    page = await open_page(f"/products/{product['id']}", viewport=window)
    await page.wait_for_load_state("networkidle")
    await page.add_init_script(WATCH_SHIFTS)
    await page.goto(path, wait_until="networkidle")

    await read_to_the_end(page)
    await expect(page.locator("section#recent .product-card")).to_have_count(1)

    shifts = await page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < UNSEEN_SHIFT, shifts


@pytest.mark.parametrize("window", WINDOWS, ids=["phone", "desk"])
async def test_nothing_moves_while_a_page_loads(
    open_page: OpenPage, live_shop: LiveShop, window: Any
) -> None:
    product = products(live_shop, category="t-shirts", in_stock="true")[0]
    page = await open_page("about:blank", viewport=window)
    await page.add_init_script(WATCH_SHIFTS)
    await page.goto("/robots.txt")
    await sign_in(page, SHOPPER)

    for path in (
        *("/products", f"/products/{product['id']}", "/products/posters?in_stock=1", "/cart"),
        *("/chat", f"/chat/{SHOPPER}", "/account", "/orders", "/no/such/page"),
    ):
        await visited(page, path)
        shifts = await page.evaluate("window.shifts")
        assert sum(value for value, _ in shifts) < UNSEEN_SHIFT, (path, shifts)
