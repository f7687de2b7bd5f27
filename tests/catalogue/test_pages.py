"""The catalogue's pages, whole and as fragments."""

import re
from dataclasses import replace

import httpx
import pytest
from quart import Quart

from storefront.catalogue import service as catalogue
from storefront.shop import Shop
from tests.catalogue.goods import product, sell, variant

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}
SHIRT = product(
    "Tide Shirt",
    category="t-shirts",
    description="First.\n\nSecond </script>.",
    variants=[
        variant(5, price=3000, colour="Navy", size="M"),
        variant(0, price=3200, colour="Navy", size="L"),
        variant(50, price=3200, colour="Rust", size="L"),
    ],
    spanish=("Camiseta de mareas", "Primera."),
)
MUGS = [product(f"Mug {number}") for number in range(30)]
UNKNOWN = "f" * 24


def flat(page: httpx.Response) -> str:
    """The markup on one line, however its author broke it."""
    return re.sub(r"\s+", " ", page.text).strip()


@pytest.fixture(scope="module", autouse=True)
async def goods(app: Quart) -> None:
    await sell(app.extensions["shop"], SHIRT, *MUGS)


async def test_the_list_is_a_page_and_for_htmx_a_fragment(client: httpx.AsyncClient) -> None:
    page = await client.get("/products")
    fragment = await client.get("/products", headers=FRAGMENT)

    assert flat(page).lower().startswith("<!doctype html>")
    assert flat(fragment).startswith('<form class="results" id="results"')
    assert page.headers["ETag"] != fragment.headers["ETag"]
    assert "HX-Request" in page.headers["Vary"]


async def test_more_comes_as_cards_alone_and_without_script_as_a_page(
    client: httpx.AsyncClient,
) -> None:
    first = await client.get("/products")
    link = re.search(r'id="more"> ?<a [^>]*href="([^"]+)"', flat(first))
    assert link
    address = link[1].replace("&amp;", "&")

    fragment = await client.get(address, headers=FRAGMENT)
    page = await client.get(address)

    assert flat(fragment).startswith('<li class="product-card"')
    assert fragment.text.count('class="product-card"') == 7
    assert page.text.count('class="product-card"') == 7
    assert "<html" in page.text


@pytest.mark.parametrize("address", ["/products", "/products/mugs", f"/products/{SHIRT.id}"])
async def test_who_has_the_page_already_gets_304(client: httpx.AsyncClient, address: str) -> None:
    first = await client.get(address)
    again = await client.get(address, headers={"If-None-Match": first.headers["ETag"]})

    assert first.status_code == 200
    assert (again.status_code, again.content) == (304, b"")


