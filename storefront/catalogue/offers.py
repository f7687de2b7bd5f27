"""What a product costs and whether it can be had, for the options chosen so far."""

from collections.abc import Mapping
from dataclasses import dataclass

from storefront.catalogue.model import FEW_LEFT, Product, Variant
from storefront.localisation import option_label

Choice = tuple[str, str, bool, bool]
"""A value, its label, whether it is chosen, and whether the rest of the choice has it in stock."""


@dataclass(frozen=True, slots=True)
class Offer:
    """``stock_state`` is in_stock, few_left, sold_out or choose (not all options chosen yet).

    ``available`` is the number of pieces of the chosen variant; 0 while none is chosen.
    """

    variant: Variant | None
    unit_price: int
    highest_price: int
    photo: str | None
    stock_state: str
    available: int
    choices: tuple[tuple[str, str, tuple[Choice, ...]], ...]


def make_offer(product: Product, wanted: Mapping[str, str]) -> Offer:
    """The offer for ``wanted`` options; unknown ones are passed over.

    An option with a single value needs no choosing.
    """
    values = product.option_values()
    chosen = _chosen(values, wanted)
    fitting = [each for each in product.variants if _fits(each, chosen)]
    is_complete = chosen.keys() == values.keys()
    variant = fitting[0] if is_complete and fitting else None
    priced = fitting or list(product.variants)
    own_photo = next((each.photo for each in fitting if each.photo), None) if chosen else None
    return Offer(
        variant=variant,
        unit_price=min(each.unit_price for each in priced),
        highest_price=max(each.unit_price for each in priced),
        photo=own_photo or product.photo,
        stock_state=_stock_state(fitting, is_complete=is_complete),
        available=variant.stock if variant else 0,
        choices=tuple(
            (name, option_label(name), _choices(product, name, every, chosen))
            for name, every in values.items()
        ),
    )


def photo_of(product: Product, wanted: Mapping[str, str]) -> str | None:
    """The picture of what comes in ``wanted`` options, where all of that looks alike: a colour
    has a picture of its own, a size does not."""
    if not any(each.photo for each in product.variants):
        return product.photo
    chosen = _chosen(product.option_values(), wanted)
    photos = {each.photo for each in product.variants if _fits(each, chosen)}
    return (photos.pop() if len(photos) == 1 else None) or product.photo


def _chosen(values: Mapping[str, list[str]], wanted: Mapping[str, str]) -> dict[str, str]:
    only = {name: every[0] for name, every in values.items() if len(every) == 1}
    return only | {name: value for name, value in wanted.items() if value in values.get(name, ())}


def _fits(variant: Variant, chosen: Mapping[str, str]) -> bool:
    return all(variant.options.get(name) == value for name, value in chosen.items())


def _choices(
    product: Product, name: str, values: list[str], chosen: Mapping[str, str]
) -> tuple[Choice, ...]:
    others = {each: value for each, value in chosen.items() if each != name}
    in_stock = {
        variant.options.get(name)
        for variant in product.variants
        if variant.in_stock and _fits(variant, others)
    }
    return tuple(
        (value, option_label(value), chosen.get(name) == value, value in in_stock)
        for value in values
    )


def _stock_state(fitting: list[Variant], *, is_complete: bool) -> str:
    left = sum(variant.stock for variant in fitting)
    if left == 0:
        return "sold_out"
    if not is_complete:
        return "choose"
    return "few_left" if left <= FEW_LEFT else "in_stock"
