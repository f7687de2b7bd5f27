"""Export of the catalogue: streamed, a batch of products in memory at a time."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Any

from storefront.catalogue import bulk_store, service
from storefront.catalogue.model import Product, unversioned
from storefront.catalogue.transfer_formats import format_of
from storefront.shop import Shop

_BATCH = 500
_ID_BYTES = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def export_products(
    shop: Shop, path: Path, *, started: Callable[[int], None], progress: Callable[[int], None]
) -> int:
    """Write all products on sale to ``path``, the oldest first; returns how many.

    ``started`` hears how many there are, ``progress`` how many one step wrote. The file takes the
    place of an older one only when it is complete. FileRefusedError for an unknown suffix.
    """
    format_ = format_of(path)
    places, options = await _places(shop)
    started(len(places))
    languages = shop.settings.shop.locales[1:]
    header, lines_of = format_.writer(options, languages)
    unfinished = path.with_name(f"{path.name}.unfinished")
    written = 0
    with unfinished.open("wb") as file:
        file.write(header)
        async for products in _in_order(shop, places):
            file.writelines(lines_of(_content(product, languages)) for product in products)
            written += len(products)
            progress(len(products))
    unfinished.replace(path)
    return written


async def _places(shop: Shop) -> tuple[list[bytes], list[str]]:
    """All products in order, as few bytes each; and the names of all options, as they come.

    The database could not sort a large catalogue by itself.
    """
    places: list[bytes] = []
    first_at: dict[tuple[str, ...], bytes] = {}
    async for product_id, made, options in bulk_store.stream_keys(shop):
        milliseconds = (made - _EPOCH) // timedelta(milliseconds=1)
        place = milliseconds.to_bytes(8, "big") + bytes.fromhex(product_id)
        places.append(place)
        first_at[options] = min(place, first_at.get(options, place))
    in_order = sorted(first_at, key=lambda options: first_at[options])
    return sorted(places), _merged(in_order)


def _merged(every: Sequence[Sequence[str]]) -> list[str]:
    """The names in an order that suits each of ``every``; if there is none, as they come."""
    before: dict[str, list[str]] = {name: [] for names in every for name in names}
    for names in every:
        for first, second in pairwise(names):
            before[second].append(first)
    try:
        return list(TopologicalSorter(before).static_order())
    except CycleError:
        return list(before)


async def _in_order(shop: Shop, places: Sequence[bytes]) -> AsyncIterator[list[Product]]:
    for start in range(0, len(places), _BATCH):
        ids = [place[-_ID_BYTES:].hex() for place in places[start : start + _BATCH]]
        found = await service.get_stored_products(shop, ids)
        yield [found[each] for each in ids if each in found]


def _content(product: Product, languages: Sequence[str]) -> dict[str, Any]:
    """The product in the shape that the API takes, and its id."""
    return {
        "id": product.id,
        "name": product.name,
        "description": product.description,
        "category": product.category,
        "photo": unversioned(product.photo),
        "variants": [
            {
                "sku": variant.sku,
                "options": dict(variant.options),
                "unit_price": variant.unit_price,
                "stock": variant.stock,
                "photo": unversioned(variant.photo),
            }
            for variant in product.variants
        ],
        "translations": {
            language: {
                "name": product.translations[language].name,
                "description": product.translations[language].description,
            }
            for language in languages
            if language in product.translations
        },
    }
