"""Makes a backup while the shop goes on.

Reading everything takes longer than a server keeps one view of its data (a minute in a
transaction). So the collections are read as they are, while a change stream tells what changes
meanwhile. Then a short transaction takes a view of one moment, and what has changed since the
beginning is read again in that view. Together this is exactly the database at that moment: no
order without its stock taken, no answer without its question.
"""

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from storefront.backups import raw
from storefront.backups.file import Header, Part, Writer
from storefront.database import Database, Transaction
from storefront.migrations import runner
from storefront.shop import Shop

# Counts, locks and sign-ins of the moment: who restores an old state must not open sessions
# again that were ended since, nor links that were used up.
PASSING = frozenset(
    {"heartbeat", "limits", "migrations", "password_resets", "presence", "processes", "sessions"}
)
_MARKS = "heartbeat"
_AT_ONCE = 200
_PATIENCE_SECONDS = 30


class BackupFailedError(Exception):
    """There is no backup; the message is for the person at the terminal."""


async def save(
    shop: Shop,
    path: Path,
    *,
    started: Callable[[int], None] = lambda _count: None,
    progress: Callable[[int], None] = lambda _count: None,
) -> dict[str, int]:
    """Write the whole database to ``path``; how many documents of which collection.

    ``started`` hears roughly how many there are, ``progress`` how many were written since it
    heard last. BackupFailedError, OSError.
    """
    database = shop.database
    header = Header(
        data_version=await runner.version(database),
        made_at=datetime.now(UTC),
        shop=shop.settings.shop.name,
    )
    names = sorted(set(await database.collection_names()) - PASSING)
    started(sum([await database[name].estimated_document_count() for name in names]))
    changes, writer = _Changes(database), Writer(path, header)
    try:
        await changes.open()
        for name in names:
            async for documents in raw.stream(database, name):
                await asyncio.to_thread(writer.write, Part(name, documents))
                progress(len(documents))
        await _write_changes(database, changes, writer)
        return await asyncio.to_thread(writer.finish)
    finally:
        writer.give_up()
        await changes.close()


class _Changes:
    """The ids of what has changed since the stream was opened, by collection."""

    def __init__(self, database: Database) -> None:
        self.ids: dict[str, dict[bytes, Any]] = {}
        self._database = database
        self._opened = asyncio.Event()
        self._mark: str | None = None
        self._marked = asyncio.Event()
        self._following = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        async with self._database.changes(None, None, whole_documents=False) as stream:
            change = await stream.try_next()
            self._opened.set()
            while stream.alive:
                if change is not None:
                    self._take(change)
                change = await stream.try_next()

    def _take(self, change: Any) -> None:
        name = change.get("ns", {}).get("coll")
        if "documentKey" not in change:
            if name not in PASSING:
                raise BackupFailedError(f"Meanwhile the collection {name} was dropped or renamed.")
        elif name not in PASSING:
            id_ = change["documentKey"]["_id"]
            self.ids.setdefault(name, {})[raw.key_of(id_)] = id_
        elif change["documentKey"]["_id"] == self._mark:
            self._marked.set()

    async def open(self) -> None:
        """Return when no change from now on is missed."""
        await self._heard(self._opened)

    async def catch_up(self) -> None:
        """Return when every change up to now is known."""
        self._mark = f"backup {secrets.token_hex(8)}"
        self._marked.clear()
        marks = self._database[_MARKS]
        await marks.insert_one({"_id": self._mark})
        try:
            await self._heard(self._marked)
        finally:
            await marks.delete_one({"_id": self._mark})

    async def _heard(self, event: asyncio.Event) -> None:
        waiting = asyncio.create_task(event.wait())
        await asyncio.wait(
            {waiting, self._following},
            timeout=_PATIENCE_SECONDS,
            return_when=asyncio.FIRST_COMPLETED,
        )
        waiting.cancel()
        if self._following.done():
            self._following.result()
        if not event.is_set():
            raise BackupFailedError("The database does not tell what changes.")

    async def close(self) -> None:
        self._following.cancel()
        await asyncio.gather(self._following, return_exceptions=True)


async def _write_changes(database: Database, changes: _Changes, writer: Writer) -> None:
    """Write what has changed since the beginning as it is at one moment."""
    views = count(1)

    async def work(transaction: Transaction) -> None:
        view = next(views)
        # The first read chooses the moment; every change before it is known after catching up.
        await database[_MARKS].find_one({"_id": "transactions"}, session=transaction)
        await changes.catch_up()
        for name, changed in list(changes.ids.items()):
            ids = list(changed.values())
            for start in range(0, len(ids), _AT_ONCE):
                some = ids[start : start + _AT_ONCE]
                documents = await raw.read(database, name, some, transaction)
                await asyncio.to_thread(writer.write, Part(name, documents, some, view))

    await database.in_transaction(work)
