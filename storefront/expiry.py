"""Deletes what has expired, in place of an embedded database.

MongoDB looks up what has expired in the index that says so. The embedded one reads every document
of the collection instead, each minute, and lets nobody else read or write meanwhile: 3 s for
100,000 products. So there the indexes are plain ones, and each worker deletes by them.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from storefront.database import Database, IndexModel, PyMongoError

EVERY_SECONDS = 60.0


async def keep_deleting_expired(
    database: Database, indexes: Mapping[str, Sequence[IndexModel]]
) -> None:
    """Run for ever, as often as MongoDB does it."""
    while True:
        with contextlib.suppress(PyMongoError):  # It is tried again in a minute.
            await delete_expired(database, indexes)
        await asyncio.sleep(EVERY_SECONDS)


async def delete_expired(database: Database, indexes: Mapping[str, Sequence[IndexModel]]) -> None:
    """Delete what is older than the ``expireAfterSeconds`` of its index allows.

    Several may do it at once: each document goes once.
    """
    now = datetime.now(UTC)
    for collection, declared in indexes.items():
        for index in (each.document for each in declared):
            if "expireAfterSeconds" in index:
                (field,) = index["key"]
                oldest = now - timedelta(seconds=index["expireAfterSeconds"])
                await database[collection].delete_many({field: {"$lt": oldest}})
