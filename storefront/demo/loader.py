"""Puts the demo shop, or a large generated catalogue, into the database."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from storefront.catalogue import photos, service
from storefront.catalogue.model import Product, Variant
from storefront.catalogue.photos import SVG, Photo
from storefront.demo import pictures
from storefront.demo.catalogue import CATEGORIES, PRODUCTS
from storefront.demo.generator import generate
from storefront.demo.model import DemoProduct
from storefront.shop import Shop

COLOUR = "colour"
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class _Drawn:
    product: Product
    photos: tuple[Photo, ...]


async def is_empty(shop: Shop) -> bool:
    """Whether the shop has no product at all, not even a deleted one."""
    return await service.is_empty(shop)


async def load_demo_catalogue(shop: Shop) -> int:
    """Add what is missing of the demo shop; the number of its products.

    Products are known by an id that follows from their key, so those that staff changed or
    deleted since stay as they are.
    """
    await _add_categories(shop)
    keyed = {_product_id(product.key): product for product in PRODUCTS}
    present = await service.known_ids(shop, keyed)
    missing = [product for key, product in keyed.items() if key not in present]
    if missing:
        drawn = await asyncio.to_thread(_draw, shop, missing)
        # Pictures first, so that no product is shown without its own.
        await photos.keep_photos(shop, [photo for each in drawn for photo in each.photos])
        await service.add_products(shop, [each.product for each in drawn])
    return len(keyed)


async def load_generated_catalogue(
    shop: Shop, count: int, *, seed: int = 1, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Add what is missing of ``count`` generated products; how many that were.

    ``progress`` hears how many have been looked at so far.
    """
    await _add_categories(shop)
    products = generate(count, seed=seed)
    seen = added = 0
    while batch := list(islice(products, _BATCH)):
        present = await service.known_ids(shop, [product.id for product in batch])
        missing = [product for product in batch if product.id not in present]
        if missing:
            await service.add_products(shop, missing)
        seen += len(batch)
        added += len(missing)
        progress(seen)
    return added


async def _add_categories(shop: Shop) -> None:
    for category, labels in CATEGORIES.items():
        await service.add_category(shop, category, labels)


def _product_id(key: str) -> str:
    return hashlib.blake2b(f"demo:{key}".encode(), digest_size=12).hexdigest()


def _draw(shop: Shop, demo_products: Iterable[DemoProduct]) -> list[_Drawn]:
    """Shuffled, always in the same way, so that the newest are of all kinds."""
    now = datetime.now(UTC).replace(microsecond=0)
    shuffled = sorted(demo_products, key=lambda product: _product_id(product.key))
    return [
        _drawn(shop, product, now - timedelta(hours=age)) for age, product in enumerate(shuffled)
    ]


def _drawn(shop: Shop, demo_product: DemoProduct, made: datetime) -> _Drawn:
    key = _product_id(demo_product.key)
    first, *further = shop.settings.shop.locales
    texts = demo_product.texts
    main = texts.get(first) or texts["en"]
    photo = Photo(key, None, SVG, pictures.draw(demo_product))
    by_colour = dict(_coloured_photos(key, demo_product))
    product = Product(
        id=key,
        name=main.name,
        description=main.description,
        category=demo_product.category,
        variants=tuple(_with_photo(each, by_colour) for each in demo_product.variants),
        photo=photo.link,
        created_at=made,
        updated_at=made,
        translations={language: texts[language] for language in further if language in texts},
    )
    return _Drawn(product, (photo, *by_colour.values()))


def _coloured_photos(key: str, product: DemoProduct) -> Iterator[tuple[str, Photo]]:
    """A picture for each colour of a product that comes in several, under the first SKU of it."""
    first_of: dict[str, Variant] = {}
    for variant in product.variants:
        if COLOUR in variant.options:
            first_of.setdefault(variant.options[COLOUR], variant)
    if len(first_of) > 1:
        for colour, variant in first_of.items():
            yield colour, Photo(key, variant.sku, SVG, pictures.draw(product, colour=colour))


def _with_photo(variant: Variant, by_colour: dict[str, Photo]) -> Variant:
    photo = by_colour.get(variant.options.get(COLOUR, ""))
    return replace(variant, photo=photo.link) if photo else variant
