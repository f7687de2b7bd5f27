"""Pictures of products: kept in the database, so that all hosts share them, and in memory."""

import hashlib
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import brotli

from storefront.catalogue import photo_store
from storefront.shop import Shop

SVG = "image/svg+xml"
_CACHE_BYTES = 64_000_000


@dataclass(frozen=True)
class Photo:
    """A picture of a product, or of one variant. Only the shop's own drawings may be SVG."""

    product_id: str
    sku: str | None
    content_type: str
    content: bytes

    @property
    def name(self) -> str:
        return photo_name(self.product_id, self.sku)

    @cached_property
    def digest(self) -> str:
        return hashlib.blake2b(self.content, digest_size=12).hexdigest()

    @cached_property
    def compressed(self) -> bytes | None:
        """With Brotli, for the one format that is not compressed in itself."""
        return brotli.compress(self.content, quality=6) if self.content_type == SVG else None

    @property
    def link(self) -> str:
        """The address that a product's ``photo`` has."""
        return f"/images/{self.product_id}" + (f"?sku={self.sku}" if self.sku else "")


def photo_name(product_id: str, sku: str | None) -> str:
    return f"{product_id}/{sku}" if sku else product_id


async def find_photo(shop: Shop, product_id: str, sku: str | None) -> Photo | None:
    """The newest picture of the product, or of its variant. Products deleted keep theirs:
    orders show them."""
    cache = shop.part(PhotoCache)
    known = cache.get(photo_name(product_id, sku))
    if known is not None:
        return known
    stored = await photo_store.find_photo(shop, photo_name(product_id, sku))
    if stored is None:
        return None
    content_type, content = stored
    photo = Photo(product_id, sku, content_type, content)
    cache.put(photo)
    return photo


async def keep_photos(shop: Shop, photos: Collection[Photo]) -> None:
    """Store pictures; one of the same product and variant is the newer one from now on."""
    await photo_store.insert_photos(
        shop,
        [
            photo_store.StoredPhoto(
                name=photo.name,
                content=photo.content,
                content_type=photo.content_type,
                digest=photo.digest,
                product_id=photo.product_id,
                sku=photo.sku,
            )
            for photo in photos
        ],
        at=datetime.now(UTC),
    )


class PhotoCache:
    """The pictures shown last, so many bytes of them; follows the change feed."""

    def __init__(self, most_bytes: int = _CACHE_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._photos: OrderedDict[str, Photo] = OrderedDict()

    def get(self, name: str) -> Photo | None:
        photo = self._photos.get(name)
        if photo:
            self._photos.move_to_end(name)
        return photo

    def put(self, photo: Photo) -> None:
        self._forget(photo.name)
        self._photos[photo.name] = photo
        self._bytes += len(photo.content)
        while self._bytes > self._most_bytes:
            self._forget(next(iter(self._photos)))

    def _forget(self, name: str) -> None:
        photo = self._photos.pop(name, None)
        if photo:
            self._bytes -= len(photo.content)

    async def reload(self) -> None:
        self._photos.clear()
        self._bytes = 0

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:  # noqa: ARG002  (a feed's subscriber)
        if document is None:
            await self.reload()
        else:
            self._forget(document["filename"])
