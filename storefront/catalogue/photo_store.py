"""Where pictures lie: a GridFS bucket, named by product; size and format stand beside each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storefront.database import ASCENDING, DESCENDING, IndexModel, ObjectId
from storefront.shop import Shop

_BUCKET = "photos"
# GridFS cuts at 255 KiB so that one document never nears the database's limit.
_CHUNK_BYTES = 255 * 1024

# The names are those that drivers give them, which otherwise would make them once more.
INDEXES = {
    f"{_BUCKET}.files": [
        IndexModel(
            [("filename", ASCENDING), ("uploadDate", ASCENDING)], name="filename_1_uploadDate_1"
        )
    ],
    f"{_BUCKET}.chunks": [
        IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], name="files_id_1_n_1", unique=True)
    ],
}


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """What is kept beside a picture. ``sku`` is None for the product's own.

    ``version`` is the same for all sizes and formats of one upload; ``width`` is None for a
    drawing, which fits every width.
    """

    product_id: str
    sku: str | None
    version: str
    width: int | None
    content_type: str
    digest: str
    uploaded_at: datetime
    key: ObjectId


async def list_photos(shop: Shop, product_id: str) -> list[StoredPhoto]:
    """Every picture of the product and its variants, the newest first."""
    cursor = shop.database[f"{_BUCKET}.files"].find(
        {"filename": product_id}, sort=[("uploadDate", DESCENDING)]
    )
    return [_to_photo(file) for file in await cursor.to_list(None)]


def _to_photo(file: Any) -> StoredPhoto:
    metadata = file["metadata"]
    return StoredPhoto(
        product_id=metadata["product_id"],
        sku=metadata["sku"],
        version=metadata["version"],
        width=metadata["width"],
        content_type=metadata["content_type"],
        digest=metadata["hash"],
        uploaded_at=file["uploadDate"],
        key=file["_id"],
    )


async def read_content(shop: Shop, key: ObjectId) -> bytes | None:
    """The picture itself; None if it was deleted meanwhile."""
    cursor = shop.database[f"{_BUCKET}.chunks"].find({"files_id": key}, sort=[("n", ASCENDING)])
    return b"".join(chunk["data"] for chunk in await cursor.to_list(None)) or None


async def insert_photos(shop: Shop, photos: Sequence[tuple[StoredPhoto, bytes]]) -> None:
    """All at once, by the GridFS specification: the driver would ask twice for each.

    The chunks come first, so that a file that can be found is whole.
    """
    files, chunks = [], []
    for photo, content in photos:
        files.append(
            {
                "_id": photo.key,
                "filename": photo.product_id,
                "length": len(content),
                "chunkSize": _CHUNK_BYTES,
                "uploadDate": photo.uploaded_at,
                "metadata": {
                    "product_id": photo.product_id,
                    "sku": photo.sku,
                    "version": photo.version,
                    "width": photo.width,
                    "content_type": photo.content_type,
                    "hash": photo.digest,
                },
            }
        )
        chunks += [
            {"files_id": photo.key, "n": number, "data": content[start : start + _CHUNK_BYTES]}
            for number, start in enumerate(range(0, len(content), _CHUNK_BYTES))
        ]
    if files:
        await shop.database[f"{_BUCKET}.chunks"].insert_many(chunks)
        await shop.database[f"{_BUCKET}.files"].insert_many(files)


async def delete_photos(shop: Shop, keys: Iterable[ObjectId]) -> None:
    """The files first, so that nothing cut off can be found."""
    wanted = list(keys)
    if wanted:
        await shop.database[f"{_BUCKET}.files"].delete_many({"_id": {"$in": wanted}})
        await shop.database[f"{_BUCKET}.chunks"].delete_many({"files_id": {"$in": wanted}})
