"""The only place that knows Motor: client, indexes, transactions and the change feed.

The same calls run on MongoDB (a replica set) and on the embedded SecantusDB.
"""

import asyncio
import contextlib
import logging
import os
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar

# Motor runs each call on a thread, and a change feed holds one for good: its default of five
# threads per core starves. It reads the variable once, when it is imported.
os.environ.setdefault("MOTOR_MAX_WORKERS", "64")

from bson import ObjectId
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorGridFSBucket,
)
from pymongo import (
    ASCENDING,
    DESCENDING,
    IndexModel,
    InsertOne,
    ReplaceOne,
    UpdateOne,
)
from pymongo import timeout as time_limit
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
)

from storefront.transactions import ContentionError, Transactions

__all__ = [
    "ASCENDING",
    "DESCENDING",
    "UNAVAILABLE",
    "BulkWriteError",
    "ChangeFeed",
    "Collection",
    "Database",
    "DatabaseUnreachableError",
    "DuplicateKeyError",
    "IndexModel",
    "InsertOne",
    "ObjectId",
    "PyMongoError",
    "ReplaceOne",
    "Subscriber",
    "Transaction",
    "UpdateOne",
    "connect",
    "limit_time",
    "object_id",
]

log = logging.getLogger(__name__)

Collection = AsyncIOMotorCollection
Transaction = AsyncIOMotorClientSession
Document = Mapping[str, Any]
Result = TypeVar("Result")

# What PyMongo raises when the database cannot answer now, though the request may be fine.
UNAVAILABLE: tuple[type[PyMongoError], ...] = (
    ConnectionFailure,
    WaitQueueTimeoutError,
    ExecutionTimeout,
    ContentionError,
)

_SHORTEST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_CATCHING_UP_SECONDS = 1.0
# After changes: what comes meanwhile is fetched at once, not each change by itself.
_GATHERING_SECONDS = 0.04
_MOST_IN_A_ROW = 50
_INDEX_NOT_FOUND = 27
LONGEST_INDEX_BUILD_SECONDS = 6 * 3_600
_SERVER_SELECTION_MS = 3_000


class DatabaseUnreachableError(Exception):
    """The database did not answer at the start; the message is for the person who starts it."""


def limit_time(seconds: float) -> None:
    """From now on, in this task: whatever asks the database fails when the time has passed."""
    time_limit(seconds).__enter__()


def object_id(text: object) -> ObjectId | None:
    """The ObjectId written as 24 lower-case hex digits, or None for anything else."""
    if isinstance(text, str) and re.fullmatch(r"[0-9a-f]{24}", text):
        return ObjectId(text)
    return None


