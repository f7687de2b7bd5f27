"""The list of products in the back office: narrowed, and changed in its rows."""

import re
from typing import Any

import httpx
import pytest
from quart import Quart

from storefront.catalogue import service as catalogue
from storefront.catalogue.model import Product
from storefront.shop import Shop
from tests.carts.shelves import put_on_shelf, reprice, set_stock, stock_of
from tests.staff.people import HTMX, form_of, staff, words_of


async def ids(client: httpx.AsyncClient, **query: Any) -> list[str]:
    """The products that the list shows, as it shows them."""
    page = await client.get("/staff/products", params=query)
    assert page.status_code == 200, page.text
    return re.findall(r'<tr id="product-([0-9a-f]{24})"', page.text)


async def stored(shop: Shop, product: Product) -> Product:
    return await catalogue.get_stored_product(shop, product.id)


async def open_row(client: httpx.AsyncClient, product: Product) -> dict[str, str]:
    """The fields of the product's row when it is opened."""
    row = await client.get(f"/staff/products/{product.id}/row?edit=1", headers=HTMX)
    assert row.status_code == 200
    return form_of(row, f"/staff/products/{product.id}/row")


async def test_the_list_is_searched_and_narrowed(app: Quart, shop: Shop) -> None:
    lamp = await put_on_shelf(shop, name="Storm lamp", stock=50)
    few = await put_on_shelf(shop, name="Storm glass", stock=5)
    gone = await put_on_shelf(shop, name="Storm jib", stock=0)
    async with await staff(app) as client:
        assert set(await ids(client, q="storm")) == {lamp.id, few.id, gone.id}
        assert set(await ids(client, q="storm", stock="low")) == {few.id, gone.id}
        assert await ids(client, q="storm", stock="out") == [gone.id]
        assert set(await ids(client, q="storm", stock="in")) == {lamp.id, few.id}
        assert await ids(client, q="storm", category="none-such") == []
        assert await ids(client, q="storm", sort="name") == [few.id, gone.id, lamp.id]
        nothing = words_of(await client.get("/staff/products?q=zzzz"))
        assert "No product fits." in nothing


