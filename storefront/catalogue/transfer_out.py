"""Export of the catalogue: streamed, a batch of products in memory at a time."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from storefront.catalogue import bulk_store, store
from storefront.catalogue.model import Product, unversioned
from storefront.catalogue.transfer_formats import format_of
from storefront.shop import Shop

_OFFSET_BYTES = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def export_products(
    shop: Shop, path: Path, *, started: Callable[[int], None], progress: Callable[[int], None]
) -> int:
    """Write all products on sale to ``path``, the oldest first; returns how many.

    ``started`` hears roughly how many there are, ``progress`` how many one step read. The file
    takes the place of an older one only when it is complete. FileRefusedError for an unknown
    suffix.

    The database reads a large catalogue fast only in its own order, so the products lie in a
    temporary file until all are there.
    """
    format_ = format_of(path)
    started(await bulk_store.count_roughly(shop))
    languages = shop.settings.shop.locales[1:]
    unfinished = path.with_name(f"{path.name}.unfinished")
    with TemporaryFile(dir=path.parent) as spool:
        read = await _read_all(shop, spool, languages, progress)
        header, lines_of = format_.writer(_merged(read.options()), languages)
        try:
            with unfinished.open("wb") as file:
                file.write(header)
                file.writelines(lines_of(json.loads(line)) for line in read.in_order(spool))
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    return len(read.places)


@dataclass(slots=True)
class _Read:
    """Where each product lies in the temporary file, and which options there are.

    A place is some bytes that sort by age and end in an offset.
    """

    places: list[bytes] = field(default_factory=list)
    first_with: dict[tuple[str, ...], bytes] = field(default_factory=dict)

    def add(self, product: Product, offset: int) -> None:
        milliseconds = (product.created_at - _EPOCH) // timedelta(milliseconds=1)
        age = milliseconds.to_bytes(8, "big") + bytes.fromhex(product.id)
        self.places.append(age + offset.to_bytes(_OFFSET_BYTES, "big"))
        options = tuple(product.option_values())
        self.first_with[options] = min(age, self.first_with.get(options, age))

    def options(self) -> list[tuple[str, ...]]:
        """The options that products have, in the order in which they come."""
        return sorted(self.first_with, key=lambda options: self.first_with[options])

    def in_order(self, spool: IO[bytes]) -> Iterator[bytes]:
        for place in sorted(self.places):
            spool.seek(int.from_bytes(place[-_OFFSET_BYTES:], "big"))
            yield spool.readline()


async def _read_all(
    shop: Shop, spool: IO[bytes], languages: Sequence[str], progress: Callable[[int], None]
) -> _Read:
    read = _Read()
    offset = 0
    async for products in store.stream_products(shop):
        for product in products:
            if product.deleted_at is None:
                read.add(product, offset)
                line = json.dumps(_content(product, languages)).encode() + b"\n"
                offset += spool.write(line)
        progress(len(products))
    return read


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
