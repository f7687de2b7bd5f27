"""Storing products together with the record of who changed what of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from storefront import history
from storefront.catalogue import store
from storefront.catalogue.model import Product, Variant
from storefront.database import Transaction
from storefront.history import By, Change, Value
from storefront.shop import Shop

_LONGEST_TEXT = 300


async def insert(shop: Shop, product: Product, *, by: str) -> None:
    """Store a new product. DuplicateKeyError if one of its SKUs is taken."""

    async def work(transaction: Transaction) -> None:
        await store.insert_product(shop, product, transaction)
        what = [Change("created", after=product.name)]
        await history.record(
            shop, ("product", product.id), by=By(by), what=what, transaction=transaction
        )

    await shop.database.in_transaction(work)


async def save(shop: Shop, before: Product, after: Product, *, by: str) -> bool:
    """Store ``after`` in place of ``before``; False if that is not the newest version.

    DuplicateKeyError if one of its SKUs is taken.
    """

    async def work(transaction: Transaction) -> bool:
        is_saved = await store.save_product(
            shop, after, over=before.version, transaction=transaction
        )
        if is_saved:
            what = differences(before, after)
            await history.record(
                shop, ("product", after.id), by=By(by), what=what, transaction=transaction
            )
        return is_saved

    return await shop.database.in_transaction(work)


async def change_together(
    shop: Shop, versions: Mapping[str, int], edit: Callable[[Product], Product], *, by: str
) -> list[Product]:
    """Store what ``edit`` makes of the products that still have these versions; returns those.

    In one transaction, which is several times as fast as one for each.
    """

    async def work(transaction: Transaction) -> list[Product]:
        found = await store.list_products(shop, versions, transaction=transaction)
        pairs = [
            (each, replace(edit(each), version=each.version + 1, updated_at=_now()))
            for each in found
            if each.deleted_at is None and each.version == versions[each.id]
        ]
        changed = [after for _before, after in pairs]
        await store.save_products(shop, changed, transaction)
        await _record(shop, pairs, by, transaction)
        return changed

    return await shop.database.in_transaction(work)


async def note_import(shop: Shop, pairs: Iterable[tuple[Product | None, Product]]) -> None:
    """Record what an import made of products, None being those that were not there."""
    await _record(shop, pairs, "")


async def _record(
    shop: Shop,
    pairs: Iterable[tuple[Product | None, Product]],
    by: str,
    transaction: Transaction | None = None,
) -> None:
    entries = [
        (
            ("product", after.id),
            differences(before, after) if before else [Change("created", after=after.name)],
        )
        for before, after in pairs
    ]
    await history.record_many(shop, entries, by=By(by), transaction=transaction)


def _now() -> datetime:
    """To the millisecond, as the database keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def differences(before: Product, after: Product) -> list[Change]:
    """What an edit changed: of the whole, of each language, of each variant."""
    changes = _of_part("", _whole(before), _whole(after))
    for language in dict.fromkeys([*after.translations, *before.translations]):
        changes += _of_part(language, _texts(before, language), _texts(after, language))
    old = {variant.sku: variant for variant in before.variants}
    new = {variant.sku: variant for variant in after.variants}
    for sku in dict.fromkeys([*new, *old]):
        if sku in old and sku in new:
            part = sku if len(new) > 1 or len(old) > 1 else ""
            changes += _of_part(part, _variant(old[sku]), _variant(new[sku]))
        else:
            changes.append(
                Change("variant", sku if sku in old else None, sku if sku in new else None)
            )
    return changes


def _of_part(part: str, before: Mapping[str, Value], after: Mapping[str, Value]) -> list[Change]:
    found = history.differences(before, after)
    return [
        Change(each.field, _shortened(each.before), _shortened(each.after), part) for each in found
    ]


def _whole(product: Product) -> dict[str, Value]:
    return {
        "name": product.name,
        "description": product.description,
        "category": product.category,
        "photo": product.photo,
        "deleted": product.deleted_at is not None,
    }


def _texts(product: Product, language: str) -> dict[str, Value]:
    text = product.translations.get(language)
    if text is None:
        return {}
    return {"name": text.name, "description": text.description}


def _variant(variant: Variant) -> dict[str, Value]:
    options = ", ".join(f"{name} {value}" for name, value in variant.options.items())
    return {
        "options": options,
        "unit_price": variant.unit_price,
        "stock": variant.stock,
        "photo": variant.photo,
    }


def _shortened(value: Value) -> Value:
    is_long = isinstance(value, str) and len(value) > _LONGEST_TEXT
    return f"{str(value)[:_LONGEST_TEXT]}…" if is_long else value
