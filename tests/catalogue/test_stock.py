"""Stock changes whole or not at all, and what was changed is seen at once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from bson import ObjectId

from storefront.catalogue import service as catalogue
from storefront.catalogue.model import Line, Product
from storefront.database import Transaction
from storefront.errors import OutOfStockError, ProductNotFoundError
from storefront.shop import Shop
from tests.catalogue.goods import product, sell, variant
from tests.conftest import eventually


async def _take(shop: Shop, *lines: Line) -> None:
    async def work(transaction: Transaction) -> None:
        await catalogue.take_stock(shop, transaction, lines)

    await shop.database.in_transaction(work)


async def _stock(shop: Shop, each: Product) -> list[int]:
    stored = await catalogue.get_stored_product(shop, each.id)
    return [variant.stock for variant in stored.variants]


async def test_taking_stock_counts_each_variant_by_itself(shop: Shop) -> None:
    shirt = product(variants=[variant(5, size="M"), variant(3, size="L")])
    await sell(shop, shirt)
    m, large = (each.sku for each in shirt.variants)

    await _take(shop, Line(shirt.id, m, 2), Line(shirt.id, large, 3))

    stored = await catalogue.get_stored_product(shop, shirt.id)
    assert [each.stock for each in stored.variants] == [3, 0]
    assert stored.version == 2


async def test_what_is_short_is_named_and_nothing_changes(shop: Shop) -> None:
    shirt = product("Shirt", variants=[variant(5, size="M"), variant(1, size="L")])
    mug = product("Mug", stock=0)
    await sell(shop, shirt, mug)
    m, large = (each.sku for each in shirt.variants)

    with pytest.raises(OutOfStockError) as refusal:
        await _take(
            shop,
            Line(shirt.id, m, 2),
            Line(shirt.id, large, 2),
            Line(mug.id, mug.variants[0].sku, 1),
        )

    assert refusal.value.extra["items"] == [
        {"product_id": shirt.id, "sku": large, "name": "Shirt", "quantity": 2, "available": 1},
        {
            "product_id": mug.id,
            "sku": mug.variants[0].sku,
            "name": "Mug",
            "quantity": 1,
            "available": 0,
        },
    ]
    assert await _stock(shop, shirt) == [5, 1]


async def test_a_deleted_product_has_no_stock(shop: Shop) -> None:
    mug = product(stock=5)
    await sell(shop, mug)
    await catalogue.delete_product(shop, mug.id, by="test")

    with pytest.raises(OutOfStockError):
        await _take(shop, Line(mug.id, mug.variants[0].sku, 1))


async def test_thirty_at_once_never_take_more_than_there_is(shop: Shop) -> None:
    mug = product(stock=10)
    await sell(shop, mug)

    results = await asyncio.gather(
        *(_take(shop, Line(mug.id, mug.variants[0].sku, 1)) for _ in range(30)),
        return_exceptions=True,
    )

    assert sum(result is None for result in results) == 10
    assert sum(isinstance(result, OutOfStockError) for result in results) == 20
    assert await _stock(shop, mug) == [0]


async def test_returned_stock_lies_on_the_shelf_again(shop: Shop) -> None:
    mug = product(stock=1)
    await sell(shop, mug)

    async def work(transaction: Transaction) -> None:
        lines = [Line(mug.id, mug.variants[0].sku, 4), Line(str(ObjectId()), "NO-SUCH", 1)]
        await catalogue.return_stock(shop, transaction, lines)

    await shop.database.in_transaction(work)

    assert await _stock(shop, mug) == [5]


async def test_what_is_published_is_seen_by_the_next_reader(shop: Shop) -> None:
    mug = product(stock=7)
    await sell(shop, mug)
    now = datetime.now(UTC)

    await catalogue.publish(shop, [mug.with_stock_changed({mug.variants[0].sku: -7}, at=now)])

    assert catalogue.get_product(shop, mug.id).stock == 0


async def test_older_news_of_a_product_is_ignored(shop: Shop) -> None:
    mug = product("Old name")
    await sell(shop, mug)
    await catalogue.publish(shop, [replace(mug, name="New name", version=3)])
    await catalogue.publish(shop, [replace(mug, name="In between", version=2)])

    assert catalogue.get_product(shop, mug.id).name == "New name"


async def test_older_news_does_not_bring_a_deleted_product_back(shop: Shop) -> None:
    mug = product()
    await sell(shop, mug)
    await catalogue.publish(shop, [replace(mug, version=3, deleted_at=datetime.now(UTC))])
    await catalogue.publish(shop, [replace(mug, version=2)])

    assert catalogue.find_product(shop, mug.id) is None
    with pytest.raises(ProductNotFoundError):
        catalogue.get_product(shop, mug.id)


async def test_what_other_processes_write_is_followed(shop: Shop) -> None:
    mug = product("Before")
    await sell(shop, mug)
    before = catalogue.version(shop)
    products = shop.database["products"]

    await products.update_one(
        {"_id": ObjectId(mug.id)}, {"$set": {"name": "After"}, "$inc": {"version": 1}}
    )

    async def followed() -> bool:
        return catalogue.get_product(shop, mug.id).name == "After"

    assert await eventually(followed)
    assert catalogue.version(shop) > before

    await products.delete_one({"_id": ObjectId(mug.id)})

    async def is_gone() -> bool:
        return catalogue.find_product(shop, mug.id) is None

    assert await eventually(is_gone)


async def test_changes_during_a_reload_are_not_lost(shop: Shop) -> None:
    from storefront.catalogue.index import ProductIndex  # noqa: PLC0415  (only this test looks inside)

    mugs = [product(f"Mug {number}") for number in range(20)]
    await sell(shop, *mugs)

    reloading = asyncio.create_task(shop.part(ProductIndex).reload())
    for mug in mugs:
        await catalogue.publish(shop, [replace(mug, name="Renamed", version=2)])
        await asyncio.sleep(0)
    await reloading

    assert {catalogue.get_product(shop, mug.id).name for mug in mugs} == {"Renamed"}


async def test_finding_a_product_asks_the_database_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    mug = product("Known")
    await sell(shop, mug)
    monkeypatch.setattr(shop, "database", None)

    assert catalogue.get_product(shop, mug.id).name == "Known"
    assert catalogue.find_product(shop, "no id at all") is None


async def test_a_return_counts_as_a_change_where_the_variant_is_still_there(shop: Shop) -> None:
    shirt = product(variants=[variant(5, size="S"), variant(5, size="M")])
    await sell(shop, shirt)
    medium = Line(shirt.id, shirt.variants[1].sku, 2)
    gone = Line(shirt.id, "no longer made", 1)
    returned: list[Line] = []

    async def work(transaction: Transaction) -> None:
        returned.extend(await catalogue.return_stock(shop, transaction, [gone, medium]))

    await shop.database.in_transaction(work)

    stored = await catalogue.get_stored_product(shop, shirt.id)
    assert returned == [medium]
    assert (stored.version, await _stock(shop, shirt)) == (2, [5, 7])


async def test_nothing_returned_is_no_change(shop: Shop) -> None:
    shirt = product(variants=[variant(5, size="S")])
    await sell(shop, shirt)

    async def work(transaction: Transaction) -> None:
        assert not await catalogue.return_stock(shop, transaction, [Line(shirt.id, "gone", 1)])

    await shop.database.in_transaction(work)

    assert (await catalogue.get_stored_product(shop, shirt.id)).version == 1
