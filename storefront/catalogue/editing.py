"""How staff's input becomes a product: what it may be, and what is filled in for them."""

import re
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from storefront.catalogue.model import Product, Text, Variant, is_slug, unversioned
from storefront.catalogue.schemas import (
    ProductBody,
    ProductChanges,
    TextBody,
    VariantBody,
)
from storefront.catalogue.words import sorting_key
from storefront.errors import FieldError, NotFoundError, ValidationError
from storefront.localisation import gettext as _
from storefront.shop import Shop

_READABLE_SKU = 40
_SKU_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that are taken for each other


def filled(shop: Shop, blank: Product, body: ProductBody) -> Product:
    """``body`` as the whole content of ``blank``, of which only photo links and SKUs are kept."""
    is_single = body.variants is None
    if is_single and (body.unit_price is None or body.stock is None):
        missing = "unit_price" if body.unit_price is None else "stock"
        raise ValidationError.of(missing, _("Give unit_price and stock, or variants."))
    _refuse_both(body.variants, body.unit_price, body.stock)
    wanted = body.variants or [VariantBody(unit_price=body.unit_price, stock=body.stock)]
    return replace(
        blank,
        name=body.name,
        description=body.description,
        category=_category(body.category),
        variants=_variants(shop, blank, wanted, body.name),
        photo=_photo(shop, body.photo, blank.photo, "photo"),
        translations=_translations(shop, body.translations),
    )


def changed(shop: Shop, product: Product, changes: ProductChanges) -> Product:
    """``product`` with what ``changes`` names."""
    given = changes.model_fields_set
    _refuse_both(changes.variants, changes.unit_price, changes.stock)
    result = product
    if "name" in given:
        result = replace(result, name=changes.name)
    if "description" in given:
        result = replace(result, description=changes.description)
    if "category" in given:
        result = replace(result, category=_category(changes.category))
    if "photo" in given:
        result = replace(result, photo=_photo(shop, changes.photo, product.photo, "photo"))
    if "translations" in given:
        result = replace(result, translations=_translations(shop, changes.translations))
    if changes.variants is not None:
        result = replace(result, variants=_variants(shop, product, changes.variants, result.name))
    if changes.unit_price is not None or changes.stock is not None:
        result = replace(result, variants=(_only_variant(product, changes),))
    return result


def with_photo(product: Product, skus: Collection[str], link: str) -> Product:
    """``product`` with ``link`` as the photo of these variants, or as its own if none are named.

    NotFoundError if one of them is not there.
    """
    if not skus:
        return replace(product, photo=link)
    if any(product.variant(sku) is None for sku in skus):
        raise NotFoundError(_("This product has no variant with that SKU."))
    variants = tuple(
        replace(each, photo=link) if each.sku in skus else each for each in product.variants
    )
    return replace(product, variants=variants)


def _refuse_both(
    variants: Sequence[VariantBody] | None, unit_price: int | None, stock: int | None
) -> None:
    if variants is not None and (unit_price is not None or stock is not None):
        message = _("Each variant has its own price and stock: leave out unit_price and stock.")
        raise ValidationError.of("unit_price" if unit_price is not None else "stock", message)


def _only_variant(product: Product, changes: ProductChanges) -> Variant:
    if len(product.variants) > 1:
        field = "unit_price" if changes.unit_price is not None else "stock"
        raise ValidationError.of(field, _("This product has several variants: give variants."))
    variant = product.variants[0]
    return replace(
        variant,
        unit_price=variant.unit_price if changes.unit_price is None else changes.unit_price,
        stock=variant.stock if changes.stock is None else changes.stock,
    )


def _category(slug: str) -> str:
    if not is_slug(slug):
        raise ValidationError.of(
            "category", _("Use lower-case letters, digits and single hyphens, as in t-shirts.")
        )
    return slug


def _translations(shop: Shop, texts: Mapping[str, TextBody]) -> dict[str, Text]:
    further = shop.settings.shop.locales[1:]
    unknown = [language for language in texts if language not in further]
    if unknown:
        raise ValidationError.of(
            f"translations.{unknown[0]}", _("The shop has no such further language.")
        )
    return {language: Text(text.name, text.description) for language, text in texts.items()}


def _photo(shop: Shop, link: str | None, current: str | None, field: str) -> str | None:
    """Only links that cannot lead shoppers to a stranger; our own come from an upload only."""
    if not link:
        return None
    if link in {current, unversioned(current)}:
        return current
    try:
        parts = urlsplit(link)
        is_trusted = parts.scheme == "https" and parts.hostname in shop.settings.shop.photo_hosts
        is_plain = parts.port is None and parts.username is None and link.isprintable()
    except ValueError:
        is_trusted = is_plain = False
    if not (is_trusted and is_plain) or " " in link:
        message = _("Give an https link to one of the shop's photo hosts, or upload the photo.")
        raise ValidationError.of(field, message)
    return link


def _variants(
    shop: Shop, product: Product, wanted: Sequence[VariantBody], name: str
) -> tuple[Variant, ...]:
    _refuse_unclear(wanted)
    serial = "".join(secrets.choice(_SKU_LETTERS) for _letter in range(5))
    variants = []
    for position, body in enumerate(wanted):
        before = product.variant(body.sku) if body.sku else product.variant_with(body.options)
        kept = before.sku if before else _readable_sku(name, body.options, serial)
        photo = _photo(
            shop, body.photo, before.photo if before else None, f"variants.{position}.photo"
        )
        variants.append(
            Variant(body.sku or kept, dict(body.options), body.unit_price, body.stock, photo)
        )
    _refuse_twins([variant.sku for variant in variants])
    return tuple(variants)


def _refuse_unclear(wanted: Sequence[VariantBody]) -> None:
    """All variants have the same options, and no two the same values: one choice, one variant."""
    errors = []
    seen: list[dict[str, str]] = []
    for position, body in enumerate(wanted):
        field = f"variants.{position}.options"
        if set(body.options) != set(wanted[0].options):
            errors.append(FieldError(field, _("All variants must have the same options.")))
        elif body.options in seen:
            errors.append(FieldError(field, _("Another variant has the same options.")))
        seen.append(body.options)
    if errors:
        raise ValidationError(errors)


def _refuse_twins(skus: Sequence[str]) -> None:
    counts = Counter(skus)
    errors = [
        FieldError(f"variants.{position}.sku", _("Another variant has the same SKU."))
        for position, sku in enumerate(skus)
        if counts[sku] > 1
    ]
    if errors:
        raise ValidationError(errors)


def _readable_sku(name: str, options: Mapping[str, str], serial: str) -> str:
    """``High Water``, size M: ``HIGH-WATER-M-7K2QX``; the end makes it unique."""
    words = re.findall(r"[a-z0-9]+", sorting_key(" ".join((name, *options.values())), ""))
    readable = "-".join(words).upper()
    while len(readable) > _READABLE_SKU:
        words.pop(max(0, len(words) - len(options) - 1))
        readable = "-".join(words).upper()
    return f"{readable}-{serial}" if readable else serial
