"""Puts a backup into an empty database."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from storefront import migrations
from storefront.backups import file, raw
from storefront.backups.file import BackupRefusedError
from storefront.backups.saving import PASSING
from storefront.database import Database
from storefront.migrations import runner
from storefront.migrations.runner import Indexes
from storefront.shop import Shop


class NotEmptyError(Exception):
    """The database holds something already."""


async def restore(
    shop: Shop,
    path: Path,
    *,
    indexes: Indexes,
    replace: bool,
    checking: Callable[[int], None] = lambda _position: None,
    writing: Callable[[int], None] = lambda _position: None,
) -> int:
    """Make the backup the content of the database; how many documents that are.

    The file is read to its end before anything is written; with ``replace`` what is in the
    database is then thrown away, else NotEmptyError if there is something. A backup of an older
    version is migrated. Should it be interrupted, the shop refuses to run until it is repeated.
    ``checking`` and ``writing`` hear how many bytes of the file were read. BackupRefusedError.
    """
    database = shop.database
    contents = await asyncio.to_thread(file.check, path, checking)
    made, known = contents.header.data_version, migrations.ALL[-1].number
    if made > known:
        raise BackupRefusedError(
            "a newer version of the shop has made it"
            f" (its data is of version {made}, this one knows {known})."
        )
    filled = await filled_collections(database)
    if filled and not replace:
        raise NotEmptyError(", ".join(filled))
    await runner.begin_restoring(database)
    for name in set(await database.collection_names()) - {runner.COLLECTION}:
        await database[name].drop()
    # Before the documents: the embedded engine takes much longer afterwards.
    await database.ensure_indexes(indexes)
    count = 0
    for part in file.read(path, contents, writing):
        if part.documents:
            await raw.insert(database, part.collection, part.documents)
            count += len(part.documents)
    await runner.end_restoring(database, made)
    await runner.run_pending(database, indexes)
    return count


async def filled_collections(database: Database) -> list[str]:
    """The names of collections that hold something which a backup would keep."""
    names = sorted(set(await database.collection_names()) - PASSING)
    return [name for name in names if await database[name].find_one({}, {"_id": 1})]
