"""The badge is right at once, and costs no query."""

from datetime import UTC, datetime

from bson import ObjectId
from quart import Quart

from storefront.carts import service
from storefront.carts.counts import CartCounts
from storefront.carts.model import CartOwner, Line, StoredCart
from storefront.shop import Shop
from tests.carts.shelves import add, cart_of, customer, put_on_shelf
from tests.conftest import eventually

NOW = datetime.now(UTC)


def cart(key: str, version: int, pieces: int) -> StoredCart:
    return StoredCart(key, (Line("1", "2", "3", pieces, "", 0),), None, NOW, NOW, version)


def test_a_count_only_gives_way_to_a_later_one() -> None:
    counts = CartCounts()
    counts.keep("a", cart("a", 2, 5))
    counts.keep("a", cart("a", 1, 3))
    assert counts.get("a") == 5

    counts.keep("a", cart("a", 3, 4))
    assert counts.get("a") == 4


def test_only_the_latest_are_kept() -> None:
    counts = CartCounts(most=2)
    for key in "abc":
        counts.keep(key, cart(key, 1, 1))

    assert [counts.get(key) for key in "abc"] == [None, 1, 1]


async def test_a_deleted_cart_is_forgotten_and_strangers_are_not_collected() -> None:
    counts = CartCounts()
    counts.keep("a", cart("a", 1, 1))
    await counts.changed("a", None)
    await counts.changed("b", {"_id": "b"})

    assert (counts.get("a"), counts.get("b")) == (None, None)


async def test_own_writes_count_at_once_and_those_of_others_soon(app: Quart, shop: Shop) -> None:
    product = await put_on_shelf(shop, stock=100)
    async with await customer(app) as shopper:
        owner = CartOwner(user_id=shopper.user_id, email=shopper.email)
        assert await service.count(shop, owner) == 0
        await add(shopper, product, 2)
        assert await service.count(shop, owner) == 2

        line = (await cart_of(shopper))["items"][0]["id"]
        await shopper.put(f"/api/v1/cart/{line}", json={"quantity": 7})
        assert await service.count(shop, owner) == 7
        await shopper.delete("/api/v1/cart")
        assert await service.count(shop, owner) == 0

        await shop.database["cart"].update_one(  # As another process would.
            {"_id": ObjectId(shopper.user_id)},
            {
                "$set": {
                    "items": [
                        {
                            "_id": ObjectId(),
                            "product_id": ObjectId(product.id),
                            "sku": product.variants[0].sku,
                            "quantity": 9,
                            "name_seen": "",
                            "unit_price_seen": 0,
                        }
                    ]
                },
                "$inc": {"version": 1},
            },
        )

        async def has_heard() -> bool:
            return await service.count(shop, owner) == 9

        assert await eventually(has_heard)


async def test_a_known_count_costs_no_command(app: Quart, shop: Shop) -> None:
    async with await customer(app) as shopper:
        owner = CartOwner(user_id=shopper.user_id, email=shopper.email)
        await service.count(shop, owner)
        known = shop.part(CartCounts).get(shopper.user_id)

        assert known == 0
        assert await service.count(shop, CartOwner()) == 0
