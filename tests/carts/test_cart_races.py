"""The driver may send the same command twice; a cart takes it once."""

from typing import Any

import pytest

from storefront.carts import service, store
from storefront.carts.model import CartOwner, Line
from storefront.database import ObjectId
from storefront.errors import NotFoundError
from storefront.shop import Shop

PRODUCT = str(ObjectId())


def line(quantity: int) -> Line:
    return Line(str(ObjectId()), PRODUCT, "LAMP", quantity, "Lamp", 1_000)


async def quantities(shop: Shop, owner: CartOwner) -> list[int]:
    cart = await store.find_cart(shop, str(owner.key))
    return [each.quantity for each in cart.lines] if cart else []


async def test_an_addition_that_arrives_twice_counts_once(shop: Shop) -> None:
    owner = CartOwner(cart_id=str(ObjectId()))
    first, second = line(2), line(3)
    for wanted in (first, first, second, second, first):
        assert await store.add_to_line(shop, owner, wanted=wanted, most=10)
    assert await quantities(shop, owner) == [5]


async def test_an_addition_beyond_what_there_is_is_refused_each_time(shop: Shop) -> None:
    owner = CartOwner(cart_id=str(ObjectId()))
    assert await store.add_to_line(shop, owner, wanted=line(2), most=3)
    too_much = line(2)
    for _ in range(2):
        assert not await store.add_to_line(shop, owner, wanted=too_much, most=3)
    assert await quantities(shop, owner) == [2]


async def test_a_cart_remembers_no_more_than_its_latest_additions(shop: Shop) -> None:
    owner = CartOwner(cart_id=str(ObjectId()))
    for _ in range(12):
        assert await store.add_to_line(shop, owner, wanted=line(1), most=100)
    document = await shop.database["cart"].find_one({"_id": ObjectId(owner.key)})
    assert len(document["added"]) == 8
    assert await quantities(shop, owner) == [12]


async def test_a_removal_that_arrives_twice_is_one_that_was_done(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = CartOwner(cart_id=str(ObjectId()))
    wanted = line(2)
    assert await store.add_to_line(shop, owner, wanted=wanted, most=10)
    remove = store.remove_line

    async def arrive_twice(*given: Any, **named: Any) -> Any:
        await remove(*given, **named)
        return await remove(*given, **named)

    monkeypatch.setattr(store, "remove_line", arrive_twice)
    cart, removed = await service.remove_from_cart(shop, owner, item_id=wanted.id)

    assert (cart.items, removed.quantity) == ((), 2)
    with pytest.raises(NotFoundError):
        await service.remove_from_cart(shop, owner, item_id=wanted.id)
