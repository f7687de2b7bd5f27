"""Where pictures lie: a GridFS bucket, one file per picture, named by product and variant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
    """A picture with what GridFS keeps beside it."""

    name: str
    content: bytes
    content_type: str
    digest: str
    product_id: str
    sku: str | None


async def find_photo(shop: Shop, name: str) -> tuple[str, bytes] | None:
    """Content type and bytes of the newest picture of this name."""
    file = await shop.database[f"{_BUCKET}.files"].find_one(
        {"filename": name}, sort=[("uploadDate", DESCENDING)]
    )
    if file is None:
        return None
    stream = await shop.database.bucket(_BUCKET).open_download_stream(file["_id"])
    return file["metadata"]["content_type"], await stream.read()


async def insert_photos(shop: Shop, photos: Sequence[StoredPhoto], *, at: datetime) -> None:
    """All at once, by the GridFS specification: the driver would ask twice for each.

    The chunks come first, so that a file that can be found is whole.
    """
    files, chunks = [], []
    for photo in photos:
        key = ObjectId()
        files.append(
            {
                "_id": key,
                "filename": photo.name,
                "length": len(photo.content),
                "chunkSize": _CHUNK_BYTES,
                "uploadDate": at,
                "metadata": {
                    "product_id": photo.product_id,
                    "sku": photo.sku,
                    "content_type": photo.content_type,
                    "hash": photo.digest,
                },
            }
        )
        chunks += [
            {"files_id": key, "n": number, "data": photo.content[start : start + _CHUNK_BYTES]}
            for number, start in enumerate(range(0, len(photo.content), _CHUNK_BYTES))
        ]
    if files:
        await shop.database[f"{_BUCKET}.chunks"].insert_many(chunks)
        await shop.database[f"{_BUCKET}.files"].insert_many(files)
