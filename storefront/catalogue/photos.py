"""Pictures of products: kept in the database, so that all hosts share them, and in memory.

A product's ``photo`` names a version of its picture (``/images/<id>?v=…``). An address with a
version always shows the same picture, so caches keep it for good, and a page that names the new
version never shows the old one.
"""

import asyncio
import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import brotli

from storefront.catalogue import photo_store, store
from storefront.catalogue.index import ProductIndex
from storefront.catalogue.memory import Recent
from storefront.catalogue.model import Product, image_link, image_version
from storefront.catalogue.photo_store import StoredPhoto
from storefront.database import ObjectId, PyMongoError
from storefront.shop import Shop
from storefront.web.metrics import looked_up

SVG = "image/svg+xml"
_CACHE_BYTES = 64_000_000
_LISTS_REMEMBERED = 5_000
# Longer than any upload takes: what no product names by then was left behind by a crash.
_ABANDONED_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Photo:
    """A picture of a product, or of variants, of which ``sku`` is one. Only the shop's own drawings
    may be SVG.

    ``edition`` is common to all sizes and formats of one upload. ``width`` is in pixels, and None
    for a drawing, which fits every width.
    """

    product_id: str
    sku: str | None
    content_type: str
    content: bytes
    width: int | None = None
    edition: str = ""

    @cached_property
    def digest(self) -> str:
        return hashlib.blake2b(self.content, digest_size=12).hexdigest()

    @cached_property
    def compressed(self) -> bytes | None:
        """With Brotli, for the one format that is not compressed in itself."""
        return brotli.compress(self.content, quality=6) if self.content_type == SVG else None

    @property
    def version(self) -> str:
        return self.edition or self.digest

    @property
    def link(self) -> str:
        """The address that a product's ``photo`` has."""
        return image_link(self.product_id, self.sku, self.version)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which picture of a product somebody asks for. ``content_types`` come best first."""

    sku: str | None = None
    version: str | None = None
    width: int | None = None
    content_types: Sequence[str] = ()


async def find_photo(shop: Shop, product_id: str, wish: Wish) -> Photo | None:
    """The picture of that version; if there is none (any more), the one that is shown now.

    It is the smallest that is as wide as wished, or the largest. Deleted products keep their
    pictures, since orders show them.
    """
    cache = shop.part(PhotoCache)
    stored = cache.list_of(product_id)
    if stored is None or (wish.version and not _of_version(stored, wish.version)):
        # This process may not have heard yet of a picture that another one has stored.
        stored = await photo_store.list_photos(shop, product_id)
        cache.remember_list(product_id, stored)
    named = _of_version(stored, wish.version) if wish.version else []
    chosen = _fitting(named or _shown_now(shop, product_id, wish.sku, stored), wish)
    if chosen is None:
        return None
    known = cache.get(chosen.key)
    if known is not None:
        return known
    content = await photo_store.read_content(shop, chosen.key)
    if content is None:
        return None
    photo = Photo(
        product_id, chosen.sku, chosen.content_type, content, chosen.width, chosen.version
    )
    cache.put(chosen.key, photo)
    return photo


def _of_version(stored: Iterable[StoredPhoto], version: str) -> list[StoredPhoto]:
    return [each for each in stored if each.version == version]


def _shown_now(
    shop: Shop, product_id: str, sku: str | None, stored: Sequence[StoredPhoto]
) -> list[StoredPhoto]:
    """What the product names, the newest where it names none."""
    product = shop.part(ProductIndex).find(product_id)
    variant = product.variant(sku) if product and sku else None
    link = (variant and variant.photo) or (product and product.photo)
    version = image_version(link) if link else None
    if version is None:
        version = next((each.version for each in stored if each.sku == sku), None)
    return _of_version(stored, version) if version else []


def _fitting(stored: Sequence[StoredPhoto], wish: Wish) -> StoredPhoto | None:
    widths = sorted({each.width or 0 for each in stored})
    if not widths:
        return None
    wide_enough = [width for width in widths if wish.width and width >= wish.width]
    width = wide_enough[0] if wide_enough else widths[-1]
    formats = {each.content_type: each for each in stored if (each.width or 0) == width}
    return next(
        (formats[each] for each in wish.content_types if each in formats),
        next(iter(formats.values())),
    )


async def keep_photos(shop: Shop, photos: Collection[Photo]) -> list[ObjectId]:
    """Store pictures, which nothing shows until a product names their version."""
    now = datetime.now(UTC)
    stored = [
        (
            StoredPhoto(
                product_id=photo.product_id,
                sku=photo.sku,
                version=photo.version,
                width=photo.width,
                content_type=photo.content_type,
                digest=photo.digest,
                uploaded_at=now,
                key=ObjectId(),
            ),
            photo.content,
        )
        for photo in photos
    ]
    await photo_store.insert_photos(shop, stored)
    return [each.key for each, _content in stored]


async def discard_photos(shop: Shop, keys: Iterable[ObjectId]) -> None:
    """Delete pictures that nothing shows."""
    await photo_store.delete_photos(shop, keys)


async def tidy_up(shop: Shop, product: Product, *, before: Product) -> None:
    """Delete the pictures that ``before`` named and ``product`` names no more.

    What a crash left behind goes too, once it is too old to be of an upload that still runs.
    """
    used, replaced = _versions(product), _versions(before)
    if None in used:
        return  # A link without a version shows the newest: whichever that is.
    abandoned = datetime.now(UTC) - _ABANDONED_AFTER
    stored = await photo_store.list_photos(shop, product.id)
    await photo_store.delete_photos(
        shop,
        [
            each.key
            for each in stored
            if each.version not in used
            and (each.version in replaced or each.uploaded_at < abandoned)
        ],
    )


def _versions(product: Product) -> set[str | None]:
    links = {product.photo, *(variant.photo for variant in product.variants)}
    return {image_version(link) for link in links if link and link.startswith("/")}


class PhotoCache:
    """The pictures shown last, so many bytes of them, and which ones there are of a product.

    It follows the change feed of the stored pictures.
    """

    def __init__(self, most_bytes: int = _CACHE_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._photos: OrderedDict[ObjectId, Photo] = OrderedDict()
        self._lists: Recent[list[StoredPhoto]] = Recent(_LISTS_REMEMBERED)

    def list_of(self, product_id: str) -> list[StoredPhoto] | None:
        return self._lists.get(product_id)

    def remember_list(self, product_id: str, stored: list[StoredPhoto]) -> None:
        self._lists.put(product_id, stored)

    def get(self, key: ObjectId) -> Photo | None:
        photo = self._photos.get(key)
        looked_up("photos", hit=photo is not None)
        if photo:
            self._photos.move_to_end(key)
        return photo

    def put(self, key: ObjectId, photo: Photo) -> None:
        self._forget(key)
        self._photos[key] = photo
        self._bytes += len(photo.content)
        while self._bytes > self._most_bytes:
            self._forget(next(iter(self._photos)))

    def _forget(self, key: ObjectId) -> None:
        photo = self._photos.pop(key, None)
        if photo:
            self._bytes -= len(photo.content)

    async def reload(self) -> None:
        self._photos.clear()
        self._lists.clear()
        self._bytes = 0

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:
        if document is None:
            self._forget(key)
            self._lists.clear()
        else:
            self._lists.forget(document["filename"])


class PhotoSweep:
    """Deletes the pictures of products that the database has forgotten for good."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._gone: asyncio.Queue[str] = asyncio.Queue()

    async def reload(self) -> None:
        """There is nothing to read: only what is deleted matters."""

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:
        if document is None:
            self._gone.put_nowait(str(key))

    async def run(self) -> None:
        """Sweep until cancelled, apart from the feed, which others wait for."""
        while True:
            product_id = await self._gone.get()
            with contextlib.suppress(PyMongoError):
                if await store.list_products(self._shop, [product_id]):
                    continue  # It has come back, as by an import.
                stored = await photo_store.list_photos(self._shop, product_id)
                await photo_store.delete_photos(self._shop, [each.key for each in stored])
