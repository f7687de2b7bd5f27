"""No request of one visitor changes what others are shown from memory."""

import httpx
import pytest
from quart import Quart

from storefront.catalogue import service as catalogue
from storefront.shop import Shop
from tests.catalogue.goods import product, sell
from tests.conftest import browser

EVIL = "evil.example"
PATHS = ["/products", "/products?q=lantern", "/", "/robots.txt", "/sitemap.xml"]
POISON: list[tuple[str, dict[str, str]]] = [
    ("GET", {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", "Forwarded": f"host={EVIL}"}),
    ("GET", {"X-Host": EVIL, "X-Original-URL": "/account", "X-Rewrite-URL": "/account"}),
    ("GET", {"X-HTTP-Method-Override": "POST", "X-Forwarded-Prefix": f"//{EVIL}"}),
    ("GET", {"Host": f"shop.test:80@{EVIL}"}),
    ("GET", {"Host": EVIL}),
    ("GET", {"Host": "SHOP.TEST"}),
    ("GET", {"Host": "shop.test:8443"}),
    ("GET", {"Range": "bytes=0-3"}),
    ("GET", {"If-None-Match": "*"}),
    ("GET", {"If-Modified-Since": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    ("GET", {"Accept-Encoding": "gzip;q=0, br;q=0, identity;q=0, *;q=0"}),
    ("GET", {"Accept-Language": "es;q=1, <script>"}),
    ("GET", {"Accept": "application/json"}),
    ("GET", {"HX-Request": "true"}),
    ("GET", {"Cookie": "preferences=theme%3Ddark"}),
    ("GET", {"Cookie": "session=x; cart=y"}),
    ("GET", {"Authorization": "Bearer x"}),
    ("HEAD", {}),
    ("OPTIONS", {}),
    ("POST", {}),
]


async def _shown(app: Quart, path: str) -> tuple[int, str, str, str]:
    """What a new guest is shown there, without what differs each time."""
    async with browser(app, headers={"Accept-Language": "en"}) as guest:
        answer = await guest.get(path)
    told = answer.headers
    return (
        answer.status_code,
        answer.text,
        told["Content-Type"],
        told.get("Content-Security-Policy", ""),
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("is_first", [True, False])
async def test_what_one_visitor_asks_for_oddly_others_are_shown_as_ever(
    app: Quart, shop: Shop, path: str, is_first: bool
) -> None:
    lantern = product("Lantern")
    await sell(shop, lantern)
    expected = await _shown(app, path)
    assert expected[0] == 200
    for method, headers in POISON:
        if is_first:  # What is kept of the page is thrown away: the odd request comes first.
            await catalogue.publish(shop, [lantern])
        async with browser(app) as stranger:
            for _ in range(2):
                answer = await stranger.request(method, path, headers=headers)
                assert answer.status_code < 500, (method, headers)
                assert EVIL not in answer.text
                assert EVIL not in answer.headers.get("Location", "")
        assert await _shown(app, path) == expected, (method, headers)


async def test_a_body_or_a_doubled_parameter_makes_no_other_page(app: Quart, shop: Shop) -> None:
    await sell(shop, product("Lantern"))
    expected = await _shown(app, "/products?q=lantern")
    async with browser(app) as stranger:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        await stranger.request("GET", "/products?q=lantern", content="q=evil&lang=es", headers=form)
        for odd in (
            "?q=lantern&q=evil",
            "?q=lantern;q=evil",
            "?q=lantern%00",
            "?Q=lantern",
            "?q=lantern&",
        ):
            await stranger.get(f"/products{odd}")
    assert await _shown(app, "/products?q=lantern") == expected


async def test_no_page_of_a_person_is_kept_under_a_name_that_looks_public(
    client: httpx.AsyncClient,
) -> None:
    for path in (
        "/account/x.css",
        "/account%2fx.css",
        "/cart/x.js",
        "/account;x.css",
        "/orders/.png",
    ):
        answer = await client.get(path)
        assert answer.status_code in {303, 404, 405}, path
        assert "public" not in answer.headers.get("Cache-Control", "")