class Database:
    """A connection to the shop's database. One per process; `connect` makes it."""

    def __init__(self, url: str, name: str) -> None:
        self._client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(
            url,
            serverSelectionTimeoutMS=_SERVER_SELECTION_MS,
            connectTimeoutMS=5_000,
            socketTimeoutMS=30_000,
            waitQueueTimeoutMS=5_000,
            maxPoolSize=50,
            maxIdleTimeMS=240_000,
            tz_aware=True,
            uuidRepresentation="standard",
            w="majority",
            journal=True,
            # What somebody was shown is not undone by a failover.
            readConcernLevel="majority",
            appname="storefront",
        )
        self._database = self._client[name]
        self._collections: dict[str, Collection[Any]] = {}
        # Whether it does so by itself, without holding up everybody; see `expiry`.
        self.deletes_expired = True
        self._transactions = Transactions(self._client, self._database)

    def __getitem__(self, collection: str) -> Collection[Any]:
        known = self._collections.get(collection)
        if known is None:  # The driver would make it anew each time.
            known = self._collections[collection] = self._database[collection]
        return known

    def bucket(self, name: str) -> AsyncIOMotorGridFSBucket:
        """Files of any size, shared by all hosts."""
        return AsyncIOMotorGridFSBucket(self._database, bucket_name=name)

    @property
    def is_reachable(self) -> bool:
        """Whether the driver knows a server that answers, by what it heard last; asks nobody."""
        return bool(self._client.nodes)

    async def ping(self) -> None:
        """One round trip; raises one of `UNAVAILABLE` when the database does not answer."""
        await self._client.admin.command("ping")

    async def recognise(self) -> None:
        """Find out what kind of database answers; raises as `ping`."""
        about = await self._client.admin.command("buildInfo")
        self.deletes_expired = "secantusVersion" not in about

    async def ensure_indexes(self, declared: Mapping[str, Sequence[IndexModel]]) -> None:
        """Create the declared indexes where they are missing; safe in several processes at once.

        On a large collection this takes longer than the limit of other commands.
        """
        for collection, indexes in declared.items():
            wanted = [self._suited(index) for index in indexes]
            present = await self[collection].index_information()
            with time_limit(LONGEST_INDEX_BUILD_SECONDS):
                for index in wanted:
                    name = index.document["name"]
                    if name in present and not _expires_alike(present[name], index):
                        await self._drop_index(collection, name)
                await self[collection].create_indexes(wanted)

    async def missing_indexes(
        self, declared: Mapping[str, Sequence[IndexModel]]
    ) -> list[tuple[str, str]]:
        """The declared indexes that the database lacks, as (collection, index name)."""
        missing = []
        for collection, indexes in declared.items():
            present = await self[collection].index_information()
            missing += [
                (collection, index.document["name"])
                for index in map(self._suited, indexes)
                if not _expires_alike(present.get(index.document["name"]), index)
            ]
        return missing

    def _suited(self, index: IndexModel) -> IndexModel:
        """The index as this database shall have it."""
        if self.deletes_expired:
            return index
        options = {**index.document}
        options.pop("expireAfterSeconds", None)
        return IndexModel(options.pop("key"), **options)

    async def _drop_index(self, collection: str, name: str) -> None:
        try:
            await self[collection].drop_index(name)
        except OperationFailure as error:
            if error.code != _INDEX_NOT_FOUND:  # As when another process was first.
                raise

    async def in_transaction(
        self, work: Callable[[Transaction], Coroutine[Any, Any, Result]]
    ) -> Result:
        """Run ``work`` whole or not at all, again when another writer was in the way.

        ``work`` may run several times, so it must have no effect besides the database. One
        transaction at a time per process: those that meet cost each other many retries, while
        those that queue cost nothing. It goes on to its end when who asked for it has gone.
        """
        return await self._transactions.run(work)

    async def end_abandoned_transactions(self) -> None:
        """Free what processes of this host hold that were killed in mid transaction."""
        await self._transactions.end_abandoned()

    async def expire_abandoned_transactions(self) -> None:
        """Run for ever: as `end_abandoned_transactions`, and what dead hosts hold, in time."""
        await self._transactions.expire_abandoned()

    @contextlib.asynccontextmanager
    async def changes(
        self,
        collections: Sequence[str] | None,
        resume_after: Document | None,
        *,
        whole_documents: bool = True,
    ) -> AsyncIterator[Any]:
        """The change stream of ``collections`` (None: of all), with whole documents on updates."""
        wanted = [{"$match": {"ns.coll": {"$in": list(collections)}}}] if collections else []
        async with self._database.watch(
            wanted,
            full_document="updateLookup" if whole_documents else None,
            resume_after=resume_after,
            max_await_time_ms=500,
        ) as stream:
            yield stream

    async def collection_names(self) -> list[str]:
        """The shop's collections, without the database's own."""
        names = await self._database.list_collection_names()
        return [name for name in names if not name.startswith("system.")]

    async def drop(self) -> None:
        """Delete the whole database."""
        await self._client.drop_database(self._database.name)

    def close(self) -> None:
        self._client.close()


def _expires_alike(present: Mapping[str, Any] | None, wanted: IndexModel) -> bool:
    """False also where there is no such index yet."""
    if present is None:
        return False
    return bool(present.get("expireAfterSeconds") == wanted.document.get("expireAfterSeconds"))


async def connect(url: str, name: str) -> Database:
    """Open the database and wait for its first answer, or raise `DatabaseUnreachableError`."""
    try:
        database = Database(url, name)
        await database.recognise()
        # First of all: building indexes would wait for the locks of who was killed.
        await database.end_abandoned_transactions()
    except (PyMongoError, ValueError) as error:
        # What follows is the driver's whole view of the servers.
        raise DatabaseUnreachableError(str(error).partition(", Timeout: ")[0]) from error
    return database


