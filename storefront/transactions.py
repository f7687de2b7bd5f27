"""Transactions of one process, and what is to be done about those of processes that were killed."""

import asyncio
import contextlib
import itertools
import os
import random
import socket
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from bson import Binary
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession, AsyncIOMotorDatabase
from pymongo import ReadPreference, WriteConcern
from pymongo import timeout as time_limit
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

Result = TypeVar("Result")
Work = Callable[[AsyncIOMotorClientSession], Coroutine[Any, Any, Result]]

LONGEST_SECONDS = 20.0
_UNKNOWN = "UnknownTransactionCommitResult"
_LONGEST_RETRY_PAUSE_SECONDS = 0.05
_DEAD_LOOKED_FOR_EVERY_SECONDS = 3.0
_TURNS_PER_HEARTBEAT = 10


class ContentionError(PyMongoError):
    """Other transactions were in the way for too long; nothing was changed."""


class Transactions:
    """Runs one transaction after the other, all in the same session of the server.

    The session is written down beside the process that it belongs to. When that process is gone,
    another can end it, and with it a transaction whose locks would else last as long as the
    server lets a transaction live (a minute).
    """

    def __init__(
        self, client: "AsyncIOMotorClient[Any]", database: "AsyncIOMotorDatabase[Any]"
    ) -> None:
        self._client = client
        self._processes = database["processes"]
        self._heartbeat = database["heartbeat"]
        self._one_at_a_time = asyncio.Semaphore(1)
        self._session: AsyncIOMotorClientSession | None = None

    async def run(self, work: Work[Result]) -> Result:
        """As `Database.in_transaction`, which says what ``work`` must be like.

        The outcome of a commit is asked for until it is known, and a transaction that another was
        in the way of begins again, both for ``LONGEST_SECONDS``: who waits for an answer has left
        by then.
        """
        return await asyncio.shield(asyncio.ensure_future(self._run(work)))

    async def _run(self, work: Work[Result]) -> Result:
        deadline = time.monotonic() + LONGEST_SECONDS
        async with self._one_at_a_time:
            session = await self._open_session()
            while True:
                try:
                    return await _attempt(session, work, deadline)
                except PyMongoError as error:
                    is_transient = error.has_error_label("TransientTransactionError")
                    if not is_transient:
                        raise
                    if time.monotonic() > deadline:
                        raise ContentionError(str(error)) from error
                await asyncio.sleep(random.uniform(0, _LONGEST_RETRY_PAUSE_SECONDS))  # noqa: S311  (no secret)

    async def _open_session(self) -> AsyncIOMotorClientSession:
        if self._session is None:
            session = await self._client.start_session()
            key = cast("Mapping[str, Any]", session.session_id)["id"]
            known = {"host": socket.gethostname(), "pid": os.getpid(), "born": _birth(os.getpid())}
            await self._processes.update_one({"_id": key}, {"$set": known}, upsert=True)
            self._session = session
        return self._session

    async def end_abandoned(self) -> None:
        """End the sessions of this host's dead, which are known by process id."""
        async for process in self._processes.find({"host": socket.gethostname()}):
            if _birth(process["pid"]) != process["born"]:
                dead = {"id": Binary.from_uuid(process["_id"])}
                await self._client.admin.command("killSessions", [dead])
                await self._processes.delete_one({"_id": process["_id"]})

    async def expire_abandoned(self) -> None:
        """Run for ever: as `end_abandoned`.

        Of other hosts' dead, the embedded engine notices that the time of a transaction is over
        only when another transaction runs.
        """
        for turn in itertools.count():
            with contextlib.suppress(PyMongoError):
                await self.end_abandoned()
                if turn % _TURNS_PER_HEARTBEAT == _TURNS_PER_HEARTBEAT - 1:
                    await self.run(self._beat)
            await asyncio.sleep(_DEAD_LOOKED_FOR_EVERY_SECONDS)

    async def _beat(self, transaction: AsyncIOMotorClientSession) -> None:
        await self._heartbeat.update_one(
            {"_id": "transactions"}, {"$inc": {"beats": 1}}, upsert=True, session=transaction
        )


async def _attempt(
    session: AsyncIOMotorClientSession, work: Work[Result], deadline: float
) -> Result:
    """One transaction; ``deadline`` is when to give up asking how its commit went."""
    session.start_transaction(
        read_concern=ReadConcern("snapshot"),
        write_concern=WriteConcern("majority", j=True),
        read_preference=ReadPreference.PRIMARY,
    )
    try:
        result = await work(session)
    except BaseException:
        # Whatever limits the time of a request must not keep the locks from being freed.
        with time_limit(None):
            await session.abort_transaction()
        raise
    try:
        await session.commit_transaction()
    except PyMongoError as error:
        if not error.has_error_label(_UNKNOWN):
            raise
        with time_limit(None):
            await _learn_outcome(session, deadline)
    return result


async def _learn_outcome(session: AsyncIOMotorClientSession, deadline: float) -> None:
    """Commit again, which is the same commit, until it is known how it went."""
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label(_UNKNOWN) or time.monotonic() > deadline:
                raise
            await asyncio.sleep(_LONGEST_RETRY_PAUSE_SECONDS)
        else:
            return


def _birth(pid: int) -> str | None:
    """When the process began, by which it is told from a later one of the same number.

    None when there is no such process; always empty on systems that do not tell.
    """
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None if Path("/proc/self/stat").exists() else ""
    # The second field is the program's name in brackets, which may hold anything.
    fields = status.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
