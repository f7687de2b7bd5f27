"""Who is there and who is writing just now, known to every process, kept nowhere for long.

Each process keeps one document of the people who have a socket open in it, and renews it; whoever
writes leaves another one that lives for seconds. Both spread by the change feed. A process that
dies takes its people along when its document is not renewed.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from storefront.chat.broker import Broker, Sign
from storefront.chat.model import EVERYTHING, Message, Room, display_name, own_room
from storefront.database import ASCENDING, IndexModel, PyMongoError
from storefront.shop import Shop
from storefront.web.identity import Identity

INDEXES = {
    "presence": [IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)]
}
LOOKED_AT_EVERY_SECONDS = 1.0
RENEWED_EVERY_SECONDS = 20.0
BELIEVED_SECONDS = 50.0
WRITING_SECONDS = 5.0
WRITING_TOLD_EVERY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _People:
    customers: frozenset[str]
    staff: frozenset[str]
    heard_at: float


_NOBODY = _People(frozenset(), frozenset(), 0)


@dataclass(frozen=True, slots=True)
class _Writer:
    name: str
    is_staff: bool
    heard_at: float


class Presence:
    """A part of the shop; the change feed tells it of ``presence``."""

    def __init__(self, shop: Shop, broker: Broker) -> None:
        self._shop = shop
        self._broker = broker
        self._process = secrets.token_hex(8)
        self._people: dict[str, _People] = {}
        self._writers: dict[str, dict[str, _Writer]] = {}
        self._told: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        self._told_at = 0.0
        self._told_writing: dict[tuple[str, str], float] = {}
        broker.on_message.append(self.has_written)

    # What sockets and pages ask.

    def is_here(self, user_id: str) -> bool:
        """Whether this customer has the chat open anywhere."""
        return any(user_id in each.customers for each in self._fresh())

    def is_staffed(self) -> bool:
        """Whether anybody of the shop has the chat open."""
        return any(each.staff for each in self._fresh())

    def seen_from(self, room: Room, *, by_staff: bool) -> dict[str, Any] | None:
        """Whether the other side of the room is there, and who of it is writing.

        None for staff in the general channel, whose other side is everybody.
        """
        if by_staff and room.kind != "own":
            return None
        is_here = self.is_here(room.user_id) if by_staff else self.is_staffed()
        return {"is_here": is_here, "writing": self._names(room, seen_by_staff=by_staff)}

    def _names(self, room: Room, *, seen_by_staff: bool) -> list[str]:
        limit = time.monotonic() - WRITING_SECONDS
        return [
            writer.name
            for writer in self._writers.get(room.user_id, {}).values()
            if writer.is_staff != seen_by_staff and writer.heard_at > limit
        ]

    def _fresh(self) -> list[_People]:
        limit = time.monotonic() - BELIEVED_SECONDS
        return [each for each in self._people.values() if each.heard_at > limit]

    async def tell_writing(self, room: Room, identity: Identity) -> None:
        """Somebody writes in the conversation; told to the others every other second at most."""
        key = (room.user_id, identity.user_id)
        now = time.monotonic()
        if room.kind != "own" or now - self._told_writing.get(key, 0) < WRITING_TOLD_EVERY_SECONDS:
            return
        self._told_writing[key] = now
        document = {
            "room": room.user_id,
            "author_id": identity.user_id,
            "name": display_name(identity.full_name),
            "is_staff": identity.is_staff,
            **_lifetime(WRITING_SECONDS),
        }
        await self._shop.database["presence"].update_one(
            {"_id": "/".join(key)}, {"$set": document}, upsert=True
        )

    def has_written(self, message: Message) -> None:
        """The message is there: its author is no longer writing it."""
        if self._writers.get(message.user_id, {}).pop(message.author_id, None):
            self._broker.hint([own_room(message.user_id)], Sign("presence"))

    # What the change feed calls.

    async def reload(self) -> None:
        self._people.clear()
        found = self._shop.database["presence"].find({"expires_at": {"$gt": datetime.now(UTC)}})
        async for document in found:
            self._take(str(document["_id"]), document)

    async def changed(self, key: Any, document: Mapping[str, Any] | None) -> None:
        if document is None:
            self._show_changes(self._people.pop(str(key), None), _NOBODY)
        elif "room" in document:
            self._take(str(key), document)
            self._broker.hint([own_room(document["room"])], Sign("presence"))
        else:
            before = self._people.get(str(key))
            self._take(str(key), document)
            self._show_changes(before, self._people[str(key)])

    def _take(self, key: str, document: Mapping[str, Any]) -> None:
        now = time.monotonic()
        if "room" in document:
            writers = self._writers.setdefault(document["room"], {})
            writers[document["author_id"]] = _Writer(document["name"], document["is_staff"], now)
        else:
            customers, staff = frozenset(document["customers"]), frozenset(document["staff"])
            self._people[key] = _People(customers, staff, now)

    def _show_changes(self, before: _People | None, now: _People) -> None:
        customers_before = before.customers if before else frozenset()
        for user_id in customers_before ^ now.customers:
            self._broker.hint([own_room(user_id)], Sign("presence"))
        if bool(before and before.staff) != bool(now.staff):
            for listener in self._broker.listeners():
                if not listener.identity.is_staff:
                    listener.hint(Sign("presence"))
        if customers_before != now.customers:
            self._broker.hint([EVERYTHING], Sign("desk"))

    # What runs in the background.

    async def keep(self) -> None:
        """Run until cancelled: tell who is here, and notice who has stopped writing."""
        try:
            while True:
                await asyncio.sleep(LOOKED_AT_EVERY_SECONDS)
                self._forget_writers()
                with contextlib.suppress(PyMongoError):
                    await self._tell_people()
        finally:
            # This process ends, and its people with it.
            with contextlib.suppress(PyMongoError):
                await self._shop.database["presence"].delete_one({"_id": self._process})

    async def _tell_people(self) -> None:
        identities = self._broker.people().values()
        customers = frozenset(each.user_id for each in identities if not each.is_staff)
        staff = frozenset(each.user_id for each in identities if each.is_staff)
        now = time.monotonic()
        is_due = bool(identities) and now - self._told_at > RENEWED_EVERY_SECONDS
        if (customers, staff) == self._told and not is_due:
            return
        document = {
            "customers": sorted(customers),
            "staff": sorted(staff),
            "at": datetime.now(UTC),
            **_lifetime(BELIEVED_SECONDS),
        }
        await self._shop.database["presence"].update_one(
            {"_id": self._process}, {"$set": document}, upsert=True
        )
        self._told, self._told_at = (customers, staff), now

    def _forget_writers(self) -> None:
        limit = time.monotonic() - WRITING_SECONDS
        for key in [key for key, told_at in self._told_writing.items() if told_at < limit]:
            del self._told_writing[key]
        for user_id, writers in tuple(self._writers.items()):
            for author_id, writer in tuple(writers.items()):
                if writer.heard_at < limit:
                    del writers[author_id]
                    self._broker.hint([own_room(user_id)], Sign("presence"))
            if not writers:
                del self._writers[user_id]


def _lifetime(seconds: float) -> dict[str, datetime]:
    return {"expires_at": datetime.now(UTC) + timedelta(seconds=seconds)}