class Subscriber(Protocol):
    """What a read model or a cache does when the database changes under it."""

    async def reload(self) -> None:
        """Forget, or read again, everything."""

    async def changed(self, key: Any, document: Document | None) -> None:
        """``document`` is the newest state, None when it was deleted."""


class ChangeFeed:
    """Tells one process of the changes that every process makes, by one change stream.

    A subscriber hears of each change in the order of commit. When changes may have been missed
    (at the start, and when the stream could not be resumed) its ``reload`` is called instead.
    ``is_live`` is false while the stream is down: caches are then not to be trusted.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscribers: dict[str, list[Subscriber]] = {}
        self._resume_after: Document | None = None
        self._task: asyncio.Task[None] | None = None
        self.is_live = False

    def subscribe(self, collection: str, subscriber: Subscriber) -> None:
        """Call before `start`."""
        self._subscribers.setdefault(collection, []).append(subscriber)

    async def start(self) -> None:
        """Open the stream, then load every subscriber, so that nothing falls in between."""
        opened = asyncio.Event()
        self._task = asyncio.create_task(self._follow_for_ever(opened))
        waiting = asyncio.create_task(opened.wait())
        await asyncio.wait({self._task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            waiting.cancel()
            self._task.result()

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _follow_for_ever(self, opened: asyncio.Event) -> None:
        pause = _SHORTEST_PAUSE_SECONDS
        while True:
            try:
                await self._follow(opened)
            except Exception as error:
                if not opened.is_set() and not isinstance(error, PyMongoError):
                    raise  # At the start the person who starts it shall see why.
                if self.is_live:
                    pause = _SHORTEST_PAUSE_SECONDS
                self.is_live = False
                if not isinstance(error, UNAVAILABLE):
                    # What came since is lost to the stream (its token is too old or unknown), or
                    # was lost by a subscriber: all of them read everything anew.
                    self._resume_after = None
                log.warning("change feed interrupted, again in %.1f s: %r", pause, error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _follow(self, opened: asyncio.Event) -> None:
        async with self._database.changes(tuple(self._subscribers), self._resume_after) as stream:
            caught_up_at = asyncio.get_running_loop().time() + _CATCHING_UP_SECONDS
            if self._resume_after is None:
                # The first look opens the cursor; what is loaded afterwards cannot be older.
                first = await stream.try_next()
                for subscribers in self._subscribers.values():
                    for subscriber in subscribers:
                        await subscriber.reload()
                if first is not None:
                    await self._deliver(first)
                self.is_live = True
            opened.set()
            while stream.alive:
                change = await stream.try_next()
                if change is not None:
                    await self._deliver(change)
                    self._resume_after = stream.resume_token
                    await self._deliver_what_came_along(stream)
                if change is None or asyncio.get_running_loop().time() > caught_up_at:
                    self.is_live = True  # Nothing of the time before it broke is waiting any more.
                self._resume_after = stream.resume_token
                if change is not None:
                    await asyncio.sleep(_GATHERING_SECONDS)

    async def _deliver_what_came_along(self, stream: Any) -> None:
        """Changes that the driver has at hand, for which it needs no thread."""
        delivered = 0
        # Not public, but the driver's own way to ask whether a change stream has to be read on.
        while stream.alive and stream.delegate._cursor._has_next():  # noqa: SLF001
            change = stream.delegate.try_next()
            if change is not None:
                await self._deliver(change)
                self._resume_after = stream.resume_token
            delivered += 1
            if delivered % _MOST_IN_A_ROW == 0:
                await asyncio.sleep(0)  # Sockets send what they got, before their queues are full.

    async def _deliver(self, change: Mapping[str, Any]) -> None:
        if "documentKey" not in change:
            # A collection was dropped or renamed: nothing of it can be trusted.
            for subscribers in self._subscribers.values():
                for subscriber in subscribers:
                    await subscriber.reload()
            return
        for subscriber in self._subscribers.get(change["ns"]["coll"], ()):
            try:
                await subscriber.changed(change["documentKey"]["_id"], change.get("fullDocument"))
            except PyMongoError:
                raise
            except Exception:
                log.exception("a change of %s was not understood: all is read anew", change["ns"])
                await subscriber.reload()
