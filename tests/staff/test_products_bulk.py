"""Many products at once: nothing changes before it was shown, and nothing that changed since."""

from decimal import Decimal
from typing import Any

import httpx
import pytest
from quart import Quart

from storefront.catalogue import backroom
from storefront.catalogue import service as catalogue
from storefront.catalogue.model import Product
from storefront.errors import ValidationError
from storefront.shop import Shop
from tests.carts.shelves import put_on_shelf, reprice
from tests.staff.people import staff, words_of

BULK = "/staff/products/bulk"


async def shelf(shop: Shop, *prices: int) -> list[Product]:
    return [await put_on_shelf(shop, name=f"Buoy {price}", price=price) for price in prices]


async def prices(shop: Shop, products: list[Product]) -> list[int]:
    found = [await catalogue.get_stored_product(shop, product.id) for product in products]
    return [product.unit_price for product in found]


def confirmation(page: httpx.Response) -> dict[str, Any]:
    """What the preview's form sends when it is confirmed."""
    form = page.text.partition(f'action="{BULK}" method="post"')[2].partition("</form>")[0]
    fields: dict[str, Any] = {"product": []}
    for part in form.split('<input type="hidden" name="')[1:]:
        name, _quote, rest = part.partition('" value="')
        value = rest.partition('"')[0]
        if name == "product":
            fields["product"].append(value)
        else:
            fields[name] = value
    return fields


async def test_prices_by_per_cent_are_shown_first_and_then_changed(app: Quart, shop: Shop) -> None:
    products = await shelf(shop, 1000, 1999)
    chosen = {"id": [product.id for product in products], "change": "price", "percent": "-15 %"}
    async with await staff(app) as client:
        preview = await client.get(BULK, params=chosen)
        for told in ("€10.00", "€8.50", "€19.99", "€16.99", "Change 2 products"):
            assert told in words_of(preview), told
        assert await prices(shop, products) == [1000, 1999]
        answer = await client.post(BULK, data=confirmation(preview))
        assert answer.status_code == 303
        assert "2 products were changed." in words_of(await client.get("/staff/products"))
    assert await prices(shop, products) == [850, 1699]


async def test_confirming_twice_changes_the_prices_once(app: Quart, shop: Shop) -> None:
    products = await shelf(shop, 1000)
    chosen = {"id": products[0].id, "change": "price", "percent": "10"}
    async with await staff(app) as client:
        typed = confirmation(await client.get(BULK, params=chosen))
        for _click in range(2):
            assert (await client.post(BULK, data=typed)).status_code == 303
    assert await prices(shop, products) == [1100]


async def test_what_somebody_changed_since_the_preview_is_left_alone(
    app: Quart, shop: Shop
) -> None:
    products = await shelf(shop, 1000, 2000)
    chosen = {"id": [product.id for product in products], "change": "price", "percent": "10"}
    async with await staff(app) as client:
        typed = confirmation(await client.get(BULK, params=chosen))
        await reprice(shop, products[0], 500)
        await client.post(BULK, data=typed)
        said = words_of(await client.get("/staff/products"))
    assert "1 product was left as it is" in said
    assert await prices(shop, products) == [500, 2200]


async def test_moving_makes_a_new_category_and_archiving_can_be_undone(
    app: Quart, shop: Shop
) -> None:
    products = await shelf(shop, 3000, 3001)
    ids = [product.id for product in products]
    async with await staff(app) as client:
        chosen = {"id": ids, "change": "move", "category": "Sea marks"}
        preview = await client.get(BULK, params=chosen)
        assert "sea-marks" in words_of(preview)
        await client.post(BULK, data=confirmation(preview))
        assert catalogue.get_product(shop, ids[0]).category == "sea-marks"

        preview = await client.get(BULK, params={"id": ids, "change": "archive"})
        assert "Put 2 products into the bin" in words_of(preview)
        answer = await client.post(BULK, data=confirmation(preview))
        assert answer.headers["Location"] == "/staff/products/bin"
    assert [catalogue.find_product(shop, key) for key in ids] == [None, None]
    assert (await catalogue.restore_product(shop, ids[0], by="")).deleted_at is None


async def test_all_in_a_list_can_be_chosen(app: Quart, shop: Shop) -> None:
    for number in range(3):
        await put_on_shelf(shop, name=f"Windlass {number}", price=1000)
    chosen = {"which": "all", "q": "windlass", "change": "price", "percent": "5"}
    async with await staff(app) as client:
        preview = words_of(await client.get(BULK, params=chosen))
    assert "3 products are chosen." in preview
    assert "Change 3 products" in preview


async def test_what_makes_no_sense_is_refused_and_nothing_chosen_leads_back(
    app: Quart, shop: Shop
) -> None:
    (product,) = await shelf(shop, 4000)
    async with await staff(app) as client:
        for field, wish in (
            ("percent", {"change": "price", "percent": "x"}),
            ("percent", {"change": "price", "percent": "0"}),
            ("percent", {"change": "price", "percent": "-95"}),
            ("percent", {"change": "price", "percent": "NaN"}),
            ("category", {"change": "move", "category": ""}),
            ("change", {"change": "burn"}),
        ):
            answer = await client.get(BULK, params={"id": product.id, **wish})
            assert answer.status_code == 422, wish
            assert f'id="{field}-error"' in answer.text, wish
        nothing = await client.get(BULK, params={"change": "archive", "q": "buoy"})
        assert (nothing.status_code, nothing.headers["Location"]) == (303, "/staff/products?q=buoy")
    assert await prices(shop, [product]) == [4000]


@pytest.mark.parametrize("percent", ["0", "-90.1", "1000.1"])
def test_percentages_out_of_all_proportion_are_refused(percent: str) -> None:
    with pytest.raises(ValidationError):
        backroom.check_percent(Decimal(percent))
