"""Storing products together with the record of who changed what of them."""

from collections.abc import Mapping

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
