"""Photos that staff send: checked, made small, stored, and only then shown."""

import asyncio
import secrets
from collections.abc import Collection

from storefront.catalogue import editing, photos, renditions, service
from storefront.catalogue.model import Product
from storefront.catalogue.photos import Photo
from storefront.catalogue.renditions import Rendition
from storefront.errors import PreconditionFailedError
from storefront.shop import Shop


class Darkroom:
    """Where photos are developed: on a thread, one at a time.

    A photo of the largest size takes some 800 MB for a second, so that two at once might take
    down a small machine.
    """

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(1)

    async def develop(self, upload: bytes) -> list[Rendition]:
        """See `renditions.make_renditions`."""
        async with self._room:
            return await asyncio.to_thread(renditions.make_renditions, upload)


async def check_place(
    shop: Shop, product_id: str, *, skus: Collection[str], versions: Collection[int] | None
) -> Product:
    """The product that a photo is meant for, as it is now.

    ProductNotFoundError; NotFoundError without such a variant; PreconditionFailedError.
    """
    product = await service.get_stored_product(shop, product_id)
    editing.with_photo(product, skus, "")
    if versions is not None and product.version not in versions:
        raise PreconditionFailedError
    return product


async def replace_photo(
    shop: Shop,
    before: Product,
    upload: bytes,
    *,
    skus: Collection[str],
    by: str,
    versions: Collection[int] | None = None,
) -> Product:
    """Show ``upload`` as the photo of the product ``before``, or of these variants.

    Raises as `renditions.make_renditions` and `service.set_photo`.
    """
    developed = await develop(shop, upload)
    return await show_developed(shop, before, developed, skus=skus, by=by, versions=versions)


async def develop(shop: Shop, upload: bytes) -> list[Rendition]:
    """What the shop will show of ``upload``; raises as `renditions.make_renditions`."""
    return await shop.part(Darkroom).develop(upload)


async def show_developed(
    shop: Shop,
    before: Product,
    developed: Collection[Rendition],
    *,
    skus: Collection[str],
    by: str,
    versions: Collection[int] | None = None,
) -> Product:
    """As `replace_photo`, for what `develop` made.

    The new files are stored first, then one write lets the product name them, then the old ones
    go. A crash in between leaves files that nothing names, for the next upload to remove.
    """
    edition = secrets.token_hex(6)
    pictures = [
        Photo(
            before.id, min(skus, default=None), each.content_type, each.content, each.width, edition
        )
        for each in developed
    ]
    keys = await photos.keep_photos(shop, pictures)
    try:
        product = await service.set_photo(
            shop, before.id, pictures[0].link, skus=skus, by=by, versions=versions
        )
    except Exception:
        await photos.discard_photos(shop, keys)
        raise
    await photos.tidy_up(shop, product, before=before)
    return product