async def test_further_products_follow_page_by_page(
    app: Quart, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.staff.products.ON_A_PAGE", 2)
    wanted = {(await put_on_shelf(shop, name="Cork float")).id for _ in range(3)}
    async with await staff(app) as client:
        page = await client.get("/staff/products?q=cork")
        seen = re.findall(r'<tr id="product-([0-9a-f]{24})"', page.text)
        (further,) = re.findall(r'href="([^"]*after=[^"]*)"', page.text)
        rest = await client.get(further.replace("&amp;", "&"))
        seen += re.findall(r'<tr id="product-([0-9a-f]{24})"', rest.text)
    assert len(seen) == 3
    assert set(seen) == wanted


async def test_for_htmx_the_list_comes_alone_with_its_address(app: Quart, shop: Shop) -> None:
    await put_on_shelf(shop, name="Cleat")
    async with await staff(app) as client:
        answer = await client.get("/staff/products?q=cleat&category=", headers=HTMX)
    assert answer.text.startswith('<div class="stack" id="products"')
    assert answer.headers["HX-Push-Url"] == "/staff/products?q=cleat"


async def test_prices_and_stock_change_in_the_row(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, price=1999, stock=10, sizes="SM")
    small, medium = product.variants
    async with await staff(app) as client:
        typed = await open_row(client, product)
        assert typed[f"price.{small.sku}"] == "19.99"
        typed |= {f"price.{small.sku}": "21,50", f"stock.{medium.sku}": "3"}
        row = await client.post(f"/staff/products/{product.id}/row", data=typed, headers=HTMX)
    assert row.status_code == 200
    assert "€21.50" in row.text
    now = await stored(shop, product)
    assert [(each.unit_price, each.stock) for each in now.variants] == [(2150, 10), (1999, 3)]
    assert now.version == product.version + 1


async def test_without_script_the_row_opens_and_saves_by_plain_pages(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Deck brush", stock=10)
    sku = product.variants[0].sku
    action = f"/staff/products/{product.id}/row?q=deck+brush"
    async with await staff(app) as client:
        page = await client.get(f"/staff/products?q=deck+brush&open={product.id}")
        typed = form_of(page, action) | {f"stock.{sku}": "4"}
        answer = await client.post(action, data=typed)
        assert answer.status_code == 303
        back = f"/staff/products?q=deck+brush#product-{product.id}"
        assert answer.headers["Location"] == back
        assert "Saved: Deck brush." in words_of(await client.get(back))
    assert await stock_of(shop, product) == [4]


async def test_what_cannot_be_is_refused_at_its_field_and_changes_nothing(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop)
    sku = product.variants[0].sku
    async with await staff(app) as client:
        for field, typed in (("price", "-1"), ("price", "1.999"), ("price", "x"), ("stock", "2.5")):
            given = await open_row(client, product) | {f"{field}.{sku}": typed}
            for headers in ({}, HTMX):
                answer = await client.post(
                    f"/staff/products/{product.id}/row", data=given, headers=headers
                )
                assert answer.status_code == 422, typed
                assert f'id="c-{field}.{sku}-error"' in answer.text
                assert f'value="{typed}"' in answer.text
    assert (await stored(shop, product)).version == product.version


async def test_two_people_at_different_fields_both_hold(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, price=1000, stock=10)
    sku = product.variants[0].sku
    path = f"/staff/products/{product.id}/row"
    async with await staff(app) as one, await staff(app) as other:
        first, second = await open_row(one, product), await open_row(other, product)
        await one.post(path, data=first | {f"price.{sku}": "11"}, headers=HTMX)
        answer = await other.post(path, data=second | {f"stock.{sku}": "7"}, headers=HTMX)
        assert answer.status_code == 200
    (variant,) = (await stored(shop, product)).variants
    assert (variant.unit_price, variant.stock) == (1100, 7)


async def test_two_people_at_the_same_field_are_both_shown_and_asked(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, price=1000)
    sku = product.variants[0].sku
    path = f"/staff/products/{product.id}/row"
    async with await staff(app) as one, await staff(app) as other:
        first, second = await open_row(one, product), await open_row(other, product)
        await one.post(path, data=first | {f"price.{sku}": "11"}, headers=HTMX)
        clash = await other.post(path, data=second | {f"price.{sku}": "12"}, headers=HTMX)
        assert clash.status_code == 412
        assert "now 11.00" in words_of(clash)
        assert (await stored(shop, product)).unit_price == 1100
        again = form_of(clash, path)
        assert again[f"price.{sku}"] == "12"
        assert (await other.post(path, data=again, headers=HTMX)).status_code == 200
    assert (await stored(shop, product)).unit_price == 1200


async def test_what_is_sold_while_a_row_is_open_stays_sold(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, price=1000, stock=10)
    sku = product.variants[0].sku
    path = f"/staff/products/{product.id}/row"
    async with await staff(app) as client:
        typed = await open_row(client, product)
        await set_stock(shop, product, 8)
        await client.post(path, data=typed | {f"price.{sku}": "11"}, headers=HTMX)
        assert await stock_of(shop, product) == [8]
        clash = await client.post(path, data=typed | {f"stock.{sku}": "20"})
        assert clash.status_code == 412
        assert "now 8" in words_of(clash)
    assert await stock_of(shop, product) == [8]


async def test_the_same_row_saved_twice_is_saved_once(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, price=1000)
    path = f"/staff/products/{product.id}/row"
    async with await staff(app) as client:
        typed = await open_row(client, product)
        typed |= {f"price.{product.variants[0].sku}": "11"}
        answers = [await client.post(path, data=typed, headers=HTMX) for _click in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (await stored(shop, product)).version == product.version + 1


async def test_delete_can_be_undone_from_the_row_and_from_the_bin(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, name="Bilge pump")
    path = f"/staff/products/{product.id}"
    async with await staff(app) as client:
        gone = await client.delete(path, headers=HTMX)
        assert gone.text.startswith(f'<tr id="product-{product.id}"')
        assert "“Bilge pump” lies in the bin." in words_of(gone)
        assert catalogue.find_product(shop, product.id) is None
        row = await client.post(f"{path}/restore", headers=HTMX)
        assert row.text.strip().startswith(f'<tr id="product-{product.id}">')
        assert catalogue.find_product(shop, product.id) is not None

        plain = await client.post(path, data={"_method": "DELETE"})
        assert plain.headers["Location"] == f"/staff/products/bin?deleted={product.id}"
        twice = await client.post(path, data={"_method": "DELETE"})
        assert twice.status_code == 303
        the_bin = await client.get(plain.headers["Location"])
        assert "“Bilge pump” lies in the bin." in words_of(the_bin)
        assert (await client.get(path)).headers["Location"] == plain.headers["Location"]
        back = await client.post(f"{path}/restore")
        assert back.headers["Location"] == path
        assert f"{path}/restore" not in (await client.get("/staff/products/bin")).text
    assert catalogue.find_product(shop, product.id) is not None


async def test_the_bin_is_shown_page_by_page_the_latest_first(
    app: Quart, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storefront.staff.products.ON_A_PAGE", 2)
    names = ["First out", "Second out", "Third out"]
    async with await staff(app) as client:
        for name in names:
            product = await put_on_shelf(shop, name=name)
            await client.delete(f"/staff/products/{product.id}")
        page = await client.get("/staff/products/bin")
        (further,) = re.findall(r'href="(/staff/products/bin\?before=[^"]*)"', page.text)
        rest = await client.get(further)
    shown = re.findall("(?:First|Second|Third) out", re.sub("<span.*?</span>", "", page.text))
    assert shown == ["Third out", "Second out"]
    assert "First out" in rest.text
    assert "Second out" not in rest.text


async def test_an_empty_bin_says_so(app: Quart, shop: Shop) -> None:
    async with await staff(app) as client:
        await shop.database["products"].delete_many({"deleted_at": {"$exists": True}})
        page = words_of(await client.get("/staff/products/bin"))
    assert "The bin is empty." in page


async def test_a_row_shows_and_takes_prices_as_the_language_writes_them(
    app: Quart, shop: Shop
) -> None:
    product = await put_on_shelf(shop, name="Sprit", price=1000)
    sku = product.variants[0].sku
    path = f"/staff/products/{product.id}/row"
    async with await staff(app) as spanish:
        spanish.headers["Accept-Language"] = "es"
        typed = await open_row(spanish, product)
        assert typed[f"price.{sku}"] == "10,00"
        await reprice(shop, product, 1100)
        kept = await spanish.post(path, data=typed | {f"stock.{sku}": "7"}, headers=HTMX)
        assert "11,00 €" in words_of(kept)
        typed = await open_row(spanish, product) | {f"price.{sku}": "12,5"}
        await reprice(shop, product, 1300)
        clash = await spanish.post(path, data=typed, headers=HTMX)
        assert form_of(clash, path)[f"price.{sku}"] == "12,5"
        assert "13,00" in words_of(clash)
