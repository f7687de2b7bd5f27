"""Prices and stock changed in a row of the list, safe for two people at once.

The row's form carries what was there when it was opened. Only what was really changed is
written, over the newest version; where somebody else changed the same, both are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from storefront.catalogue import service
from storefront.catalogue.model import Product, Variant
from storefront.catalogue.schemas import HIGHEST_PRICE, LARGEST_STOCK, ProductChanges, VariantBody
from storefront.errors import (
    ConflictError,
    FieldError,
    PreconditionFailedError,
    ValidationError,
)
from storefront.localisation import as_typed
from storefront.localisation import gettext as _
from storefront.money import plain_money, read_money
from storefront.shop import Shop
from storefront.web.forms import Form

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A row with its fields. ``seen`` is what the fields held at first, by field; ``theirs`` what
    stands against what was typed."""

    product: Product
    form: Form
    seen: Mapping[str, str]
    theirs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody else changed these ``fields`` of the product, which is as it is now."""

    product: Product
    fields: tuple[str, ...]


def opened(shop: Shop, product: Product) -> OpenRow:
    """The row as it opens."""
    values = _values(shop, product)
    return OpenRow(product, Form(_shown(values)), values, {})


def rejected(product: Product, typed: Mapping[str, str], error: ValidationError) -> OpenRow:
    """The row with what was typed and what is wrong with it."""
    return OpenRow(product, Form.rejected(typed, error), _seen(typed), {})


def clashing(shop: Shop, clash: Clash, typed: Mapping[str, str]) -> OpenRow:
    """The row with what was typed, beside what others wrote: saving again decides for the former.

    Fields that were not typed into show what is there now.
    """
    now, seen = _values(shop, clash.product), _seen(typed)
    shown = _shown(now)
    mine = {
        key: typed[key]
        if key in typed and _tidied(shop, key, typed[key]) != seen.get(key)
        else text
        for key, text in shown.items()
    }
    return OpenRow(clash.product, Form(mine), now, {key: shown[key] for key in clash.fields})


async def save(
    shop: Shop, product_id: str, typed: Mapping[str, str], *, by: str
) -> Product | Clash:
    """Write what was changed; ProductNotFoundError, ValidationError naming the fields."""
    seen = _seen(typed)
    for _attempt in range(_ATTEMPTS):
        stored = await service.get_stored_product(shop, product_id)
        now = _values(shop, stored)
        wanted = {key: _tidied(shop, key, typed[key]) for key in now if key in typed}
        changed = {key: text for key, text in wanted.items() if text != seen.get(key)}
        against = tuple(
            key for key, text in changed.items() if now[key] != seen.get(key) and now[key] != text
        )
        if against:
            return Clash(stored, against)
        variants = _changed_variants(shop, stored, changed)
        if variants is None:
            return stored
        try:
            return await service.change_product(
                shop,
                product_id,
                ProductChanges(variants=variants),
                by=by,
                versions={stored.version},
            )
        except PreconditionFailedError:
            continue
    raise ConflictError(_("Many are changing this product just now. Please try again."))


def _tidied(shop: Shop, field: str, text: str) -> str:
    """A price as `_values` writes it, so that 11 and 11.00 are the same; all else as typed."""
    currency = shop.settings.shop.currency
    amount = read_money(text, currency) if field.startswith("price.") else None
    return text.strip() if amount is None else plain_money(amount, currency)


def _changed_variants(
    shop: Shop, stored: Product, changed: Mapping[str, str]
) -> list[VariantBody] | None:
    """All variants as they shall be; None if nothing changes."""
    errors: list[FieldError] = []
    bodies = [_body(shop, variant, changed, errors) for variant in stored.variants]
    if errors:
        raise ValidationError(errors)
    is_same = all(
        (body.unit_price, body.stock) == (variant.unit_price, variant.stock)
        for body, variant in zip(bodies, stored.variants, strict=True)
    )
    return None if is_same else bodies


def _body(
    shop: Shop, variant: Variant, changed: Mapping[str, str], errors: list[FieldError]
) -> VariantBody:
    price, stock = variant.unit_price, variant.stock
    if (typed := changed.get(f"price.{variant.sku}")) is not None:
        amount = read_money(typed, shop.settings.shop.currency)
        if amount is None or amount > HIGHEST_PRICE:
            message = _("Please give an amount such as 19.99.")
            errors.append(FieldError(f"price.{variant.sku}", message))
        else:
            price = amount
    if (typed := changed.get(f"stock.{variant.sku}")) is not None:
        if typed.isascii() and typed.isdecimal() and int(typed[:12]) <= LARGEST_STOCK:
            stock = int(typed)
        else:
            message = _("Please give a whole number from 0.")
            errors.append(FieldError(f"stock.{variant.sku}", message))
    return VariantBody(
        sku=variant.sku,
        options=dict(variant.options),
        unit_price=price,
        stock=stock,
        photo=variant.photo,
    )


def _values(shop: Shop, product: Product) -> dict[str, str]:
    """Each field of the row with what is stored."""
    currency = shop.settings.shop.currency
    values = {}
    for each in product.variants:
        values[f"price.{each.sku}"] = plain_money(each.unit_price, currency)
        values[f"stock.{each.sku}"] = str(each.stock)
    return values


def _shown(values: Mapping[str, str]) -> dict[str, str]:
    """What the fields show of ``values``, which are the same in every language."""
    return {
        key: as_typed(text) if key.startswith("price.") else text for key, text in values.items()
    }


def _seen(typed: Mapping[str, str]) -> dict[str, str]:
    prefix = "seen."
    return {
        key.removeprefix(prefix): value for key, value in typed.items() if key.startswith(prefix)
    }
