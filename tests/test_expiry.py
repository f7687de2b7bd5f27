"""What has expired goes, and nothing else; on the embedded database the shop sees to it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from storefront import expiry
from storefront.app import INDEXES
from storefront.shop import Shop
from tests.catalogue.goods import product, sell
from tests.conftest import eventually


@pytest.fixture(scope="module")
def settings_changes() -> Iterator[dict[str, str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expiry, "EVERY_SECONDS", 0.2)
        yield {}


async def ids(shop: Shop, collection: str) -> set[object]:
    return {each["_id"] async for each in shop.database[collection].find({}, {"_id": 1})}


@pytest.mark.parametrize("collection", ["limits", "errors", "password_resets"])
async def test_what_has_expired_is_deleted(shop: Shop, collection: str) -> None:
    now = datetime.now(UTC)
    await shop.database[collection].insert_many(
        [
            {"_id": "alive", "expires_at": now + timedelta(hours=1)},
            {"_id": "expired", "expires_at": now - timedelta(seconds=1)},
            {"_id": "for ever"},
        ]
    )

    async def is_gone() -> bool:
        return "expired" not in await ids(shop, collection)

    assert await eventually(is_gone)
    assert await ids(shop, collection) == {"alive", "for ever"}


async def test_deleted_products_are_kept_for_thirty_days(shop: Shop) -> None:
    goods = {name: product(name) for name in ("Forgotten", "Restorable", "On sale")}
    await sell(shop, *goods.values())
    for name, age in (
        ("Forgotten", timedelta(days=30, hours=1)),
        ("Restorable", timedelta(days=30, hours=-1)),
    ):
        await shop.database["products"].update_one(
            {"_id": ObjectId(goods[name].id)}, {"$set": {"deleted_at": datetime.now(UTC) - age}}
        )

    async def kept() -> list[str]:
        return sorted([each["name"] async for each in shop.database["products"].find({})])

    async def is_gone() -> bool:
        return "Forgotten" not in await kept()

    assert await eventually(is_gone)
    assert await kept() == ["On sale", "Restorable"]


async def _lifetimes(shop: Shop) -> dict[str, int | None]:
    found = {}
    for collection in ("products", "cart"):
        indexes = await shop.database[collection].index_information()
        found[collection] = indexes["expiry"].get("expireAfterSeconds")
    return found


async def test_mongodb_deletes_by_its_indexes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop.database, "deletes_expired", True)

    missing = await shop.database.missing_indexes(INDEXES)
    await shop.database.ensure_indexes(INDEXES)

    assert ("products", "expiry") in missing
    assert await _lifetimes(shop) == {"products": 30 * 24 * 3600, "cart": 0}


async def test_an_embedded_database_of_before_is_told_to_delete_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(shop.database, "deletes_expired", True)
        await shop.database.ensure_indexes(INDEXES)

    missing = await shop.database.missing_indexes(INDEXES)
    await asyncio.gather(*(shop.database.ensure_indexes(INDEXES) for _process in range(4)))

    assert ("products", "expiry") in missing
    assert await shop.database.missing_indexes(INDEXES) == []
    assert await _lifetimes(shop) == {"products": None, "cart": None}