async def test_a_changed_product_gives_the_page_another_etag(
    shop: Shop, client: httpx.AsyncClient
) -> None:
    mug = product("Changing mug", category="changing")
    await sell(shop, mug)
    first = await client.get("/products/changing")
    await catalogue.delete_product(shop, mug.id, by="test")

    again = await client.get("/products/changing", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 200
    assert "Changing mug" not in again.text


async def test_head_answers_as_get_without_a_body(client: httpx.AsyncClient) -> None:
    for address in ("/products", f"/products/{SHIRT.id}", "/robots.txt", "/sitemap.xml"):
        answer = await client.head(address)
        assert (answer.status_code, answer.content) == (200, b"")


async def test_the_state_of_the_filters_stands_in_the_page(client: httpx.AsyncClient) -> None:
    page = await client.get("/products?option.size=M&in_stock=true&sort=price")

    assert re.search(r'value="M"[^>]* checked', page.text)
    assert re.search(r'value="price"[^>]* selected', page.text)
    assert 'class="chip" href="/products?in_stock=true&amp;sort=price"' in flat(page)
    assert "Size: M" in page.text


async def test_htmx_shows_an_address_without_empty_fields(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/products?q=&min_price=&max_price=&option.size=M&sort=newest", headers=FRAGMENT
    )

    assert answer.headers["HX-Push-Url"] == "/products?option.size=M"


@pytest.mark.parametrize(
    "query", ["sort=best", "min_price=-5", "min_price=9&max_price=3", "limit=x"]
)
async def test_a_page_passes_over_what_makes_no_sense(
    client: httpx.AsyncClient, query: str
) -> None:
    assert (await client.get(f"/products?{query}")).status_code == 200


async def test_a_page_with_a_broken_cursor_starts_anew(client: httpx.AsyncClient) -> None:
    answer = await client.get("/products?sort=price&after=rubbish")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/products?sort=price")


async def test_crawlers_are_told_one_address_for_every_combination(
    client: httpx.AsyncClient,
) -> None:
    plain = await client.get("/products/mugs")
    narrowed = await client.get("/products/mugs?option.size=M&sort=price")
    canonical = re.compile(r'<link rel="canonical" href="[^"]*/products/mugs"')

    assert canonical.search(plain.text)
    assert canonical.search(narrowed.text)
    assert "X-Robots-Tag" not in plain.headers
    assert narrowed.headers["X-Robots-Tag"] == "noindex, follow"


async def test_the_product_page_shows_what_can_be_bought(client: httpx.AsyncClient) -> None:
    page = await client.get(f"/products/{SHIRT.id}?lang=en")

    assert "<h1>Tide Shirt</h1>" in page.text
    assert "<p>First.</p>" in page.text
    assert "€30.00" in page.text
    assert re.search(r'<input type="radio"[^>]* name="option.size"[^>]* value="M"', page.text)
    assert 'name="quantity"' in page.text
    assert '"@type": "Product"' in page.text
    assert "Second </script>" not in page.text


async def test_the_product_page_speaks_spanish(client: httpx.AsyncClient) -> None:
    page = await client.get(f"/products/{SHIRT.id}", headers={"Accept-Language": "es"})

    assert "<h1>Camiseta de mareas</h1>" in page.text


async def test_choosing_options_brings_their_price_and_stock(client: httpx.AsyncClient) -> None:
    async def offer(query: str) -> str:
        answer = await client.get(f"/products/{SHIRT.id}?lang=en&{query}", headers=FRAGMENT)
        assert flat(answer).startswith('<div class="offer" id="offer"')
        return answer.text

    assert "Only 5 left" in await offer("option.colour=Navy&option.size=M")
    assert "Sold out" in await offer("option.colour=Navy&option.size=L")
    available = await offer("option.colour=Rust&option.size=L")
    assert "In stock" in available
    assert "€32.00" in available
    assert "Choose to see what we have" in await offer("option.colour=Navy")


async def test_choosing_options_works_without_script(client: httpx.AsyncClient) -> None:
    page = await client.get(f"/products/{SHIRT.id}?option.colour=Rust&option.size=L")

    assert "<html" in page.text
    assert len(re.findall(r'type="radio"[^>]* checked', page.text)) == 2


async def test_an_unknown_product_says_so_and_offers_others(client: httpx.AsyncClient) -> None:
    page = await client.get(f"/products/{UNKNOWN}?lang=en")

    assert page.status_code == 404
    assert "This product does not exist" in page.text
    assert page.text.count('class="product-card"') == 4
    assert page.headers["X-Request-ID"] in page.text


async def test_a_deleted_product_is_gone_from_page_and_list(
    shop: Shop, client: httpx.AsyncClient
) -> None:
    gone = product("Gone for good", category="gone")
    await sell(shop, gone)
    await catalogue.delete_product(shop, gone.id, by="test")

    assert (await client.get(f"/products/{gone.id}")).status_code == 404
    assert "Gone for good" not in (await client.get("/products")).text


async def test_an_unknown_category_is_not_found(client: httpx.AsyncClient) -> None:
    for name in ("hats", "T-Shirts", "..%2Fx", "a" * 300):
        assert (await client.get(f"/products/{name}")).status_code == 404


async def test_recently_viewed_is_a_fragment_of_its_own(client: httpx.AsyncClient) -> None:
    first, second = MUGS[0], MUGS[1]
    nothing = await client.get(f"/products/recent?seen={first.id}", headers=FRAGMENT)
    one = await client.get(f"/products/recent?seen={second.id}", headers=FRAGMENT)
    both = await client.get("/products/recent", headers=FRAGMENT)

    assert 'class="product-card"' not in nothing.text
    assert re.findall(r'href="/products/([0-9a-f]{24})"', one.text) == [first.id]
    assert re.findall(r'href="/products/([0-9a-f]{24})"', both.text) == [second.id, first.id]
    assert both.headers["Cache-Control"] == "private, no-store"


async def test_a_forged_recent_cookie_shows_nothing(client: httpx.AsyncClient) -> None:
    client.cookies.set("recent", "x-<b>-" + UNKNOWN)

    answer = await client.get("/products/recent?seen=<b>", headers=FRAGMENT)

    assert answer.status_code == 200
    assert 'class="product-card"' not in answer.text


async def test_the_product_page_is_the_same_for_everybody(client: httpx.AsyncClient) -> None:
    first = await client.get(f"/products/{SHIRT.id}")
    await client.get(f"/products/recent?seen={MUGS[3].id}")
    again = await client.get(f"/products/{SHIRT.id}")

    assert first.headers["ETag"] == again.headers["ETag"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_spanish_addresses_lead_to_the_same_pages(
    client: httpx.AsyncClient, method: str
) -> None:
    answer = await client.request(method, "/productos/mugs?q=a%20b&option.size=M")
    everything = await client.request(method, "/productos")

    assert answer.status_code == 308
    assert answer.headers["Location"] == "/products/mugs?q=a%20b&option.size=M"
    assert everything.headers["Location"] == "/products"


@pytest.mark.parametrize("rest", ["/evil.example", "%0d%0aSet-Cookie:x=1", "%2F%2Fevil.example"])
async def test_spanish_addresses_never_lead_elsewhere(client: httpx.AsyncClient, rest: str) -> None:
    answer = await client.get(f"/productos/{rest}", follow_redirects=True)

    assert answer.status_code == 404
    assert answer.url.host == "shop.test"
    assert "Set-Cookie" not in answer.headers


async def test_robots_and_sitemap_lead_crawlers(client: httpx.AsyncClient) -> None:
    robots = await client.get("/robots.txt")
    sitemap = await client.get("/sitemap.xml")

    assert "Disallow: /checkout" in robots.text
    assert "Disallow: /*?*option." in robots.text
    assert re.search(r"Sitemap: http://\S+/sitemap.xml", robots.text)
    assert sitemap.headers["Content-Type"].startswith("application/xml")
    assert f"/products/{SHIRT.id}</loc><lastmod>2026-01-01T" in sitemap.text
    assert "/products/mugs</loc>" in sitemap.text
    assert sitemap.text.count("<url>") == 1 + 2 + 31
    assert (await client.get("/sitemap.xml?page=2")).status_code == 404


async def test_every_page_links_the_categories(client: httpx.AsyncClient) -> None:
    page = await client.get(f"/products/{SHIRT.id}")

    assert '<a href="/products/mugs"' in page.text
    assert '<a href="/products/t-shirts"' in page.text


async def test_a_shared_link_tells_what_it_leads_to(client: httpx.AsyncClient, shop: Shop) -> None:
    mug = product("Lighthouse mug")
    await sell(shop, mug)

    page = await client.get(f"/products/{mug.id}")

    assert '<meta property="og:title" content="Lighthouse mug">' in page.text
    assert f'<meta property="og:url" content="{shop.settings.public_url}/products/{mug.id}">' in (
        page.text
    )
    assert '<meta property="product:price:currency" content="EUR">' in page.text


async def test_a_list_in_one_colour_shows_that_colour(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    colours = {"grey": "/images/grey", "ochre": "/images/ochre"}
    variants = [
        replace(variant(colour=colour, size=size), photo=photo)
        for colour, photo in colours.items()
        for size in ("M", "L")
    ]
    hat = product("Coloured hat", variants=variants)
    await sell(shop, replace(hat, photo="/images/hat"))

    async def card(query: str) -> str:
        page = (await client.get(f"/products?q=coloured+hat&{query}")).text
        return page[page.index("product-card") :]

    in_grey = await card("option.colour=grey&option.size=M")
    assert 'src="/images/grey?width=640"' in in_grey
    assert f'href="/products/{hat.id}?option.colour=grey&amp;option.size=M"' in in_grey
    in_m = await card("option.size=M")
    assert 'src="/images/hat?width=640"' in in_m
    assert f'href="/products/{hat.id}?option.size=M"' in in_m
    in_either = await card("option.colour=grey&option.colour=ochre")
    assert f'href="/products/{hat.id}"' in in_either


async def test_what_looks_like_a_gap_in_a_template_is_shown_as_it_is(
    client: httpx.AsyncClient, shop: Shop
) -> None:
    odd = "50 % %(count)s %s <b>"
    await sell(shop, product(f"Sale {odd}", variants=[variant(finish=odd), variant(finish="Matt")]))

    page = (await client.get("/products", params={"q": "sale", "option.finish": odd})).text

    shown = "50 % %(count)s %s &lt;b&gt;"
    card, choice, chip = (
        re.search(pattern + re.escape(shown), page)
        for pattern in (r"product-card-name\W.*", r"<span>", r"Finish: ")
    )
    assert card
    assert choice
    assert chip
