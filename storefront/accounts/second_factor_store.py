"""The collection ``second_factors``: one document for each account that has one, under its id.

Apart from ``users``, so that a code that is used makes no process read its user again for nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from storefront.accounts.model import SecondFactor
from storefront.database import ObjectId, Transaction
from storefront.shop import Shop


async def insert_factor(
    shop: Shop, factor: SecondFactor, *, last_step: int, transaction: Transaction
) -> None:
    """DuplicateKeyError when the account has one."""
    await shop.database["second_factors"].insert_one(
        {
            "_id": ObjectId(factor.user_id),
            "sealed_key": factor.sealed_key,
            "recovery_hashes": list(factor.recovery_hashes),
            "last_step": last_step,
            "since": factor.since,
        },
        session=transaction,
    )


async def find_factor(
    shop: Shop, user_id: str, transaction: Transaction | None = None
) -> SecondFactor | None:
    document = await shop.database["second_factors"].find_one(
        {"_id": ObjectId(user_id)}, session=transaction
    )
    return _factor(document) if document else None


async def list_factors(shop: Shop) -> list[SecondFactor]:
    return [_factor(document) async for document in shop.database["second_factors"].find({})]


async def use_step(shop: Shop, user_id: str, step: int) -> bool:
    """Note that the code of ``step`` was used; False if it or a later one was used before."""
    result = await shop.database["second_factors"].update_one(
        {"_id": ObjectId(user_id), "last_step": {"$lt": step}}, {"$set": {"last_step": step}}
    )
    return bool(result.matched_count)


async def use_recovery_hash(
    shop: Shop, user_id: str, recovery_hash: str, transaction: Transaction
) -> bool:
    """Forget the recovery code with this hash; False when it was used before."""
    result = await shop.database["second_factors"].update_one(
        {"_id": ObjectId(user_id), "recovery_hashes": recovery_hash},
        {"$pull": {"recovery_hashes": recovery_hash}},
        session=transaction,
    )
    return bool(result.matched_count)


async def replace_recovery_hashes(
    shop: Shop, user_id: str, hashes: Sequence[str], transaction: Transaction
) -> bool:
    """False when the account has no second factor."""
    result = await shop.database["second_factors"].update_one(
        {"_id": ObjectId(user_id)},
        {"$set": {"recovery_hashes": list(hashes)}},
        session=transaction,
    )
    return bool(result.matched_count)


async def replace_sealed_key(shop: Shop, user_id: str, *, before: str, after: str) -> None:
    """Nothing if it is another one by now."""
    await shop.database["second_factors"].update_one(
        {"_id": ObjectId(user_id), "sealed_key": before}, {"$set": {"sealed_key": after}}
    )


async def delete_factor(shop: Shop, user_id: str, transaction: Transaction) -> bool:
    """False when there was none."""
    result = await shop.database["second_factors"].delete_one(
        {"_id": ObjectId(user_id)}, session=transaction
    )
    return bool(result.deleted_count)


def _factor(document: Mapping[str, Any]) -> SecondFactor:
    return SecondFactor(
        user_id=str(document["_id"]),
        sealed_key=document["sealed_key"],
        recovery_hashes=tuple(document["recovery_hashes"]),
        since=document["since"],
    )
