"""Runs migrations one after the other, one runner at a time, and remembers what was done.

The collection ``migrations`` has a document for each migration that is done, under its number,
and one under "lease" that names who is running them. A runner that dies lets its lease run out;
the next begins the unfinished migration again.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storefront import migrations
from storefront.database import Database, DuplicateKeyError, IndexModel
from storefront.migrations.model import Migration, Progress

LEASE = timedelta(seconds=60)
_RENEWED_EVERY_SECONDS = 15
_LOOKED_FOR_SECONDS = 1.0
COLLECTION = "migrations"
_RESTORING = "restoring"
_FILLED = ("users", "products", "orders")

Indexes = Mapping[str, Sequence[IndexModel]]


class UnusableDataError(Exception):
    """This version must not run on the data; the message is for the person who starts it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: migrations in their order, then indexes as (collection, name)."""

    migrations: tuple[Migration, ...]
    indexes: tuple[tuple[str, str], ...]

    def __bool__(self) -> bool:
        return bool(self.migrations or self.indexes)


async def refuse_unusable(database: Database) -> None:
    """UnusableDataError when a newer version has changed the data, or half of it is missing."""
    if await database[COLLECTION].find_one({"_id": _RESTORING}):
        raise UnusableDataError(
            "A backup is being restored, or that was interrupted: run storefront restore again."
        )
    newest, known = await version(database), migrations.ALL[-1].number
    if newest > known:
        raise UnusableDataError(
            f"The data is newer than this version of the shop: migration {newest} was made, and"
            f" this version knows those up to {known}. Install the newer version."
        )


async def version(database: Database) -> int:
    """The number of the last migration that was made; 0 for none."""
    return max(await _done(database), default=0)


async def begin_restoring(database: Database) -> None:
    """Let nobody use the data until `end_restoring`."""
    await database[COLLECTION].update_one(
        {"_id": _RESTORING}, {"$set": {"at": datetime.now(UTC), "by": _name()}}, upsert=True
    )


async def end_restoring(database: Database, data_version: int) -> None:
    """The data is complete, and as it was after the migration ``data_version``."""
    await database[COLLECTION].delete_many({"_id": {"$nin": ["lease", _RESTORING]}})
    for migration in migrations.ALL[:data_version]:
        await _note(database, migration)
    await database[COLLECTION].delete_one({"_id": _RESTORING})


async def find_pending(database: Database, indexes: Indexes, *, again: bool = False) -> Plan:
    """What has not been done yet; ``again`` plans all migrations, also those that are done.

    An empty database needs none: what this version writes is of its own making.
    """
    await refuse_unusable(database)
    done = await _done(database)
    missing = tuple(await database.missing_indexes(indexes))
    if not done and await _is_empty(database):
        return Plan((), missing)
    return Plan(tuple(each for each in migrations.ALL if again or each.number not in done), missing)


async def is_new(database: Database) -> bool:
    """Whether nobody has used the database yet: all may be made without asking."""
    return not await _done(database) and await _is_empty(database)


async def run_pending(
    database: Database,
    indexes: Indexes,
    *,
    again: bool = False,
    started: Callable[[str], None] = lambda _what: None,
    progress: Progress = lambda _count: None,
) -> Plan:
    """Do what is pending and return it; waits while somebody else does.

    Indexes come first, since migrations may rely on them. Running it again does nothing more.
    """
    async with _lease(database):
        plan = await find_pending(database, indexes, again=again)
        if plan.indexes:
            started(f"indexes: {len(plan.indexes)} to make")
        await database.ensure_indexes(indexes)
        for migration in plan.migrations:
            started(f"{migration.number}: {migration.what}")
            await migration.run(database, progress)
            await _note(database, migration)
        if not await _done(database):
            for migration in migrations.ALL:
                await _note(database, migration)
    return plan


async def _done(database: Database) -> set[int]:
    found = database[COLLECTION].find({}, {"_id": 1})
    return {each["_id"] async for each in found if isinstance(each["_id"], int)}


async def _is_empty(database: Database) -> bool:
    for name in _FILLED:
        if await database[name].find_one({}, {"_id": 1}):
            return False
    return True


async def _note(database: Database, migration: Migration) -> None:
    await database[COLLECTION].update_one(
        {"_id": migration.number},
        {"$set": {"what": migration.what, "at": datetime.now(UTC), "by": _name()}},
        upsert=True,
    )


def _name() -> str:
    return f"{socket.gethostname()}, process {os.getpid()}"


@contextlib.asynccontextmanager
async def _lease(database: Database) -> AsyncIterator[None]:
    """Hold the lease; wait for it while another runner has it."""
    name = _name()
    while not await _take(database, name):  # noqa: ASYNC110  (it is given back elsewhere)
        await asyncio.sleep(_LOOKED_FOR_SECONDS)
    keeping = asyncio.create_task(_keep(database, name))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await database[COLLECTION].delete_one({"_id": "lease", "by": name})


async def _take(database: Database, name: str) -> bool:
    now = datetime.now(UTC)
    try:
        await database[COLLECTION].update_one(
            {"_id": "lease", "until": {"$lt": now}},
            {"$set": {"by": name, "until": now + LEASE}},
            upsert=True,
        )
    except DuplicateKeyError:  # Somebody has it, and it has not run out.
        return False
    return True


async def _keep(database: Database, name: str) -> None:
    while True:
        await asyncio.sleep(_RENEWED_EVERY_SECONDS)
        await database[COLLECTION].update_one(
            {"_id": "lease", "by": name}, {"$set": {"until": datetime.now(UTC) + LEASE}}
        )
