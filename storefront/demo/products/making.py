"""How the shelves write their products down briefly."""

from collections.abc import Iterator, Mapping, Sequence

from storefront.catalogue.model import Text, Variant
from storefront.demo.model import DemoProduct, Picture

Words = tuple[str, str]
"""A name and a description."""

SHIRT_SIZES = ("XS", "S", "M", "L", "XL")
SOCK_SIZES = ("36\u201339", "40\u201342", "43\u201346")
POSTER_SIZES = ("A4", "A3", "50\u00d770")


def make(
    key: str, category: str, *, en: Words, es: Words, variants: Sequence[Variant], picture: Picture
) -> DemoProduct:
    """A product with typographic apostrophes in its English."""
    english = Text(*(words.replace("'", "\u2019") for words in en))
    texts = {"en": english, "es": Text(*es)}
    return DemoProduct(key, category, texts, tuple(variants), picture)


def single(key: str, price: int, stock: int) -> tuple[Variant, ...]:
    """The one variant of a product without options."""
    return (Variant(sku=key.upper(), options={}, unit_price=price, stock=stock),)


def coloured(key: str, price: int, stock: Mapping[str, int]) -> tuple[Variant, ...]:
    return tuple(
        Variant(_sku(key, colour), {"colour": colour}, price, pieces)
        for colour, pieces in stock.items()
    )


def sized(
    key: str, sizes: Sequence[str], prices: int | Sequence[int], stock: Sequence[int]
) -> tuple[Variant, ...]:
    each = [prices] * len(sizes) if isinstance(prices, int) else prices
    return tuple(
        Variant(_sku(key, size), {"size": size}, price, pieces)
        for size, price, pieces in zip(sizes, each, stock, strict=True)
    )


def coloured_and_sized(
    key: str, sizes: Sequence[str], price: int, stock: Mapping[str, Sequence[int]]
) -> tuple[Variant, ...]:
    def all_of_them() -> Iterator[Variant]:
        for colour, shelf in stock.items():
            for size, pieces in zip(sizes, shelf, strict=True):
                options = {"colour": colour, "size": size}
                yield Variant(_sku(key, colour, size), options, price, pieces)

    return tuple(all_of_them())


def _sku(key: str, *values: str) -> str:
    """``tee-tides``, ``Off-white`` and ``M`` make ``TEE-TIDES-OFFWHITE-M``."""
    plain = (
        value.replace("-", "").replace(" ", "").replace("\u2013", "-").replace("\u00d7", "X")
        for value in values
    )
    return "-".join((key, *plain)).upper()
