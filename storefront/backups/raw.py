"""Documents as the database sends them, which nobody needs to understand to keep them.

Beside `storefront.database` the only module that knows the driver.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from bson import decode as decode_bson
from bson import encode
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument

from storefront.database import Collection, Database, Transaction

__all__ = ["BSONError", "Raw", "decode", "encode", "insert", "key_of", "read", "stream"]

Raw = RawBSONDocument
_RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
MOST_DOCUMENTS = 1_000
_MOST_BYTES = 4 * 1024 * 1024


def decode(data: bytes) -> Mapping[str, Any]:
    """The document whose BSON this is, with raw documents inside; BSONError."""
    return decode_bson(data, codec_options=_RAW)


def key_of(id_: Any) -> bytes:
    """A document's ``_id`` as something that can be compared, whatever it is."""
    return encode({"_id": id_})


def _raw(database: Database, name: str) -> Collection[Any]:
    return database[name].with_options(codec_options=_RAW)


async def stream(database: Database, name: str) -> AsyncIterator[list[Raw]]:
    """All documents of a collection, a few megabytes at a time."""
    batch: list[Raw] = []
    size = 0
    async for document in _raw(database, name).find({}):
        batch.append(document)
        size += len(document.raw)
        if len(batch) == MOST_DOCUMENTS or size > _MOST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


async def read(
    database: Database, name: str, ids: Sequence[Any], transaction: Transaction
) -> list[Raw]:
    """Those of the documents that exist."""
    found = _raw(database, name).find({"_id": {"$in": list(ids)}}, session=transaction)
    return [document async for document in found]


async def insert(database: Database, name: str, documents: Sequence[Raw]) -> None:
    """Add the documents, of which none may be there."""
    await _raw(database, name).insert_many(documents, ordered=False)
