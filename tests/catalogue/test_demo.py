"""The demo shop and the generator of large ones."""

from itertools import islice

import httpx
import pytest
from quart import Quart

from storefront.catalogue import service as catalogue
from storefront.catalogue.model import ListQuery
from storefront.demo import loader
from storefront.demo.catalogue import CATEGORIES, PRODUCTS
from storefront.demo.generator import generate
from storefront.shop import Shop
from tests.catalogue.goods import listed
from tests.conftest import eventually


@pytest.fixture(scope="module", autouse=True)
async def demo(app: Quart) -> None:
    shop: Shop = app.extensions["shop"]
    assert await loader.is_empty(shop)
    assert await loader.load_demo_catalogue(shop) == len(PRODUCTS)

    async def is_shown() -> bool:
        return catalogue.count_products(shop) == len(PRODUCTS)

    assert await eventually(is_shown)


async def test_the_demo_shop_shows_all_its_products(client: httpx.AsyncClient) -> None:
    page = await listed(client, lang="es")

    assert page["total"] == len(PRODUCTS)
    assert {value["label"] for facet in page["facets"][:1] for value in facet["values"]} == {
        labels["es"] for labels in CATEGORIES.values()
    }


async def test_loading_it_again_changes_nothing(shop: Shop) -> None:
    before = await shop.database["products"].find({}).to_list(None)
    photos = await shop.database["photos.files"].count_documents({})

    await loader.load_demo_catalogue(shop)

    assert await shop.database["products"].find({}).to_list(None) == before
    assert await shop.database["photos.files"].count_documents({}) == photos
    assert not await loader.is_empty(shop)


async def test_what_staff_changed_or_deleted_stays_so(shop: Shop) -> None:
    first, second = catalogue.list_products(shop, ListQuery(limit=2), "en").items
    await catalogue.delete_product(shop, first.id, by="test")

    await loader.load_demo_catalogue(shop)

    stored = await catalogue.get_stored_products(shop, [first.id, second.id])
    assert set(stored) == {second.id}
    await catalogue.restore_product(shop, first.id, by="test")


async def test_every_demo_product_has_its_picture_and_so_has_every_colour(
    shop: Shop, client: httpx.AsyncClient
) -> None:
    products = catalogue.list_products(shop, ListQuery(limit=100), "en").items
    links = {product.photo for product in products}
    links |= {each.photo for product in products for each in product.variants if each.photo}

    assert len(links) > len(products)
    for link in links:
        assert link
        answer = await client.get(link)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("image/svg+xml")


async def test_a_drawing_can_run_and_load_nothing(shop: Shop, client: httpx.AsyncClient) -> None:
    product = catalogue.list_products(shop, ListQuery(limit=1), "en").items[0]

    answer = await client.get(f"/images/{product.id}")

    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_pictures_are_kept_by_browsers_and_asked_for_by_content(
    shop: Shop, client: httpx.AsyncClient
) -> None:
    product = catalogue.list_products(shop, ListQuery(limit=1), "en").items[0]
    first = await client.get(f"/images/{product.id}?width=320")

    again = await client.get(
        f"/images/{product.id}?width=320", headers={"If-None-Match": first.headers["ETag"]}
    )

    assert first.headers["Cache-Control"].startswith("public, max-age=")
    assert (again.status_code, again.content) == (304, b"")


async def test_unknown_pictures_are_not_found(shop: Shop, client: httpx.AsyncClient) -> None:
    product = catalogue.list_products(shop, ListQuery(limit=1), "en").items[0]

    for address in ("/images/" + "f" * 24, "/images/x", f"/images/{product.id}x"):
        assert (await client.get(address)).status_code == 404


def test_generated_products_are_the_same_for_the_same_seed() -> None:
    few = list(generate(50, seed=3))

    assert few == list(islice(generate(5_000, seed=3), 50))
    assert few != list(generate(50, seed=4))
    assert len({product.id for product in few}) == 50


async def test_a_large_catalogue_is_added_once(shop: Shop) -> None:
    heard: list[int] = []

    added = await loader.load_generated_catalogue(shop, 1_200, progress=heard.append)
    again = await loader.load_generated_catalogue(shop, 1_200)

    assert (added, again, heard) == (1_200, 0, [1_000, 1_200])

    async def is_shown() -> bool:
        return catalogue.count_products(shop) == 1_200 + len(PRODUCTS)

    assert await eventually(is_shown, within_seconds=20)
