"""Hands each new message, once and in order, to the sockets of this process that may have it.

Messages come over the change feed from whichever process stored them. Positions have no gaps, so
the broker knows what it has handed on (`seq`) and what it is missing: after a gap, after the feed
was interrupted, and every few seconds in case the feed is silent, it reads the rest from the
collection. A listener joins at the broker's ``seq``: what is older the socket reads as history,
what is newer it gets from here, so nothing is lost in between and nothing comes twice.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from storefront.chat import store
from storefront.chat.model import EVERYTHING, Channel, Message, Reader, Room
from storefront.database import PyMongoError
from storefront.errors import TooManyRequestsError, UnavailableError
from storefront.localisation import gettext as _
from storefront.shop import Shop
from storefront.web.identity import Identity

log = logging.getLogger(__name__)

MOST_WAITING = 256
MOST_PER_PERSON = 10
MOST_IN_ALL = 2_000
CAUGHT_UP_EVERY_SECONDS = 2.0
READ_AT_ONCE = 500

TRY_AGAIN_LATER = 1013  # Registered by IANA; a client reconnects on it and catches up.


@dataclass(eq=False)
class Delivery:
    """A message on its way to many sockets, and the forms in which it was written already.

    Most sockets get the same text, so each form is made once: ``key`` says what it depends on.
    """

    message: Message
    _forms: dict[Any, str] = field(default_factory=dict)

    def form(self, key: Any, write: Callable[[], str]) -> str:
        if key not in self._forms:
            self._forms[key] = write()
        return self._forms[key]


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that passes: who is there, who writes, what the desk looks like. May be missed."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Listener:
    """One socket: its room, its person, and the little that waits to be sent to it."""

    def __init__(self, room: Room, identity: Identity, expires_at: datetime) -> None:
        self.room = room
        self.recognise(identity)
        self.expires_at = expires_at
        self.seq = 0
        self.queue: asyncio.Queue[Delivery | Sign] = asyncio.Queue(MOST_WAITING)
        self.ended: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    def recognise(self, identity: Identity) -> None:
        """Take this for who listens from now on."""
        self.identity = identity
        self.reader = Reader(identity.user_id, identity.is_staff)

    def end(self, code: int, reason: str) -> None:
        """Let the socket close with this code; the first reason stands."""
        if not self.ended.done():
            self.ended.set_result((code, reason))

    def offer(self, delivery: Delivery) -> None:
        """Queue a message. A socket that is too slow for its queue is ended: it can come back.

        It is told nothing more then, not even if there is room again before it has closed: what it
        says to have heard last, when it comes back, must not lie behind what it has missed.
        """
        if self.ended.done():
            return
        try:
            self.queue.put_nowait(delivery)
        except asyncio.QueueFull:
            self.end(TRY_AGAIN_LATER, "too slow")

    def hint(self, sign: Sign) -> None:
        """Queue something that may be missed, unless messages are waiting."""
        if self.queue.qsize() < MOST_WAITING // 4:
            self.queue.put_nowait(sign)


class Broker:
    """A part of the shop; the change feed tells it of ``messages``."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._seq: int | None = None
        self._catching_up = asyncio.Lock()
        self._listeners: dict[tuple[str, str], set[Listener]] = {}
        self._by_person: dict[str, set[Listener]] = {}
        self._count = 0
        self.on_message: list[Callable[[Message], None]] = []

    # What the change feed calls.

    async def reload(self) -> None:
        """Changes may have been missed: read what is there."""
        await self._catch_up()

    async def changed(
        self,
        key: Any,  # noqa: ARG002  (the feed's signature)
        document: Mapping[str, Any] | None,
    ) -> None:
        """A message was stored (none is ever changed; one that was deleted is of no interest)."""
        if document is None or "seq" not in document:
            return
        if self._seq is not None and document["seq"] == self._seq + 1:
            self._hand_on(store.message_from(document))
        elif self._seq is None or document["seq"] > self._seq:
            await self._catch_up()

    # What sockets and pages call.

    @contextlib.contextmanager
    def joined(self, listener: Listener) -> Iterator[None]:
        """Listen inside the block, from the message after ``listener.seq`` on, which is set here.

        TooManyRequestsError when this person, UnavailableError when this process has too many
        sockets open.
        """
        room, identity = listener.room, listener.identity
        if len(self._by_person.get(identity.user_id, ())) >= MOST_PER_PERSON:
            words = _("You have the chat open in too many places. Close one of them first.")
            raise TooManyRequestsError(60, words)
        if self._count >= MOST_IN_ALL or self._seq is None:
            raise UnavailableError(10)
        listener.seq = self._seq
        self._listeners.setdefault((room.kind, room.user_id), set()).add(listener)
        self._by_person.setdefault(identity.user_id, set()).add(listener)
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1
            _drop(self._listeners, (room.kind, room.user_id), listener)
            _drop(self._by_person, identity.user_id, listener)

    def listeners(self) -> tuple[Listener, ...]:
        return tuple(each for those in self._by_person.values() for each in those)

    def people(self) -> Mapping[str, Identity]:
        """Who has a socket open in this process."""
        return {key: next(iter(those)).identity for key, those in self._by_person.items()}

    def hint(self, rooms: Iterable[Room], sign: Sign) -> None:
        """Show something that passes to who is in these rooms."""
        for room in rooms:
            for listener in self._listeners.get((room.kind, room.user_id), ()):
                listener.hint(sign)

    async def keep_up(self) -> None:
        """Run for ever: notice what the feed did not tell."""
        while True:
            await asyncio.sleep(CAUGHT_UP_EVERY_SECONDS)
            if self._count:
                with contextlib.suppress(PyMongoError):
                    await self._catch_up()

    async def _catch_up(self) -> None:
        """Read and hand on whatever was stored after the last message that was handed on."""
        async with self._catching_up:
            # The feed may tell of newer ones while we ask; those must not be handed on again.
            known = self._seq
            last = await store.last_position(self._shop, EVERYTHING)
            if known is None or last < known:
                self._seq = last
            if known is not None and last < known:
                self._send_all_away()
            while (handed_on := self._seq or 0) < last:
                upto = min(handed_on + READ_AT_ONCE, last)
                started = time.monotonic()
                for message in await store.list_messages(self._shop, EVERYTHING, handed_on, upto):
                    self._hand_on(message)
                # A message whose conversation was deleted leaves a gap that will never be filled.
                self._seq = max(self._seq or 0, upto)
                log.debug("chat caught up to %d in %.3f s", upto, time.monotonic() - started)

    def _send_all_away(self) -> None:
        """It is another database: let everybody come back and say what they have of it."""
        for listener in self.listeners():
            listener.end(TRY_AGAIN_LATER, "begin anew")

    def _hand_on(self, message: Message) -> None:
        if self._seq is None or message.seq <= self._seq:
            return
        self._seq = message.seq
        delivery = Delivery(message)
        rooms = [("all", ""), ("own", message.user_id)]
        if message.channel is Channel.GENERAL:
            rooms.append(("general", ""))
        for room in rooms:
            for listener in self._listeners.get(room, ()):
                listener.offer(delivery)
        for tell in self.on_message:
            tell(message)


def _drop(sets: dict[Any, set[Listener]], key: Any, listener: Listener) -> None:
    sets[key].discard(listener)
    if not sets[key]:
        del sets[key]
