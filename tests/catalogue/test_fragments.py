"""What is written before the framework is what a handler writes, to the letter."""

import httpx
import pytest
from quart import Quart

from storefront.shop import Shop
from tests.catalogue.goods import product, sell, variant
from tests.conftest import browser

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}
# A token, though it is nobody's, has a handler look at it.
FOR_A_HANDLER = FRAGMENT | {"Authorization": "Bearer of-nobody"}


@pytest.fixture(scope="module", autouse=True)
async def goods(app: Quart) -> None:
    shirt = product("Tide shirt", category="t-shirts", variants=[variant(colour="Navy", size="M")])
    mugs = [product(f"Mug {number}", price=500 + number) for number in range(30)]
    await sell(app.extensions["shop"], shirt, *mugs)


def told(answer: httpx.Response) -> dict[str, str]:
    """All headers but those that name the moment."""
    return {
        name: value
        for name, value in answer.headers.items()
        if name not in {"x-request-id", "date"}
    }


@pytest.mark.parametrize(
    "address",
    [
        "/products",
        "/products?q=shirt&option.colour=Navy",
        "/products?category=mugs&min_price=501&max_price=520&sort=price",
        "/products?min_price=9&max_price=1&limit=x",
        "/products?q=nothing-has-this",
        "/products/mugs?in_stock=true&lang=es",
        "/products/nowhere",
        "/products/" + "f" * 24,
        "/products?after=nonsense",
        "/suggestions?q=mu",
        "/suggestions?q=",
        "/products?q=%ff&category=%C3%B1&q=second&option.size=%26amp;",
    ],
)
async def test_a_guest_gets_what_a_handler_would_write(
    client: httpx.AsyncClient, address: str
) -> None:
    theirs = await client.get(address, headers=FOR_A_HANDLER)
    written = await client.get(address, headers=FRAGMENT)
    kept = await client.get(address, headers=FRAGMENT)

    if theirs.is_success:
        assert written.text == theirs.text == kept.text
        assert told(written) == told(kept)
        assert set(told(theirs)) - {"x-public-page"} == set(told(written))
    assert written.status_code == theirs.status_code
    assert written.headers.get("Location") == theirs.headers.get("Location")


async def test_more_products_follow_as_a_handler_would_write_them(
    client: httpx.AsyncClient,
) -> None:
    after = (await client.get("/api/v1/products")).json()["next"]
    theirs = await client.get(f"/products?after={after}", headers=FOR_A_HANDLER)
    written = await client.get(f"/products?after={after}", headers=FRAGMENT)

    assert written.text == theirs.text
    assert "HX-Push-Url" not in written.headers


async def test_a_foreign_host_gets_no_fragment(client: httpx.AsyncClient) -> None:
    answer = await client.get("/products?q=mug", headers=FRAGMENT | {"Host": "evil.example"})

    assert answer.status_code == 400


async def test_who_has_the_fragment_is_told_so(client: httpx.AsyncClient) -> None:
    first = await client.get("/products?q=tide", headers=FRAGMENT)
    again = await client.get(
        "/products?q=tide", headers=FRAGMENT | {"If-None-Match": first.headers["ETag"]}
    )

    assert again.status_code == 304


async def test_a_sale_shows_in_fragments_that_were_written(
    app: Quart, shop: Shop, client: httpx.AsyncClient
) -> None:
    async with browser(app) as guest:
        assert "Lantern" not in (await guest.get("/products?q=lantern", headers=FRAGMENT)).text
        await sell(shop, product("Lantern"))
        assert "Lantern" in (await guest.get("/products?q=lantern", headers=FRAGMENT)).text
